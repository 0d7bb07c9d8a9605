import { describe, expect, it } from '@jest/globals';
import { ReplicaBench } from '../../../../test/support/pbft/replica-bench.js';
import {
  certificateOf,
  changeOf,
  echoOf,
  GENESIS_HASH,
  testBlock,
  testChain,
  testRoot,
  viewChangeOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { Echo, Status } from '../message.js';
import type { RecoveredState } from '../replica-config.js';

const [first, second] = testChain(2) as readonly [Block, Block];
const other = testBlock(1, GENESIS_HASH, 7);

/** A restarted replica to which nobody has echoed anything yet. */
function waking(recovered: Partial<RecoveredState> = {}): ReplicaBench {
  return new ReplicaBench({}, recovered, { wakes: false });
}

/** A life that has accepted and prepared block 1 in view 0. */
function journalOfFirst() {
  const bench = new ReplicaBench();
  bench.prepare(first);
  return bench.journal;
}

const standingAfter = (bench: ReplicaBench, ...echoes: readonly Echo[]): Status['standing'] => {
  for (const [offset, echo] of echoes.entries()) bench.message([0, 2, 3][offset]!, echo);
  return bench.replica.view().standing;
};

describe('waking (PBFT-RECOVER-3)', () => {
  it('ends with the echoes of Q − 1 peers, one each', () => {
    const bench = waking();
    expect(bench.replica.view().standing).toBe('waking');
    bench.message(0, echoOf());
    expect(bench.receive(0, echoOf())).toBe('unwanted');
    expect(bench.replica.report()).toMatchObject({ standing: 'waking', echoedBy: [0] });
    bench.message(3, echoOf());
    expect(bench.replica.view().standing).toBe('voting');
  });

  it('is a time without a word: nothing is signed, and what is final is followed', () => {
    const bench = waking();
    bench.propose(first);
    expect([bench.all('checkProposal'), bench.signing()]).toEqual([[], []]);
    for (const signer of [0, 2, 3]) bench.vote(signer, 'commit', first);
    expect(bench.all('execute').map(({ block }) => block.hash)).toEqual([first.hash]);
    bench.executed(1);
    expect([bench.signing(), bench.journal.map(({ type }) => type)]).toEqual([[], ['committed']]);
  });

  it('lasts until the database holds again what the journal knows to have been committed', () => {
    for (const recovered of [
      { appliedHeight: 2 },
      {
        journal: [
          { type: 'committed', certificate: certificateOf('commit', second), block: second } as const,
        ],
      },
    ]) {
      const bench = waking(recovered);
      expect(standingAfter(bench, echoOf(), echoOf())).toBe('waking');
      expect(bench.replica.report().knownHeight).toBe(2);
      for (const block of [first, second]) bench.synced(block);
      bench.executed(1);
      expect(bench.replica.view().standing).toBe('waking');
      bench.executed(2);
      expect(bench.replica.view().standing).toBe('voting');
    }
  });

  it('ends with what the journal has promised: lines of checkpoints first', () => {
    const bench = waking({
      executedHeight: 1,
      executedBlockHash: first.hash,
      executedTimestampMs: 1,
      executedRoot: testRoot(1),
      recentBlocks: [{ block: first, certificate: certificateOf('commit', first) }],
      journal: [
        { type: 'prepared', epoch: 0, view: 0, block: second },
        { type: 'checkpointSigned', height: 1, root: testRoot(1) },
      ],
    });
    expect(bench.signing()).toEqual([]);
    bench.message(0, echoOf());
    bench.message(2, echoOf());
    expect(bench.signing()).toEqual(['checkpoint', 'vote']);
  });

  it('is the same for a fresh member, of whom nobody has heard', () => {
    expect(standingAfter(waking(), echoOf(), echoOf())).toBe('voting');
  });
});

describe('what was forgotten (PBFT-RECOVER-4)', () => {
  const forgotten: readonly (readonly [string, Partial<RecoveredState>, Echo])[] = [
    ['a PREPARE', {}, echoOf([voteOf(1, 'prepare', first)])],
    ['a PREPARE for another block', { journal: journalOfFirst() }, echoOf([voteOf(1, 'prepare', other)])],
    ['a COMMIT', { journal: journalOfFirst().slice(0, 1) }, echoOf([voteOf(1, 'commit', first)])],
    ['a vote of a later view', { journal: journalOfFirst() }, echoOf([voteOf(1, 'prepare', first, 3)])],
    ['a view change', { journal: journalOfFirst() }, echoOf([], changeOf(1, 1))],
  ];

  it.each(forgotten)('is noticed when %s comes back that the journal has not', (_, recovered, echo) => {
    const bench = waking(recovered);
    expect(standingAfter(bench, echo)).toBe('observing');
    expect(bench.all('amnesia')).toHaveLength(1);
    expect(standingAfter(bench, echo, echoOf(), echoOf())).toBe('observing');
    bench.propose(second);
    for (const signer of [0, 2, 3]) bench.vote(signer, 'commit', first);
    bench.leave();
    expect(bench.signing()).toEqual([]);
  });

  it('is also noticed when what was said of a view was something else', () => {
    const before = new ReplicaBench();
    before.leave();
    const same = waking({ journal: before.journal });
    expect(standingAfter(same, echoOf([], changeOf(1, 1)))).toBe('waking');
    const others = waking({ journal: before.journal });
    const base = { height: 1, blockHash: first.hash, certificate: certificateOf('commit', first) };
    expect(standingAfter(others, echoOf([], changeOf(1, 1, { base })))).toBe('observing');
  });

  it('is not what the journal knows, what is committed, what others have said, nor what was said in a view before', () => {
    const known = [
      echoOf([voteOf(1, 'prepare', first), voteOf(1, 'commit', first)]),
      echoOf([voteOf(2, 'prepare', other, 5)], changeOf(3, 7)),
    ];
    for (const echo of known) {
      expect(standingAfter(waking({ journal: journalOfFirst() }), echo, echoOf())).toBe('voting');
    }
    const committed = {
      executedHeight: 1,
      executedBlockHash: first.hash,
      executedTimestampMs: 1,
      recentBlocks: [{ block: first, certificate: certificateOf('commit', first) }],
    };
    expect(standingAfter(waking(committed), echoOf([voteOf(1, 'prepare', other, 4)]), echoOf())).toBe(
      'voting',
    );
    const left = new ReplicaBench();
    left.leave();
    const old = echoOf([voteOf(1, 'prepare', first)]);
    expect(standingAfter(waking({ journal: left.journal }), old, echoOf())).toBe('voting');
  });

  it('cannot be claimed: an echo carries the own signature or is refused', () => {
    const bench = waking();
    const vote = { ...voteOf(2, 'prepare', first), signer: 1 };
    expect(bench.receive(0, echoOf([vote]))).toBe('refused: echo: bad vote signature');
    expect(bench.receive(0, echoOf([], { ...changeOf(2, 1), signer: 1 }))).toBe(
      'refused: echo: bad VIEWCHANGE signature',
    );
    const twice = echoOf([voteOf(1, 'prepare', first), voteOf(1, 'prepare', first, 1)]);
    expect(bench.receive(0, twice)).toBe('refused: echo: two votes of one kind');
    expect(bench.replica.report()).toMatchObject({ standing: 'waking', echoedBy: [] });
  });
});

describe('last words', () => {
  const statusOf = (standing: Status['standing']): Status => {
    const status = waking().sentOf('status')[0]!;
    return { ...status, standing };
  };

  function heard(): ReplicaBench {
    const bench = new ReplicaBench();
    bench.vote(2, 'prepare', first, 1);
    bench.vote(2, 'prepare', other);
    bench.vote(2, 'commit', first);
    bench.vote(2, 'commit', second);
    bench.message(2, viewChangeOf(changeOf(2, 2)));
    bench.message(2, viewChangeOf(changeOf(2, 3)));
    return bench;
  }

  it('are the newest of each kind that was heard under a key, told to whom it belongs when it is waking', () => {
    const bench = heard();
    bench.tick(400);
    bench.message(2, statusOf('waking'));
    expect(bench.sentOf('echo')).toEqual([
      echoOf([voteOf(2, 'prepare', first, 1), voteOf(2, 'commit', second)], changeOf(2, 3)),
    ]);
  });

  it('are not told to who is awake, and are empty for who has said nothing', () => {
    const bench = heard();
    bench.tick(400);
    bench.message(2, statusOf('voting'));
    expect(bench.sentOf('echo')).toEqual([]);
    bench.message(3, statusOf('waking'));
    expect(bench.sentOf('echo')).toEqual([echoOf()]);
  });

  it('bring to light, at the replica whose they are, what it has forgotten', () => {
    const bench = heard();
    bench.tick(400);
    bench.message(2, statusOf('waking'));
    const [echo] = bench.sentOf('echo');
    const peer = new ReplicaBench({ self: 2 }, {}, { wakes: false });
    peer.message(1, echo!);
    expect(peer.replica.view().standing).toBe('observing');
  });
});
