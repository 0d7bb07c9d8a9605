import { describe, expect, it } from '@jest/globals';
import { OBSERVER_PEERS_FROM } from '../../primitives/identifiers.js';
import { ReplicaBench } from '../../../../test/support/pbft/replica-bench.js';
import {
  certifiedOf,
  changeOf,
  decidedOf,
  echoOf,
  genesis,
  GENESIS_HASH,
  lineOf,
  newViewOf,
  proposalOf,
  suspectOf,
  testBlock,
  testChain,
  testRoot,
  viewChangeOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import { conflictingVotes } from '../../../../test/support/signed-evidence.js';
import type { Block } from '../../ledger/block.js';
import type { Message } from '../message.js';

const chain = testChain(12);
const [first, second, third] = chain as readonly [Block, Block, Block];
const other = testBlock(1, GENESIS_HASH, 7);
/** Of height committed + 3L, once block 1 is committed. */
const windowEnd = chain[6]!;

/** Validator 1 with one block committed and executed, the second prepared and the third accepted; view 0. */
function running(): ReplicaBench {
  const bench = new ReplicaBench();
  bench.synced(first);
  bench.executed(1);
  bench.sign();
  bench.prepare(second);
  bench.sign();
  bench.accept(third);
  return bench;
}

type Question = readonly [what: string, from: number, message: Message, isWanted: boolean];

const questions: readonly Question[] = [
  ['a proposal of the next height', 0, proposalOf(chain[3]!), true],
  ['a proposal of somebody else than the primary', 2, proposalOf(chain[3]!), false],
  ['a proposal of another epoch', 0, { ...proposalOf(chain[3]!), epoch: 1 }, false],
  ['a proposal at the end of the window', 0, proposalOf(windowEnd), true],
  ['a proposal beyond the window', 0, proposalOf(chain[7]!), false],
  ['a proposal of a committed height', 0, proposalOf(other), false],
  ['the proposal that is accepted', 0, proposalOf(third), false],
  ['another proposal of an accepted height', 0, proposalOf(testBlock(3, second.hash, 7)), true],
  ['a proposal of the next view', 1, proposalOf(testBlock(4, third.hash, 0, 1)), false],
  ['a proposal of a view further on', 2, proposalOf(testBlock(4, third.hash, 0, 2)), false],

  ['a PREPARE for the accepted block', 3, voteOf(3, 'prepare', third), true],
  ['a PREPARE for another block', 3, voteOf(3, 'prepare', testBlock(3, second.hash, 7)), true],
  ['a PREPARE of a height that is prepared', 3, voteOf(3, 'prepare', second), false],
  ['a second PREPARE where one is held', 2, voteOf(2, 'prepare', testBlock(2, first.hash, 7)), true],
  ['a PREPARE of a later view', 3, voteOf(3, 'prepare', second, 4), true],
  ['a COMMIT of any view', 3, voteOf(3, 'commit', second, 9), true],
  ['a vote of a committed height', 3, voteOf(3, 'commit', other), false],
  ['a vote at the end of the window', 3, voteOf(3, 'commit', windowEnd), true],
  ['a vote beyond the window', 3, voteOf(3, 'commit', chain[7]!), false],
  ['a vote of another epoch', 3, { ...voteOf(3, 'prepare', third), epoch: 1 }, false],
  ['an own vote', 3, voteOf(1, 'prepare', third), false],
  ['a vote that somebody else brings', 2, voteOf(3, 'prepare', third), true],

  ['a line for the executed height', 3, lineOf(3, 1), true],
  ['a line for a height to come', 3, lineOf(3, 7), true],
  ['a line beyond the window', 3, lineOf(3, 8), false],
  ['an own line', 3, lineOf(1, 1), false],
  ['a certificate of a new height', 3, certifiedOf(1), true],
  ['a suspicion of this view', 3, suspectOf(3, 0), true],
  ['a suspicion of a later view', 3, suspectOf(3, 9), true],
  ['an own suspicion', 3, suspectOf(1, 0), false],
  ['a suspicion of another epoch', 3, { ...suspectOf(3, 0), epoch: 1 }, false],

  ['a view change for a later view', 3, viewChangeOf(changeOf(3, 1)), true],
  ['an own view change', 3, viewChangeOf(changeOf(1, 1)), false],
  ['a view change for this view', 3, { ...viewChangeOf(changeOf(3, 1)), change: changeOf(3, 0) }, false],
  ['a NEWVIEW of a later view', 3, newViewOf([0, 1, 2].map((signer) => changeOf(signer, 2))), true],
  ['an echo once awake, of a peer that has echoed', 0, echoOf(), false],
  ['new evidence', 2, { type: 'evidence', evidence: conflictingVotes(genesis) }, true],
  ['a decision of a height in the window', 2, decidedOf(second), true],
  ['a decision of the committed block', 2, decidedOf(first), false],
  ['another decision of the committed height', 2, decidedOf(other), true],
  ['a decision beyond the window, higher than any before', 2, decidedOf(chain[9]!), true],
  [
    'a decision of another epoch',
    2,
    { ...decidedOf(second), certificate: { ...decidedOf(second).certificate, epoch: 1 } },
    false,
  ],
  ['a body that was asked for by nobody', 2, { type: 'blockReply', block: chain[3]! }, false],
  ['a request for a body', 2, { type: 'fetchBlock', blockHash: first.hash }, true],
];

describe('what is worth checking its signatures (PBFT-FILTER-1)', () => {
  const named = questions.map((question) => {
    const [what, , , isWanted] = question;
    return [`${isWanted ? 'is' : 'is not'} ${what}`, ...question.slice(1)] as unknown as Question;
  });

  it.each(named)('%s', (_, from, message, isWanted) => {
    expect(running().replica.wants(from, message)).toBe(isWanted);
  });

  it('is what could be of use or prove somebody to be faulty: no question is asked without its opposite', () => {
    const types = new Map<string, Set<boolean>>();
    for (const [, , { type }, isWanted] of questions) {
      types.set(type, (types.get(type) ?? new Set()).add(isWanted));
    }
    const oneSided = [...types].filter(([, answers]) => answers.size === 1).map(([type]) => type);
    // These have their other side below.
    expect(oneSided.sort()).toEqual([
      'blockReply',
      'checkpointCertified',
      'echo',
      'evidence',
      'fetchBlock',
      'newView',
    ]);
  });

  it("is a body that was asked for, a budget of requests, an echo while waking, and the next view's proposals", () => {
    const bench = new ReplicaBench();
    bench.decide(first);
    expect(bench.replica.wants(2, { type: 'blockReply', block: first })).toBe(true);
    expect(bench.replica.wants(2, { type: 'blockReply', block: second })).toBe(false);
    const asked = Array.from({ length: 7 }, () => {
      const isServed = bench.replica.wants(2, { type: 'fetchBlock', blockHash: first.hash });
      bench.message(0, { type: 'blockReply', block: first });
      bench.message(2, { type: 'fetchBlock', blockHash: first.hash });
      return isServed;
    });
    expect(asked).toEqual([true, true, true, true, true, true, false]);
    const waking = new ReplicaBench({}, {}, { wakes: false });
    expect(waking.replica.wants(2, echoOf())).toBe(true);
    const next = proposalOf(testBlock(1, GENESIS_HASH, 0, 1));
    expect(new ReplicaBench({ self: 2 }).replica.wants(1, next)).toBe(true);
    expect(new ReplicaBench({ self: 2 }).replica.wants(0, next)).toBe(false);
  });

  it('is not what is known: a certificate, a NEWVIEW, evidence and a second proposal are of interest once', () => {
    const newView = newViewOf([0, 2, 3].map((signer) => changeOf(signer, 2)));
    const evidence: Message = { type: 'evidence', evidence: conflictingVotes(genesis) };
    const known: readonly (readonly [number, Message])[] = [
      [2, certifiedOf(1)],
      [2, newView],
      [2, evidence],
    ];
    for (const [from, message] of known) {
      const bench = new ReplicaBench({ self: 0 });
      expect(bench.receive(from, message)).toBe('taken');
      expect(bench.replica.wants(3, message)).toBe(false);
    }
    const bench = new ReplicaBench();
    bench.propose(first);
    expect(bench.receive(0, proposalOf(other))).toBe('taken');
    expect(bench.replica.wants(0, proposalOf(testBlock(1, GENESIS_HASH, 8)))).toBe(false);
  });

  it('is another root of a certified height, which would halt everything (PBFT-CHECKPOINT-4)', () => {
    const bench = running();
    bench.message(2, certifiedOf(1));
    expect(bench.replica.wants(2, certifiedOf(1, testRoot(1, 9)))).toBe(true);
    bench.message(2, certifiedOf(1, testRoot(1, 9)));
    expect(bench.all('halt').map(({ reason }) => reason)).toEqual(['CONFLICTING_CHECKPOINT_CERTIFICATE']);
  });
});

describe('who is listened to', () => {
  it('is every validator but oneself, and of an observer the status and requests for bodies (PBFT-FILTER-3)', () => {
    const { replica } = running();
    const status = running().state.lastStatus!;
    const OBSERVER = OBSERVER_PEERS_FROM;
    replica.step({ type: 'peer', index: OBSERVER, connected: true });
    for (const [what, from, message, isWanted] of questions) {
      if (!isWanted) continue;
      expect([what, replica.wants(1, message)]).toEqual([what, false]);
      if (from !== OBSERVER && message.type !== 'fetchBlock') {
        expect([what, replica.wants(OBSERVER, message)]).toEqual([what, false]);
      }
    }
    expect(replica.wants(OBSERVER, status)).toBe(true);
    expect(replica.wants(OBSERVER, { type: 'fetchBlock', blockHash: first.hash })).toBe(true);
  });

  it('is nobody once the replica has halted', () => {
    const bench = new ReplicaBench();
    bench.synced(first);
    bench.message(2, decidedOf(other));
    expect(bench.replica.view().standing).toBe('halted');
    for (const [, from, message] of questions) expect(bench.replica.wants(from, message)).toBe(false);
  });

  it('is asked again by the replica itself: what passed the filter and has become stale does nothing', () => {
    const bench = new ReplicaBench();
    const vote = voteOf(2, 'commit', first);
    expect(bench.replica.wants(2, vote)).toBe(true);
    bench.synced(first);
    const before = bench.replica.report();
    bench.input({ type: 'message', from: 2, message: vote as never, arrivedAtMs: 0 });
    expect([bench.effects, bench.replica.report()]).toEqual([[], before]);
  });
});
