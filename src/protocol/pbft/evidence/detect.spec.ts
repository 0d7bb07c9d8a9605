import { describe, expect, it } from '@jest/globals';
import {
  changingChain,
  EpochBench,
  FIRST_HEIGHT,
  successors,
} from '../../../../test/support/pbft/epoch-bench.js';
import { ReplicaBench } from '../../../../test/support/pbft/replica-bench.js';
import {
  baseOf,
  certifiedOf,
  changeOf,
  contextOf,
  founders,
  genesis,
  GENESIS_HASH,
  lineOf,
  messageContext,
  newViewOf,
  proposalOf,
  testBlock,
  testChain,
  testRoot,
  tipOf,
  viewChangeOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import { conflictingVotes } from '../../../../test/support/signed-evidence.js';
import type { Block } from '../../ledger/block.js';
import { verifyEvidence, type Evidence } from '../evidence.js';
import type { Message } from '../message.js';
import { EVIDENCE_EACH_MAX } from './accuse.js';

const [first, second] = testChain(2) as readonly [Block, Block];
const other = testBlock(1, GENESIS_HASH, 7);
const OFFENDER = 3;

/** What the replica accuses of, after these messages from the offender. */
function evidenceAfter(bench: ReplicaBench, from: number, messages: readonly Message[]): readonly Evidence[] {
  bench.together(() => {
    for (const message of messages) bench.message(from, message);
  });
  return bench.all('evidence').map(({ evidence }) => evidence);
}

const contradictions: readonly (readonly [string, number, readonly Message[], Partial<Evidence>])[] = [
  [
    'two PREPAREs of one view and height',
    OFFENDER,
    [voteOf(OFFENDER, 'prepare', first), voteOf(OFFENDER, 'prepare', other)],
    { type: 'conflictingVotes', kind: 'prepare', view: 0, height: 1 },
  ],
  [
    'two COMMITs',
    OFFENDER,
    [voteOf(OFFENDER, 'commit', first, 2), voteOf(OFFENDER, 'commit', other, 2)],
    { type: 'conflictingVotes', kind: 'commit', view: 2, height: 1 },
  ],
  [
    'two proposals',
    0,
    [proposalOf(first), proposalOf(other)],
    { type: 'conflictingVotes', kind: 'propose', view: 0, height: 1 },
  ],
  [
    'two lines under a checkpoint',
    OFFENDER,
    [lineOf(OFFENDER, 1), lineOf(OFFENDER, 1, testRoot(1, 9))],
    { type: 'conflictingCheckpoints', height: 1 },
  ],
  [
    'two view changes for one view',
    OFFENDER,
    [viewChangeOf(changeOf(OFFENDER, 1)), viewChangeOf(changeOf(OFFENDER, 1, { tips: [tipOf([first])] }))],
    { type: 'conflictingVotes', kind: 'viewChange', view: 1, height: 0 },
  ],
  [
    'two NEWVIEWs',
    2,
    [
      newViewOf([0, 1, 2].map((signer) => changeOf(signer, 2))),
      newViewOf([0, 1, 3].map((signer) => changeOf(signer, 2))),
    ],
    { type: 'conflictingVotes', kind: 'newView', view: 2, height: 0 },
  ],
  [
    'a COMMIT and a view change that conceals it',
    OFFENDER,
    [voteOf(OFFENDER, 'commit', first), viewChangeOf(changeOf(OFFENDER, 1))],
    { type: 'concealedCommit' },
  ],
  [
    'the same in the other order',
    OFFENDER,
    [viewChangeOf(changeOf(OFFENDER, 1)), voteOf(OFFENDER, 'commit', first)],
    { type: 'concealedCommit' },
  ],
];

describe('contradictions of one validator', () => {
  it.each(contradictions)('are seen and proven: %s', (_, from, messages, expected) => {
    const bench = new ReplicaBench();
    const evidence = evidenceAfter(bench, from, messages);
    expect(evidence).toEqual([expect.objectContaining({ ...expected, offender: from, epoch: 0 })]);
    expect(verifyEvidence(evidence[0]!, messageContext)).toBe(true);
  });

  it.each(contradictions)('are told to everybody once: %s', (_, from, messages) => {
    const bench = new ReplicaBench();
    const [evidence] = evidenceAfter(bench, from, messages);
    expect(bench.sentOf('evidence')).toEqual([{ type: 'evidence', evidence }]);
    expect(evidenceAfter(bench, from, messages)).toEqual([]);
    expect(bench.receive(2, { type: 'evidence', evidence: evidence! })).toBe('unwanted');
  });

  it.each(contradictions)(
    'accuse nobody when one of the two is all that there is: %s',
    (_, from, messages) => {
      for (const message of messages) {
        expect(evidenceAfter(new ReplicaBench(), from, [message, message])).toEqual([]);
      }
    },
  );
});

describe('what a correct validator may well say', () => {
  it('is no contradiction: other views, other heights, and the same again', () => {
    const bench = new ReplicaBench();
    const said = [
      voteOf(OFFENDER, 'prepare', first),
      voteOf(OFFENDER, 'prepare', first),
      voteOf(OFFENDER, 'prepare', second),
      voteOf(OFFENDER, 'prepare', other, 1),
      voteOf(OFFENDER, 'commit', first),
      voteOf(OFFENDER, 'commit', other, 1),
      lineOf(OFFENDER, 1),
      lineOf(OFFENDER, 2),
      viewChangeOf(changeOf(OFFENDER, 2, { tips: [tipOf([first], 1)] })),
      viewChangeOf(changeOf(OFFENDER, 3, { tips: [tipOf([first], 1)] })),
    ];
    expect(evidenceAfter(bench, OFFENDER, said)).toEqual([]);
    expect(bench.state.accused.size).toBe(0);
  });

  it('is no concealment when the view change tells of the COMMIT, whichever comes first', () => {
    const commit = voteOf(OFFENDER, 'commit', first);
    const change = viewChangeOf(changeOf(OFFENDER, 1, { tips: [tipOf([first])] }));
    for (const said of [
      [commit, change],
      [change, commit],
    ]) {
      expect(evidenceAfter(new ReplicaBench(), OFFENDER, said)).toEqual([]);
    }
  });
});

describe('evidence', () => {
  it('against one validator is kept up to a bound, and against another one all the same (PBFT-EVIDENCE-3)', () => {
    const bench = new ReplicaBench({ self: 0 });
    for (let height = 1; height <= EVIDENCE_EACH_MAX + 3; height++) {
      const verdict = bench.receive(2, { type: 'evidence', evidence: conflictingVotes(genesis, { height }) });
      expect(verdict).toBe(height <= EVIDENCE_EACH_MAX ? 'taken' : 'unwanted');
    }
    expect(bench.state.accused.size).toBe(EVIDENCE_EACH_MAX);
    expect(evidenceAfter(bench, 3, [voteOf(3, 'prepare', first), voteOf(3, 'prepare', other)])).toHaveLength(
      1,
    );
  });

  it('that a peer sends is passed on, when it proves something', () => {
    const bench = new ReplicaBench({ self: 0 });
    const evidence = conflictingVotes(genesis);
    expect(bench.receive(2, { type: 'evidence', evidence: { ...evidence, offender: 2 } })).toBe(
      'refused: evidence: proves nothing',
    );
    bench.message(2, { type: 'evidence', evidence });
    expect(bench.sentOf('evidence')).toEqual([{ type: 'evidence', evidence }]);
  });

  it('changes nothing else: neither the votes that count, nor who is suspected', () => {
    const bench = new ReplicaBench({ self: 0 });
    const before = bench.replica.report();
    bench.message(2, { type: 'evidence', evidence: conflictingVotes(genesis) });
    expect(bench.replica.report()).toEqual(before);
  });

  it('of two proposals makes the primary suspected for good (PBFT-TIMER-4)', () => {
    const bench = new ReplicaBench();
    evidenceAfter(bench, 0, [proposalOf(first), proposalOf(other)]);
    expect(bench.replica.report().suspicion).toEqual({ view: 0, reason: 'equivocation' });
  });
});

describe('a COMMIT in the epoch after that a view change with the end as its base conceals (PBFT-EVIDENCE-2)', () => {
  const end = changingChain(successors)[FIRST_HEIGHT - 2]!;
  const next = changingChain(successors)[FIRST_HEIGHT - 1]!;
  const context = contextOf([founders, successors]);
  /** Initech, whose peer index is 2. */
  const [offender, peer] = [3, 2];

  /** The end was committed in `endView` of epoch 0. */
  function accusedAfter(endView: number, isHidden = true): readonly Evidence[] {
    const bench = new EpochBench(0);
    bench.bring(3);
    bench.message(1, certifiedOf(FIRST_HEIGHT - 1));
    const tips = isHidden ? [] : [successors.tipOf([next])];
    const change = successors.changeOf(offender, 1, { base: baseOf(end, endView), tips });
    return evidenceAfter(bench, peer, [
      successors.voteOf(offender, 'commit', next),
      successors.viewChangeOf(change),
    ]);
  }

  it('is evidence whatever view of the epoch before has committed the end: that came before every view of this one', () => {
    for (const endView of [0, 5]) {
      const [evidence, ...more] = accusedAfter(endView);
      expect(evidence).toMatchObject({ type: 'concealedCommit', epoch: 1, offender });
      expect(more).toEqual([]);
      expect(verifyEvidence(evidence!, context)).toBe(true);
      expect(verifyEvidence(evidence!, messageContext)).toBe(false);
    }
  });

  it('is none when the view change tells of it', () => {
    expect(accusedAfter(0, false)).toEqual([]);
  });

  it('proves nothing without the certificate of the end, or with one that the new set has signed', () => {
    const [evidence] = accusedAfter(0);
    if (evidence?.type !== 'concealedCommit') throw new Error('no evidence');
    const forged = { ...successors.certificateOf('commit', end), epoch: 0 };
    for (const baseCertificate of [undefined, successors.certificateOf('commit', end), forged])
      expect(verifyEvidence({ ...evidence, baseCertificate }, context)).toBe(false);
  });
});
