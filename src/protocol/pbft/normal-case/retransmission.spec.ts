import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  certifiedOf,
  decidedOf,
  lineOf,
  testChain,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { Message, Status } from '../message.js';

const { statusIntervalMs } = testConfig;
const AGE_MS = statusIntervalMs / 4;
const chain = testChain(24);
const [first, second] = chain as readonly [Block, Block];
const NONE = [false, false, false, false];

/** What a peer says that has nothing. */
const nothing: Status = { ...new ReplicaBench({ self: 2 }).sentOf('status')[0]!, standing: 'voting' };

/** What the bench answers to a Status of validator 2, apart from its own Status. */
function answer(bench: ReplicaBench, change: Partial<Status> = {}): readonly Message[] {
  bench.message(2, { ...nothing, ...change });
  return bench
    .all('send')
    .filter(({ to }) => to === 2)
    .map(({ message }) => message);
}

/** A replica that has committed and executed so many blocks, long enough ago. */
function withCommitted(count: number, pipelineDepth = 8): ReplicaBench {
  const bench = new ReplicaBench({ pipelineDepth });
  for (const block of chain.slice(0, count)) {
    bench.synced(block);
    bench.executed(block.header.height);
  }
  bench.tick(AGE_MS);
  return bench;
}

const typesOf = (messages: readonly Message[]): readonly string[] => messages.map(({ type }) => type);

describe('blocks that a peer has not committed (PBFT-STATUS-4)', () => {
  it('are sent as decisions, the lowest first and 8 at most', () => {
    const heights = answer(withCommitted(12)).flatMap((message) =>
      message.type === 'decided' ? [message.header.height] : [],
    );
    expect(heights).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('go on at once when the peer has used what it got, and otherwise after a pause (PBFT-STATUS-3)', () => {
    const bench = withCommitted(12);
    answer(bench);
    expect(answer(bench)).toEqual([]);
    const [next] = answer(bench, { committedHeight: 8, executedHeight: 8 });
    expect(next).toEqual(decidedOf(chain[8]!));
    expect(answer(bench, { committedHeight: 10, executedHeight: 10 })).toEqual([]);
    bench.tick(AGE_MS);
    expect(typesOf(answer(bench, { committedHeight: 10, executedHeight: 10 }))).toEqual([
      'decided',
      'decided',
    ]);
  });

  it('that are not kept any more are named by the highest one, as a proof that there is something to fetch', () => {
    const bench = withCommitted(9, 2);
    expect(answer(bench)).toEqual([decidedOf(chain[8]!)]);
  });

  it('are of no use to a peer that waits for its own execution', () => {
    const bench = withCommitted(6);
    const { pipelineDepth } = bench.state.config;
    expect(answer(bench, { committedHeight: 0, executedHeight: -pipelineDepth })).toEqual([]);
    bench.tick(AGE_MS);
    expect(answer(bench)).not.toEqual([]);
  });

  it('that were committed just now are on their way', () => {
    const bench = new ReplicaBench();
    bench.synced(first);
    expect(answer(bench)).toEqual([]);
    bench.tick(AGE_MS);
    expect(typesOf(answer(bench))).toEqual(['decided']);
  });
});

describe('votes that a peer does not hold (PBFT-STATUS-5)', () => {
  function voting(): ReplicaBench {
    const bench = new ReplicaBench();
    bench.prepare(first);
    bench.sign();
    bench.accept(second);
    bench.tick(AGE_MS);
    return bench;
  }

  const mine = {
    prepare: voteOf(1, 'prepare', first),
    commit: voteOf(1, 'commit', first),
    next: voteOf(1, 'prepare', second),
  };
  const held = [false, true, false, false];

  it('are sent to a peer in the same view, as far as its bitmaps lack them', () => {
    const cases: readonly (readonly [Partial<Status>, readonly Message[]])[] = [
      [{}, [mine.prepare, mine.commit, mine.next]],
      [{ prepareVotes: [held, NONE], commitVotes: [NONE] }, [mine.commit, mine.next]],
      [{ prepareVotes: [held, held], commitVotes: [held] }, []],
      [{ preparedHeight: 1, commitVotes: [held] }, [mine.next]],
      [{ committedHeight: 1, executedHeight: 1 }, [mine.next]],
      [{ committedHeight: 1, executedHeight: 1, prepareVotes: [held] }, []],
      [{ view: 1 }, []],
      [{ phase: 'changing' }, []],
      [{ epoch: 1 }, []],
    ];
    for (const [status, expected] of cases) expect(answer(voting(), status)).toEqual(expected);
  });

  it('are the own ones alone: everybody repeats its own', () => {
    const bench = voting();
    const signers = answer(bench).flatMap((message) => (message.type === 'vote' ? [message.signer] : []));
    expect(new Set(signers)).toEqual(new Set([1]));
    expect(bench.state.votes.size).toBeGreaterThan(signers.length);
  });

  it('are not sent by who has left the view', () => {
    const bench = voting();
    bench.leave();
    bench.tick(AGE_MS);
    expect(answer(bench).filter(({ type }) => type === 'vote')).toEqual([]);
  });
});

describe('proposals that a peer does not hold (PBFT-STATUS-7)', () => {
  function proposing(): ReplicaBench {
    const bench = new ReplicaBench({ self: 0 });
    answer(bench);
    bench.tick(1);
    for (const block of [first, second]) {
      bench.input({ type: 'proposalBuilt', block });
      bench.sign();
    }
    return bench;
  }

  /** Heights of the proposals in an answer. */
  const proposals = (messages: readonly Message[]): readonly number[] =>
    messages.flatMap((message) => (message.type === 'prePrepare' ? [message.block.header.height] : []));

  it('are sent when they are old, and not again before they are as old again', () => {
    const bench = proposing();
    bench.tick(4 * statusIntervalMs - AGE_MS);
    expect(proposals(answer(bench))).toEqual([]);
    bench.tick(AGE_MS);
    expect(proposals(answer(bench))).toEqual([1, 2]);
    bench.tick(4 * statusIntervalMs - AGE_MS);
    expect(proposals(answer(bench))).toEqual([]);
    bench.tick(AGE_MS);
    expect(proposals(answer(bench))).toEqual([1, 2]);
  });

  it('are sent above what the peer holds without a gap', () => {
    const bench = proposing();
    bench.tick(4 * statusIntervalMs);
    expect(proposals(answer(bench, { proposalHeight: 1 }))).toEqual([2]);
  });

  it('are sent at once to a peer whose stream is younger than they are', () => {
    const bench = proposing();
    bench.tick(AGE_MS);
    expect(proposals(answer(bench))).toEqual([]);
    bench.input({ type: 'peer', index: 2, connected: true });
    expect(proposals(answer(bench))).toEqual([1, 2]);
  });

  it('are sent to a peer that shows itself in the view only now', () => {
    const bench = proposing();
    bench.tick(AGE_MS);
    answer(bench, { phase: 'changing' });
    bench.tick(AGE_MS);
    expect(proposals(answer(bench))).toEqual([1, 2]);
  });
});

describe('checkpoints that a peer lacks (PBFT-STATUS-6)', () => {
  it('are the highest certificate, or the own line while there is none', () => {
    const bench = withCommitted(1);
    expect(answer(bench, { committedHeight: 1, executedHeight: 1 })).toEqual([]);
    const signing = new ReplicaBench();
    signing.synced(first);
    signing.executed(1);
    signing.sign();
    signing.tick(AGE_MS);
    const reached = { committedHeight: 1, executedHeight: 1 };
    expect(answer(signing, reached)).toEqual([lineOf(1, 1)]);
    signing.message(3, certifiedOf(1));
    signing.tick(AGE_MS);
    expect(answer(signing, reached)).toEqual([certifiedOf(1)]);
    signing.tick(AGE_MS);
    expect(answer(signing, { ...reached, certifiedHeight: 1 })).toEqual([]);
  });
});

describe('a Status', () => {
  it('is believed for nothing else: neither heights nor views nor votes follow from it (PBFT-STATUS-1)', () => {
    const bench = withCommitted(2);
    const before = bench.replica.report();
    const wild: readonly Partial<Status>[] = [
      { view: 9, phase: 'changing', viewChanges: [true, true, true, true] },
      { committedHeight: 1_000_000, executedHeight: 1_000_000, certifiedHeight: 1_000_000 },
      { prepareVotes: [[true, true, true, true]], commitVotes: [[true, true, true, true]] },
      { standing: 'halted', clockMs: 0, mempoolTransactions: 1_000_000 },
    ];
    for (const change of wild) {
      for (const from of [0, 2, 3]) bench.message(from, { ...nothing, ...change });
      expect([bench.replica.report(), bench.all('append'), bench.signing()]).toEqual([before, [], []]);
    }
  });

  it('is never answered to somebody who is not there', () => {
    const bench = withCommitted(2);
    bench.message(4, nothing);
    expect(bench.all('send')).toEqual([]);
    bench.input({ type: 'peer', index: 4, connected: true });
    bench.message(4, nothing);
    expect(bench.all('send').map(({ to }) => to)).toContain(4);
    bench.input({ type: 'peer', index: 4, connected: false });
    expect(bench.state.peers.has(4)).toBe(false);
  });
});
