import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GovernanceBench } from '../../../../../test/support/governance-bench.js';
import { documentCommand } from '../../../../../test/support/signed-transactions.js';
import {
  castBallot,
  parametersAction,
  withdrawMotion,
} from '../../../../../test/support/governance-bench.js';
import {
  decodeOpenMotions,
  motionHistoryStateKey,
  OPEN_MOTIONS_MAX,
  openMotionsStateKey,
} from '../../../governance/motion-entry.js';
import { approvalsNeeded, type ApprovalRule } from '../../../governance/motion-tally.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import { decodeCommand, type ProposedAction } from '../../../ledger/transaction.js';
import type { TransactionId } from '../../../primitives/identifiers.js';
import { subjectFrontier } from '../../apply-records.js';

const FASTER = parametersAction({ blockTransactionsMax: 500 });
const UNKNOWN = 'ab'.repeat(32) as TransactionId;
const DEMOTE: ProposedAction = { type: 'demoteValidator', organisation: 'umbrella' };

function openOf(bench: GovernanceBench, organisation: string) {
  return decodeOpenMotions(bench.ledger.state.get(openMotionsStateKey(organisation)));
}

describe('proposeMotion', () => {
  it('opens a motion under the id of the transaction, with the ballot of an organisation that votes', () => {
    const bench = new GovernanceBench();
    const { id, code } = bench.propose('globex', FASTER);
    expect(code).toBe('OK');
    expect(bench.motion(id)).toEqual({
      proposer: 'globex',
      action: FASTER,
      proposedHeight: 1,
      expiresHeight: 10_001,
      status: 'open',
      closedHeight: 0,
      validators: 0,
      needed: 0,
      ballots: [{ organisation: 'globex', approve: true, height: 1 }],
    });
    expect(openOf(bench, 'globex')).toEqual([{ motionId: id, expiresHeight: 10_001 }]);
  });

  it('is an admin’s', () => {
    const bench = new GovernanceBench();
    expect(bench.propose('acme/submitter', FASTER).code).toBe('SIGNER_NOT_PERMITTED');
    expect(bench.propose('acme', FASTER).code).toBe('OK');
    expect(bench.execute(['acme/submitter', castBallot(UNKNOWN, true)])).toEqual(['SIGNER_NOT_PERMITTED']);
  });

  it('decides at once where one organisation is enough', () => {
    const bench = new GovernanceBench({}, 1);
    const { id, code } = bench.propose('acme', FASTER);
    expect([code, bench.motion(id)?.status, bench.ledger.pending?.firstHeight]).toEqual([
      'OK',
      'accepted',
      4,
    ]);
    expect(openOf(bench, 'acme')).toEqual([]);
    expect(bench.propose('acme', FASTER)).toMatchObject({ code: 'EPOCH_CHANGE_PENDING' });
  });

  it('keeps an organisation within its open motions, and counts those no more that are over', () => {
    const bench = new GovernanceBench({ motionLifetimeBlocks: OPEN_MOTIONS_MAX });
    const [first] = Array.from({ length: OPEN_MOTIONS_MAX }, () => bench.propose('acme', FASTER));
    expect(openOf(bench, 'acme')).toHaveLength(OPEN_MOTIONS_MAX);
    const refused = bench.propose('acme', FASTER);
    expect([refused.code, bench.motion(refused.id)]).toEqual(['MOTIONS_TOO_MANY', undefined]);
    expect(bench.propose('globex', FASTER).code).toBe('OK');
    // The first was proposed at height 1 and is open up to 17; two have passed in vain.
    expect(openOf(bench, 'acme')[0]).toEqual({ motionId: first?.id, expiresHeight: 17 });
    expect(bench.propose('acme', FASTER).code).toBe('OK');
    expect(openOf(bench, 'acme')).toHaveLength(OPEN_MOTIONS_MAX - 1);
  });

  it('has room again when one is withdrawn', () => {
    const bench = new GovernanceBench();
    const motions = Array.from({ length: OPEN_MOTIONS_MAX }, () => bench.propose('acme', FASTER));
    expect(bench.propose('acme', FASTER).code).toBe('MOTIONS_TOO_MANY');
    expect(bench.execute(['acme', withdrawMotion(motions[3]!.id)])).toEqual(['OK']);
    expect(bench.propose('acme', FASTER).code).toBe('OK');
  });
});

describe('castBallot', () => {
  it('closes the motion with the ballot that decides', () => {
    const bench = new GovernanceBench();
    const { id } = bench.propose('acme', FASTER);
    expect(bench.approve(id, 'globex')).toEqual(['OK']);
    expect(bench.motion(id)?.status).toBe('open');
    expect(bench.approve(id, 'umbrella')).toEqual(['OK']);
    expect(bench.motion(id)).toMatchObject({ status: 'accepted', closedHeight: 3, validators: 4, needed: 3 });
    expect(bench.motion(id)?.ballots.map(({ organisation }) => organisation)).toEqual([
      'acme',
      'globex',
      'umbrella',
    ]);
    expect(bench.approve(id, 'initech')).toEqual(['MOTION_CLOSED']);
  });

  it('is rejected as soon as approval has become impossible', () => {
    const bench = new GovernanceBench();
    const { id } = bench.propose('acme', FASTER);
    expect(bench.reject(id, 'globex', 'initech', 'umbrella')).toEqual(['OK', 'OK', 'MOTION_CLOSED']);
    expect(bench.motion(id)).toMatchObject({ status: 'rejected', closedHeight: 2, validators: 4, needed: 3 });
    expect(bench.ledger.pending).toBeUndefined();
    expect(openOf(bench, 'acme')).toEqual([]);
  });

  it('is one for an organisation, whoever casts it, and for ever', () => {
    const bench = new GovernanceBench();
    const { id } = bench.propose('acme', FASTER);
    expect(bench.reject(id, 'acme', 'globex', 'globex')).toEqual([
      'BALLOT_CAST_ALREADY',
      'OK',
      'BALLOT_CAST_ALREADY',
    ]);
    expect(bench.approve(id, 'globex')).toEqual(['BALLOT_CAST_ALREADY']);
    expect(bench.motion(id)?.ballots).toHaveLength(2);
  });

  it('is about a motion that stands before the block', () => {
    const bench = new GovernanceBench();
    expect(bench.approve(UNKNOWN, 'acme')).toEqual(['MOTION_UNKNOWN']);
    expect(bench.execute(['acme', withdrawMotion(UNKNOWN)])).toEqual(['MOTION_UNKNOWN']);
  });

  it('counts up to the last height of the motion, and not after it', () => {
    const bench = new GovernanceBench({ motionLifetimeBlocks: 3 });
    const { id } = bench.propose('acme', FASTER);
    bench.execute();
    bench.execute();
    expect(bench.approve(id, 'globex')).toEqual(['OK']);
    expect(bench.approve(id, 'initech')).toEqual(['MOTION_EXPIRED']);
    expect(bench.execute(['acme', withdrawMotion(id)])).toEqual(['MOTION_EXPIRED']);
    expect(bench.motion(id)).toMatchObject({ status: 'open', expiresHeight: 4 });
  });

  it('belongs to organisations whose validator is in force; others may propose', () => {
    const bench = new GovernanceBench();
    bench.pass(bench.admission('hooli'));
    const { id, code } = bench.propose('hooli', FASTER);
    expect([code, bench.motion(id)?.ballots]).toEqual(['OK', []]);
    expect(bench.approve(id, 'hooli')).toEqual(['BALLOT_NOT_ENTITLED']);
    expect(bench.approve(id, 'acme', 'globex', 'initech')).toEqual(['OK', 'OK', 'OK']);
    expect(bench.motion(id)?.status).toBe('accepted');
  });

  it('is judged by the validators of its height: ballots of those that have left count nothing', () => {
    const bench = new GovernanceBench();
    bench.pass(bench.admission('hooli'));
    bench.pass({ type: 'promoteValidator', organisation: 'hooli' });
    bench.untilInForce();
    expect(bench.voters()).toEqual(['acme', 'globex', 'hooli', 'initech', 'umbrella']);
    const { id } = bench.propose('umbrella', FASTER);
    const demotion = bench.propose('acme', DEMOTE);
    bench.approve(demotion.id, 'globex', 'hooli', 'initech');
    bench.untilInForce();
    // Umbrella's own does not count any more: two of four are not more than half.
    expect(bench.approve(id, 'acme', 'globex')).toEqual(['OK', 'OK']);
    expect(bench.motion(id)?.status).toBe('open');
    expect(bench.approve(id, 'hooli')).toEqual(['OK']);
    expect(bench.motion(id)).toMatchObject({ status: 'accepted', validators: 4, needed: 3 });
    expect(bench.motion(id)?.ballots).toHaveLength(4);
  });

  it('fails, and is not counted, while what it would bring about cannot be done', () => {
    const bench = new GovernanceBench();
    const { id } = bench.propose('acme', FASTER);
    bench.approve(id, 'globex');
    bench.pass(parametersAction({ clockDriftMs: 900 }));
    expect(bench.approve(id, 'initech')).toEqual(['EPOCH_CHANGE_PENDING']);
    expect(bench.motion(id)).toMatchObject({ status: 'open' });
    expect(bench.motion(id)?.ballots).toHaveLength(2);
    // One that decides nothing is cast all the same.
    expect(bench.reject(id, 'umbrella')).toEqual(['OK']);
    bench.untilInForce();
    expect(bench.approve(id, 'initech')).toEqual(['OK']);
    expect(bench.motion(id)?.status).toBe('accepted');
    expect(bench.ledger.pending?.parameters).toMatchObject({ blockTransactionsMax: 500, clockDriftMs: 900 });
  });
});

describe('withdrawMotion', () => {
  it('is for the organisation that has proposed it, while it is open', () => {
    const bench = new GovernanceBench();
    const { id } = bench.propose('acme', FASTER);
    expect(bench.execute(['globex', withdrawMotion(id)])).toEqual(['NOT_PROPOSER']);
    expect(bench.execute(['acme', withdrawMotion(id)])).toEqual(['OK']);
    expect(bench.motion(id)).toMatchObject({
      status: 'withdrawn',
      closedHeight: 3,
      validators: 0,
      needed: 0,
    });
    expect(bench.execute(['acme', withdrawMotion(id)])).toEqual(['MOTION_CLOSED']);
    expect(bench.approve(id, 'globex')).toEqual(['MOTION_CLOSED']);
    expect(openOf(bench, 'acme')).toEqual([]);
  });
});

describe('the rules of approval', () => {
  it.each<readonly [ApprovalRule, readonly number[]]>([
    ['moreThanHalf', [1, 2, 2, 3, 3, 4, 4, 5, 51]],
    ['quorum', [1, 2, 2, 3, 4, 4, 5, 6, 67]],
    ['all', [1, 2, 3, 4, 5, 6, 7, 8, 100]],
  ])('needs by %s', (rule, needed) => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((count) => approvalsNeeded(rule, count))).toEqual(needed);
  });

  it('are parameters themselves', () => {
    const bench = new GovernanceBench();
    bench.pass(parametersAction({ membershipApproval: 2, parameterApproval: 2, motionLifetimeBlocks: 50 }));
    bench.untilInForce();
    for (const action of [FASTER, DEMOTE, bench.admission('hooli')]) {
      const { id } = bench.propose('acme', action);
      bench.approve(id, 'globex', 'initech');
      const { status, proposedHeight, expiresHeight } = bench.motion(id)!;
      expect([status, expiresHeight - proposedHeight]).toEqual(['open', 50]);
      expect(bench.reject(id, 'umbrella')).toEqual(['OK']);
      expect(bench.motion(id)).toMatchObject({ status: 'rejected', needed: 4 });
    }
  });

  it('take more than half for parameters, and a quorum for members', () => {
    const bench = new GovernanceBench({}, 3);
    const parameters = bench.propose('acme', FASTER);
    expect(bench.approve(parameters.id, 'globex')).toEqual(['OK']);
    expect(bench.motion(parameters.id)).toMatchObject({ status: 'accepted', needed: 2, validators: 3 });
    const four = new GovernanceBench();
    for (const action of [four.admission('hooli'), FASTER]) {
      const { id } = four.propose('acme', action);
      expect(four.approve(id, 'globex', 'initech')).toEqual(['OK', 'OK']);
      expect(four.motion(id)).toMatchObject({ status: 'accepted', needed: 3, validators: 4 });
    }
  });
});

describe('histories', () => {
  it('list every command about a motion, and what it brings about in that of the organisation', () => {
    const bench = new GovernanceBench();
    const sizeOf = (id: TransactionId) =>
      subjectFrontier(bench.ledger.state.get(motionHistoryStateKey(id))).size;
    const { id } = bench.propose('acme', bench.admission('hooli'));
    bench.approve(id, 'globex', 'globex');
    expect(sizeOf(id)).toBe(2);
    bench.approve(id, 'initech');
    expect(sizeOf(id)).toBe(3);
    expect(subjectFrontier(bench.ledger.state.get(organisationHistoryStateKey('hooli'))).size).toBe(1);
    const { subjectEntries, transactions } = bench.last!;
    expect(subjectEntries.map(({ sequence }) => sequence)).toEqual([2, 0]);
    const { start, end } = subjectEntries[1]!;
    expect(decodeCommand(transactions[0]!.transaction.body.subarray(start, end))).toEqual({
      ok: true,
      value: castBallot(id, true),
    });
  });
});

describe('governance as a whole', () => {
  const organisation = fc.constantFrom('acme', 'globex', 'hooli', 'initech', 'umbrella');
  const step = fc.record({
    organisation,
    about: organisation,
    what: fc.constantFrom('propose', 'approve', 'approve', 'approve', 'reject', 'withdraw', 'record', 'none'),
    action: fc.constantFrom('admit', 'promote', 'demote', 'remove', 'parameters', 'rotate'),
    which: fc.nat(),
  });
  const steps = fc.array(step, { minLength: 20, maxLength: 60 });

  function run(wanted: readonly (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) {
    const bench = new GovernanceBench({ pipelineDepth: 1 });
    const motions: TransactionId[] = [];
    const roots: string[] = [];
    for (const [index, { organisation: by, about, what, action, which }] of wanted.entries()) {
      const id = motions[which % Math.max(motions.length, 1)] ?? UNKNOWN;
      const actions: { readonly [Name in typeof action]: ProposedAction } = {
        admit: bench.admission('hooli'),
        promote: { type: 'promoteValidator', organisation: about },
        demote: { type: 'demoteValidator', organisation: about },
        remove: { type: 'removeOrganisation', organisation: about },
        parameters: parametersAction({ clockDriftMs: 1 + index }),
        rotate: {
          type: 'rotateLedgerKey',
          organisation: by,
          ledgerKey: bench.ledgerKey(by, `${by} ${index}`),
        },
      };
      if (what === 'propose') motions.push(bench.propose(by, actions[action]).id);
      else if (what === 'approve') bench.approve(id, by, about);
      else if (what === 'reject') bench.reject(id, by);
      else if (what === 'withdraw') bench.execute([by, withdrawMotion(id)]);
      else if (what === 'record') bench.execute([`${by}/submitter`, documentCommand(['s'])]);
      else bench.execute();
      roots.push(bench.last!.logRoot);
    }
    return { bench, roots };
  }

  it('gives the same bytes again, keeps four validators, one key for each, and members among them', () => {
    let epochs = 0;
    fc.assert(
      fc.property(steps, (wanted) => {
        const { bench, roots } = run(wanted);
        epochs += bench.ledger.terms.epoch;
        expect(run(wanted).roots).toEqual(roots);
        const { validators } = bench.ledger.terms;
        expect(validators.length).toBeGreaterThanOrEqual(4);
        expect(bench.voters()).toEqual([...bench.voters()].sort());
        expect(new Set(validators.map(({ ledgerKey }) => ledgerKey)).size).toBe(validators.length);
        for (const { organisation: name, ledgerKey } of validators) {
          expect(bench.organisation(name)).toMatchObject({ ledgerKey, removedHeight: 0 });
        }
      }),
      { numRuns: 25 },
    );
    expect(epochs).toBeGreaterThan(0);
  });
});
