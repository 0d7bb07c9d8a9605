import { describe, expect, it } from '@jest/globals';
import { ReplicaBench } from '../../../../test/support/pbft/replica-bench.js';
import {
  certificateOf,
  changeOf,
  newViewOf,
  testBlock,
  testChain,
  testRoot,
  tipOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { JournalRecord } from '../effect.js';
import { InvariantViolation } from '../../primitives/invariant.js';
import { viewReplica } from '../replica-report.js';

const [first, second] = testChain(2) as readonly [Block, Block];

/** A life in which block 1 was committed and block 2 prepared, both in view 0. */
function firstLife(): ReplicaBench {
  const bench = new ReplicaBench();
  bench.prepare(first);
  bench.sign();
  bench.prepare(second);
  bench.sign();
  for (const signer of [0, 2, 3]) bench.vote(signer, 'commit', first);
  return bench;
}

/** The next life with this journal; the database has nothing yet. */
function restarted(journal: readonly JournalRecord[], wakes = true): ReplicaBench {
  return new ReplicaBench({}, { journal }, { wakes });
}

/** Every order of these. */
function orders<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) =>
    orders(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

describe('a replica that has restarted', () => {
  it('stands where it stood, and asks for the same signatures without a new record (PBFT-RECOVER-1, -2)', () => {
    const before = firstLife();
    const after = restarted(before.journal);
    after.executed(1);
    const { preparedHeight, acceptedHeight, committedHeight, tips } = after.replica.view();
    expect({ preparedHeight, acceptedHeight, committedHeight }).toEqual({
      preparedHeight: 2,
      acceptedHeight: 2,
      committedHeight: 1,
    });
    expect(tips.map(({ view, height, blockHash }) => [view, height, blockHash])).toEqual([
      [0, 2, second.hash],
    ]);
    expect(after.all('sign').map(({ request }) => request)).toEqual([
      { type: 'checkpoint', epoch: 0, height: 1, root: testRoot(1) },
      expect.objectContaining({ kind: 'prepare', blockHash: second.hash }),
      expect.objectContaining({ kind: 'commit', blockHash: second.hash }),
    ]);
    expect(after.journal.map(({ type }) => type)).toEqual(['checkpointSigned']);
  });

  it('is the same for every order of the records: the journal rewrites those that it keeps', () => {
    const { journal } = firstLife();
    expect(journal).toHaveLength(5);
    const [expected, ...others] = orders(journal).map((records) => {
      const bench = restarted(records);
      return [viewReplica(bench.state), [...bench.state.voted.keys()], bench.effects.length];
    });
    for (const other of others) expect(other).toEqual(expected);
  });

  it('executes again what the database has not, and nothing twice', () => {
    const after = restarted(firstLife().journal);
    expect(after.all('execute').map(({ block }) => block.hash)).toEqual([first.hash]);
    const { recentBlocks } = {
      recentBlocks: [{ block: first, certificate: certificateOf('commit', first) }],
    };
    const executed = new ReplicaBench(
      {},
      {
        executedHeight: 1,
        executedBlockHash: first.hash,
        executedRoot: testRoot(1),
        executedTimestampMs: 1,
        recentBlocks,
        journal: firstLife().journal,
      },
    );
    expect(executed.all('execute')).toEqual([]);
    expect(executed.replica.view()).toMatchObject({ committedHeight: 1, acceptedHeight: 2 });
  });

  it('never votes for another block of a height that it has voted on in this view (PBFT-VOTE-3)', () => {
    const after = restarted([{ type: 'prepared', epoch: 0, view: 0, block: first }]);
    after.propose(testBlock(1, first.header.parentHash, 7));
    expect(after.all('checkProposal')).toEqual([]);
    after.sign();
    expect(after.state.votes.find('prepare', 0, 1, 1)).toBeUndefined();
    const signing = restarted([{ type: 'prepared', epoch: 0, view: 0, block: first }]);
    signing.sign();
    expect(signing.sentOf('vote')).toEqual([voteOf(1, 'prepare', first)]);
  });

  it('does not take up votes of another epoch', () => {
    const after = restarted([{ type: 'prepared', epoch: 7, view: 0, block: first }]);
    expect([after.signing(), after.state.voted.size]).toEqual([[], 0]);
  });
});

describe('the view after a restart (PBFT-RECOVER-5)', () => {
  const newView = newViewOf([changeOf(0, 1, { tips: [tipOf([first])] }), changeOf(1, 1), changeOf(2, 1)]);

  function journalOf(...steps: ('left' | 'entered')[]): readonly JournalRecord[] {
    const bench = new ReplicaBench({ self: 3 });
    for (const step of steps) {
      if (step === 'left') bench.leave(bench.replica.view().view);
      else bench.message(1, newView);
    }
    return bench.journal;
  }

  it('is the newest that was left or entered, entered rather than left', () => {
    const lives = [
      [journalOf('left'), { view: 1, phase: 'changing' }],
      [journalOf('left', 'entered'), { view: 1, phase: 'active' }],
      [[...journalOf('left', 'entered')].reverse(), { view: 1, phase: 'active' }],
      [journalOf('left', 'entered', 'left'), { view: 2, phase: 'changing' }],
      [[...journalOf('left', 'entered', 'left')].reverse(), { view: 2, phase: 'changing' }],
    ] as const;
    for (const [journal, expected] of lives) {
      expect(new ReplicaBench({ self: 3 }, { journal }).replica.view()).toMatchObject(expected);
    }
  });

  it('begins with the same chain as before', () => {
    const after = new ReplicaBench({ self: 3 }, { journal: journalOf('left', 'entered') });
    expect([...after.state.viewState.chain.values()].map(({ hash }) => hash)).toEqual([first.hash]);
    expect(after.sentOf('fetchBlock')).toEqual([{ type: 'fetchBlock', blockHash: first.hash }]);
  });

  it('has its deadline when it is still changing (Concord #805)', () => {
    const after = new ReplicaBench({ self: 3 }, { journal: journalOf('left') });
    expect(after.state.patience.deadlineMs).toBe(after.nowMs + 2_000);
  });

  it('is proven to laggards by the NEWVIEW of the journal', () => {
    const after = new ReplicaBench({ self: 3 }, { journal: journalOf('left', 'entered') });
    const status = new ReplicaBench({ self: 2 }).sentOf('status')[0]!;
    after.tick(400);
    after.message(2, status);
    expect(after.sentOf('newView')).toEqual([newView]);
  });
});

describe('a journal that contradicts itself', () => {
  it('has a vote of a view that it has never entered: nothing is done on it', () => {
    const vote: JournalRecord = { type: 'prepared', epoch: 0, view: 1, block: first };
    expect(() => restarted([vote])).toThrow(InvariantViolation);
    const left = new ReplicaBench();
    left.leave();
    expect(() => restarted([...left.journal, vote])).toThrow(InvariantViolation);
  });

  it('has two certificates that cannot both be: the replica halts (PBFT-COMMIT-4)', () => {
    const other = testBlock(1, first.header.parentHash, 7);
    const bench = restarted([
      { type: 'committed', certificate: certificateOf('commit', first), block: first },
      { type: 'committed', certificate: certificateOf('commit', other), block: other },
    ]);
    expect(bench.replica.view().standing).toBe('halted');
  });
});
