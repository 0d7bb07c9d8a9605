import { describe, expect, it } from '@jest/globals';
import { GovernanceBench } from '../../../../../test/support/governance-bench.js';
import { provenTestKey, revokeIdentity, setReaders } from '../../../../../test/support/identity-commands.js';
import { documentCommand, testSeed } from '../../../../../test/support/signed-transactions.js';
import { parametersAction, setAddress } from '../../../../../test/support/governance-bench.js';
import { publicKeyOfSeed, signMessage } from '../../../crypto/ed25519.js';
import { decodeIdentityCounts, identityCountsStateKey } from '../../../governance/identity-counts.js';
import { decodeIdentityEntry, identityStateKey } from '../../../governance/identity-entry.js';
import { ADMISSIONS_KEY, encodeAdmissions } from '../../../governance/organisation-entry.js';
import { possessionBytes } from '../../../governance/possession.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import { type Command, type LedgerKey, type ProposedAction } from '../../../ledger/transaction.js';
import type { PublicKey } from '../../../primitives/identifiers.js';
import { subjectFrontier } from '../../apply-records.js';
import { ADMISSIONS_MAX } from './admit-organisation.js';

const promote = (organisation: string): ProposedAction => ({ type: 'promoteValidator', organisation });
const demote = (organisation: string): ProposedAction => ({ type: 'demoteValidator', organisation });
const remove = (organisation: string): ProposedAction => ({ type: 'removeOrganisation', organisation });
const RECORD = documentCommand(['s']);
const SMALL_ORDER = '00'.repeat(32) as PublicKey;

/** What the deciding ballot comes to. */
function decide(bench: GovernanceBench, action: ProposedAction, proposer = 'acme'): string {
  const voters = ['acme', 'globex', 'initech'].filter((name) => name !== proposer);
  const { id, code } = bench.propose(proposer, action);
  if (code !== 'OK') return code;
  return bench.approve(id, ...voters).at(-1)!;
}

/** Hooli is a member, with a vote. */
function withFive(): GovernanceBench {
  const bench = new GovernanceBench();
  bench.pass(bench.admission('hooli'));
  bench.pass(promote('hooli'));
  bench.untilInForce();
  return bench;
}

describe('admission', () => {
  it('makes a member without a vote at once, with one admin who governs it', () => {
    const bench = new GovernanceBench();
    const id = bench.pass(bench.admission('hooli'));
    expect(bench.organisation('hooli')).toEqual({
      ledgerKey: publicKeyOfSeed(testSeed('hooli')),
      address: 'hooli.example:7050',
      admittedHeight: 2,
      removedHeight: 0,
    });
    expect(bench.motion(id)?.action).toEqual({
      type: 'admitOrganisation',
      organisation: 'hooli',
      ledgerKey: publicKeyOfSeed(testSeed('hooli')),
      address: 'hooli.example:7050',
      admin: { name: 'auditor', publicKey: publicKeyOfSeed(testSeed('hooli/auditor')) },
    });
    const admin = bench.ledger.state.get(identityStateKey('hooli', 'auditor'));
    expect(decodeIdentityEntry(admin!)).toEqual({
      algorithm: 'ed25519',
      publicKey: publicKeyOfSeed(testSeed('hooli/auditor')),
      rights: { roles: ['admin'], custody: 'self', validFromHeight: 0, validUntilHeight: 0 },
      revoked: false,
      registeredHeight: 2,
      changedHeight: 2,
    });
    expect(decodeIdentityCounts(bench.ledger.state.get(identityCountsStateKey('hooli')))).toEqual({
      identities: 1,
      lastingAdmins: 1,
    });
    expect([bench.voters(), bench.ledger.pending]).toEqual([
      ['acme', 'globex', 'initech', 'umbrella'],
      undefined,
    ]);
    expect(
      bench.execute(['hooli', setReaders(['acme'])], ['hooli', revokeIdentity('auditor')], ['hooli', RECORD]),
    ).toEqual(['OK', 'LAST_ADMIN', 'SIGNER_NOT_PERMITTED']);
  });

  it('does not wait for an epoch that is pending', () => {
    const bench = new GovernanceBench();
    bench.pass(parametersAction({ clockDriftMs: 900 }));
    expect(decide(bench, bench.admission('hooli'))).toBe('OK');
  });

  it('refuses a name that an organisation has or had', () => {
    const bench = new GovernanceBench();
    const again = (named: string) => ({
      ...bench.admission(named),
      ledgerKey: bench.ledgerKey(named, 'fresh'),
    });
    const key = provenTestKey(bench.ledger.genesis.chainId, 'fresh admin', 'auditor', 'globex');
    expect(decide(bench, { ...again('globex'), admin: { name: 'auditor', key } })).toBe(
      'ORGANISATION_EXISTS',
    );
    bench.pass(bench.admission('hooli'));
    expect(decide(bench, bench.admission('hooli'))).toBe('ORGANISATION_EXISTS');
    bench.pass(remove('hooli'));
    expect(decide(bench, bench.admission('hooli'))).toBe('ORGANISATION_EXISTS');
  });

  it('refuses keys that are anybody’s, or that are one', () => {
    const bench = new GovernanceBench();
    const { chainId } = bench.ledger.genesis;
    const good = bench.admission('hooli');
    const withLedgerKey = (named: string) => ({ ...good, ledgerKey: bench.ledgerKey('hooli', named) });
    const withAdmin = (named: string) => ({
      ...good,
      admin: { name: 'auditor', key: provenTestKey(chainId, named, 'auditor', 'hooli') },
    });
    for (const action of [
      withLedgerKey('acme'),
      withLedgerKey('acme/submitter'),
      withLedgerKey('hooli/auditor'),
      withAdmin('globex'),
      withAdmin('globex/submitter'),
    ])
      expect(decide(bench, action)).toBe('KEY_IN_USE');
    expect(bench.organisation('hooli')).toBeUndefined();
    expect(decide(bench, good)).toBe('OK');
  });

  it('refuses proofs that are for something else, and keys that nobody can sign with', () => {
    const bench = new GovernanceBench();
    const { chainId } = bench.ledger.genesis;
    const good = bench.admission('hooli');
    const { publicKey } = good.ledgerKey;
    const identityProof = signMessage(
      testSeed('hooli'),
      possessionBytes(publicKey, { chainId, organisation: 'hooli', name: 'ledger' }),
    );
    const ledgerKeys: readonly LedgerKey[] = [
      bench.ledgerKey('acme', 'hooli'),
      { publicKey, possession: identityProof },
      { publicKey, possession: bench.ledgerKey('hooli', 'other').possession },
      { publicKey, possession: new Uint8Array(64) },
    ];
    for (const ledgerKey of ledgerKeys)
      expect(bench.propose('acme', { ...good, ledgerKey }).code).toBe('POSSESSION_INVALID');
    const admin = { name: 'other', key: good.admin.key };
    expect(bench.propose('acme', { ...good, admin }).code).toBe('POSSESSION_INVALID');
    const weak = { ...good, ledgerKey: { ...good.ledgerKey, publicKey: SMALL_ORDER } };
    expect(bench.propose('acme', weak).code).toBe('KEY_INVALID');
    const weakAdmin = { name: 'auditor', key: { ...good.admin.key, publicKey: SMALL_ORDER } };
    expect(bench.propose('acme', { ...good, admin: weakAdmin }).code).toBe('KEY_INVALID');
  });

  it('ends with the number of organisations that a ledger may have', () => {
    const bench = new GovernanceBench();
    bench.ledger.state.set(ADMISSIONS_KEY, encodeAdmissions(ADMISSIONS_MAX));
    expect(decide(bench, bench.admission('hooli'))).toBe('ORGANISATIONS_TOO_MANY');
  });
});

describe('promotion and demotion', () => {
  it('take force with the next epoch, in the place that the name gives', () => {
    const bench = withFive();
    expect([bench.voters(), bench.ledger.terms.epoch]).toEqual([
      ['acme', 'globex', 'hooli', 'initech', 'umbrella'],
      1,
    ]);
    const { id } = bench.propose('acme', demote('globex'));
    // Five vote now, and four of them must approve.
    expect(bench.approve(id, 'globex', 'hooli')).toEqual(['OK', 'OK']);
    expect(bench.motion(id)?.status).toBe('open');
    bench.approve(id, 'initech');
    bench.untilInForce();
    expect(bench.voters()).toEqual(['acme', 'hooli', 'initech', 'umbrella']);
    // It stays a member: its identities sign, and it can come back with its key.
    expect(bench.execute(['globex/submitter', RECORD])).toEqual(['OK']);
    const back = bench.propose('globex', promote('globex'));
    expect(bench.approve(back.id, 'acme', 'hooli', 'initech')).toEqual(['OK', 'OK', 'OK']);
    bench.untilInForce();
    expect(bench.ledger.terms.validators[1]).toEqual({
      organisation: 'globex',
      ledgerKey: publicKeyOfSeed(testSeed('globex')),
    });
  });

  it('refuse who votes already, or does not, and who is no member', () => {
    const bench = new GovernanceBench();
    bench.pass(bench.admission('hooli'));
    expect(decide(bench, promote('globex'))).toBe('VALIDATOR_ALREADY');
    expect(decide(bench, demote('hooli'))).toBe('VALIDATOR_NOT');
    for (const action of [promote('nobody'), demote('nobody'), remove('nobody')])
      expect(decide(bench, action)).toBe('ORGANISATION_UNKNOWN');
    bench.pass(remove('hooli'));
    for (const action of [promote('hooli'), demote('hooli'), remove('hooli')])
      expect(decide(bench, action)).toBe('ORGANISATION_REMOVED');
  });

  it('keep four where there were four, and one in any case', () => {
    const bench = new GovernanceBench();
    expect([decide(bench, demote('umbrella')), decide(bench, remove('umbrella'))]).toEqual([
      'LAST_QUORUM',
      'LAST_QUORUM',
    ]);
    const two = new GovernanceBench({}, 2);
    const { id } = two.propose('acme', demote('globex'));
    expect(two.approve(id, 'globex')).toEqual(['OK']);
    two.untilInForce();
    expect(two.voters()).toEqual(['acme']);
    expect(two.propose('acme', demote('acme')).code).toBe('LAST_QUORUM');
    expect(two.propose('acme', remove('acme')).code).toBe('LAST_QUORUM');
  });

  it('are one at a time, and nothing that they touch changes meanwhile', () => {
    const withPending = () => {
      const bench = new GovernanceBench({ pipelineDepth: 8 });
      bench.pass(bench.admission('hooli'));
      bench.pass(promote('hooli'));
      return bench;
    };
    const ledgerKey = withPending().ledgerKey('acme', 'second');
    for (const action of [
      promote('hooli'),
      remove('hooli'),
      parametersAction({ clockDriftMs: 900 }),
      { type: 'rotateLedgerKey', organisation: 'acme', ledgerKey } as const,
    ])
      expect(decide(withPending(), action)).toBe('EPOCH_CHANGE_PENDING');
    const bench = withPending();
    const own = { type: 'rotateLedgerKey', organisation: 'hooli' } as const;
    const { id } = bench.propose('hooli', { ...own, ledgerKey: bench.ledgerKey('hooli', 'second') });
    expect(bench.approve(id, 'acme', 'globex', 'initech')).toEqual(['OK', 'OK', 'EPOCH_CHANGE_PENDING']);
  });

  it('see the change as pending up to the last block of the epoch', () => {
    const bench = new GovernanceBench();
    const first = bench.propose('acme', parametersAction({ clockDriftMs: 900 }));
    const second = bench.propose('acme', parametersAction({ clockDriftMs: 800 }));
    bench.approve(second.id, 'globex');
    bench.approve(first.id, 'globex', 'initech');
    const { firstHeight } = bench.ledger.pending!;
    const codes: string[] = [];
    while (bench.ledger.height < firstHeight) codes.push(...bench.approve(second.id, 'initech'));
    expect(codes).toEqual(['EPOCH_CHANGE_PENDING', 'EPOCH_CHANGE_PENDING', 'OK']);
    expect(bench.ledger.pending).toMatchObject({ epoch: 2, firstHeight: firstHeight + 3 });
  });
});

describe('removal', () => {
  it('of a member without a vote is immediate: from the next block on its identities sign nothing', () => {
    const bench = new GovernanceBench();
    bench.pass(bench.admission('hooli'));
    const { id } = bench.propose('acme', remove('hooli'));
    bench.approve(id, 'globex');
    expect(
      bench.execute(
        ['initech', { type: 'castBallot', motionId: id, approve: true }],
        ['hooli', setReaders([])],
      ),
    ).toEqual(['OK', 'OK']);
    expect(bench.organisation('hooli')).toMatchObject({ removedHeight: bench.ledger.height + 1 });
    expect(bench.execute(['hooli', setReaders([])], ['hooli', setAddress('h.example:1')])).toEqual([
      'SIGNER_ORGANISATION_REMOVED',
      'SIGNER_ORGANISATION_REMOVED',
    ]);
    expect(subjectFrontier(bench.ledger.state.get(organisationHistoryStateKey('hooli'))).size).toBe(3);
  });

  it('of one that votes comes with the epoch, and it votes and signs until then', () => {
    const bench = withFive();
    const { id } = bench.propose('acme', remove('globex'));
    expect(bench.approve(id, 'globex', 'hooli', 'initech')).toEqual(['OK', 'OK', 'OK']);
    const firstHeight = bench.ledger.pending!.firstHeight;
    while (bench.ledger.height + 1 < firstHeight) {
      expect(bench.organisation('globex')).toMatchObject({ removedHeight: 0 });
      expect(bench.execute(['globex/submitter', RECORD])).toEqual(['OK']);
    }
    expect(bench.organisation('globex')).toMatchObject({ removedHeight: firstHeight });
    expect(bench.voters()).toEqual(['acme', 'hooli', 'initech', 'umbrella']);
    expect(bench.execute(['globex/submitter', RECORD], ['globex', setReaders([])])).toEqual([
      'SIGNER_ORGANISATION_REMOVED',
      'SIGNER_ORGANISATION_REMOVED',
    ]);
    // Its key is nobody else's, though it was genesis that named it.
    const own = { type: 'rotateLedgerKey', organisation: 'hooli' } as const;
    const taken = bench.propose('hooli', { ...own, ledgerKey: bench.ledgerKey('hooli', 'globex') });
    expect(bench.approve(taken.id, 'acme', 'initech')).toEqual(['OK', 'KEY_IN_USE']);
  });

  it('leaves an address that is set in the same block alone', () => {
    const bench = new GovernanceBench();
    bench.pass(bench.admission('hooli'));
    const { id } = bench.propose('acme', remove('hooli'));
    bench.approve(id, 'globex');
    const decisive: Command = { type: 'castBallot', motionId: id, approve: true };
    expect(bench.execute(['initech', decisive], ['hooli', setAddress('h.example:1')])).toEqual([
      'OK',
      'ORGANISATION_REMOVED',
    ]);
    expect(bench.organisation('hooli')?.address).toBe('hooli.example:7050');
  });
});

describe('rotation of a ledger key', () => {
  const rotate = (bench: GovernanceBench, organisation: string, named: string): ProposedAction => ({
    type: 'rotateLedgerKey',
    organisation,
    ledgerKey: bench.ledgerKey(organisation, named),
  });

  it('of a validator comes with the epoch; both keys are its own for ever', () => {
    const bench = new GovernanceBench();
    bench.pass(rotate(bench, 'acme', 'acme, second key'));
    const second = publicKeyOfSeed(testSeed('acme, second key'));
    expect(bench.organisation('acme')?.ledgerKey).toBe(publicKeyOfSeed(testSeed('acme')));
    expect(decide(bench, rotate(bench, 'acme', 'acme, second key'))).toBe('KEY_IN_USE');
    bench.untilInForce();
    expect(bench.organisation('acme')).toEqual({
      ledgerKey: second,
      address: undefined,
      admittedHeight: 0,
      removedHeight: 0,
    });
    expect(bench.ledger.terms.validators[0]).toEqual({ organisation: 'acme', ledgerKey: second });
    for (const named of ['acme', 'acme, second key', 'globex', 'globex/auditor'])
      expect(decide(bench, rotate(bench, 'acme', named))).toBe('KEY_IN_USE');
    expect(decide(bench, rotate(bench, 'acme', 'acme, third key'))).toBe('OK');
  });

  it('of a member without a vote is immediate', () => {
    const bench = new GovernanceBench();
    bench.pass(bench.admission('hooli'));
    const { id } = bench.propose('hooli', rotate(bench, 'hooli', 'hooli, second key'));
    expect(bench.approve(id, 'acme', 'globex', 'initech')).toEqual(['OK', 'OK', 'OK']);
    expect(bench.organisation('hooli')).toMatchObject({
      ledgerKey: publicKeyOfSeed(testSeed('hooli, second key')),
      address: 'hooli.example:7050',
    });
    bench.pass(promote('hooli'));
    bench.untilInForce();
    expect(bench.ledger.terms.validators[2]?.ledgerKey).toBe(publicKeyOfSeed(testSeed('hooli, second key')));
  });

  it('is proposed by the organisation itself, with a proof of the key', () => {
    const bench = new GovernanceBench();
    expect(bench.propose('globex', rotate(bench, 'acme', 'second')).code).toBe('ORGANISATION_NOT_OWN');
    const ledgerKey = bench.ledgerKey('globex', 'second');
    expect(bench.propose('acme', { type: 'rotateLedgerKey', organisation: 'acme', ledgerKey }).code).toBe(
      'POSSESSION_INVALID',
    );
    const weak = { ...bench.ledgerKey('acme', 'second'), publicKey: SMALL_ORDER };
    expect(
      bench.propose('acme', { type: 'rotateLedgerKey', organisation: 'acme', ledgerKey: weak }).code,
    ).toBe('KEY_INVALID');
  });
});

describe('parameters', () => {
  it('change by name with the next epoch; a default that comes back is left out again', () => {
    const bench = new GovernanceBench();
    const { parameters } = bench.ledger.genesis;
    bench.pass(parametersAction({ blockTransactionsMax: 10, motionLifetimeBlocks: 7 }));
    expect(bench.ledger.terms.parameters).toEqual(parameters);
    bench.untilInForce();
    expect(bench.ledger.terms.parameters).toEqual({
      ...parameters,
      blockTransactionsMax: 10,
      motionLifetimeBlocks: 7,
    });
    bench.pass(parametersAction({ blockTransactionsMax: 1_000, motionLifetimeBlocks: 10_000 }));
    bench.untilInForce();
    expect([bench.ledger.terms.parameters, bench.ledger.terms.epoch]).toEqual([parameters, 2]);
  });

  it.each<readonly [string, Readonly<Record<string, number>>]>([
    ['PARAMETER_UNKNOWN', { colour: 1 }],
    ['PARAMETER_UNKNOWN', { toString: 1 }],
    ['PARAMETER_FIXED', { pipelineDepth: 8 }],
    ['PARAMETER_INVALID', { blockTransactionsMax: 0 }],
    ['PARAMETER_INVALID', { membershipApproval: 3 }],
    ['PARAMETER_INVALID', { motionLifetimeBlocks: 0 }],
  ])('are refused with %s: %j', (code, parameters) => {
    const bench = new GovernanceBench();
    expect(bench.propose('acme', parametersAction(parameters)).code).toBe(code);
  });

  it('must fit those that stay when they are decided', () => {
    const bench = new GovernanceBench();
    expect(decide(bench, parametersAction({ transactionBytesMax: 1_048_576, blockBytesMax: 65_536 }))).toBe(
      'PARAMETER_INVALID',
    );
    expect(decide(bench, parametersAction({ stateWritesPerBlockMax: 1_000 }))).toBe('PARAMETER_INVALID');
    expect(bench.ledger.pending).toBeUndefined();
  });
});

describe('setAddress', () => {
  it('changes the entry of the signer’s organisation, and is in its history', () => {
    const bench = new GovernanceBench();
    expect(bench.execute(['acme/submitter', setAddress('acme.example:7050')])).toEqual([
      'SIGNER_NOT_PERMITTED',
    ]);
    expect(bench.execute(['acme', setAddress('acme.example:7050')])).toEqual(['OK']);
    expect(bench.organisation('acme')).toMatchObject({ address: 'acme.example:7050', removedHeight: 0 });
    expect(bench.organisation('globex')?.address).toBeUndefined();
    expect(bench.execute(['acme', setAddress('[2001:db8::1]:7050')])).toEqual(['OK']);
    expect(bench.organisation('acme')?.address).toBe('[2001:db8::1]:7050');
    expect(subjectFrontier(bench.ledger.state.get(organisationHistoryStateKey('acme'))).size).toBe(2);
  });
});
