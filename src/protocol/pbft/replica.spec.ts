import { describe, expect, it } from '@jest/globals';
import { ReplicaBench } from '../../../test/support/pbft/replica-bench.js';
import {
  certificateOf,
  certifiedOf,
  GENESIS_HASH,
  lineOf,
  proposalOf,
  testBlock,
  testChain,
  testRoot,
} from '../../../test/support/pbft/signed-messages.js';
import type { Block } from '../ledger/block.js';
import type { Status } from './message.js';

const chain = testChain(20);
const [first, second, third] = chain as readonly [Block, Block, Block];

function statusOf(bench: ReplicaBench): Status {
  const status = bench.sent().find((message) => message.type === 'status');
  if (status?.type !== 'status') throw new Error('no status was sent');
  return status;
}

/** A replica that has accepted `first` and signed its PREPARE. */
function acceptedFirst(): ReplicaBench {
  const bench = new ReplicaBench();
  bench.propose(first);
  bench.approve(first);
  bench.sign();
  return bench;
}

describe('voting', () => {
  it('journals a vote before it asks for the signature, and counts it when it comes back (PBFT-VOTE-5)', () => {
    const bench = new ReplicaBench();
    bench.propose(first);
    bench.vote(0, 'prepare', first);
    bench.vote(2, 'prepare', first);
    const effects = bench.approve(first).map(({ type }) => type);
    expect(effects.indexOf('append')).toBeLessThan(effects.indexOf('sign'));
    expect(bench.replica.view().preparedHeight).toBe(0);
    bench.sign();
    expect(bench.replica.view().preparedHeight).toBe(1);
    expect(bench.all('append').map(({ record }) => record.type)).toEqual(['locked']);
  });

  it('does not take its own vote from a peer (PBFT-FILTER-2)', () => {
    const bench = new ReplicaBench();
    bench.propose(first);
    bench.approve(first);
    bench.vote(1, 'prepare', first);
    bench.vote(0, 'prepare', first);
    bench.vote(2, 'prepare', first);
    expect(bench.replica.view().preparedHeight).toBe(0);
  });

  it('never votes for a second block of one height, not even after a restart (PBFT-VOTE-3)', () => {
    const other = testBlock(1, GENESIS_HASH, 7);
    const running = acceptedFirst();
    running.propose(other);
    expect(running.all('checkProposal')).toHaveLength(0);
    const restarted = new ReplicaBench(
      {},
      { journal: [{ type: 'prepared', epoch: 0, view: 0, block: first }] },
    );
    expect(restarted.all('sign').map(({ request }) => request)).toEqual([
      { type: 'vote', kind: 'prepare', epoch: 0, view: 0, height: 1, blockHash: first.hash },
    ]);
    expect(restarted.all('append')).toHaveLength(0);
    restarted.propose(other);
    expect(restarted.all('checkProposal')).toHaveLength(0);
  });

  it('counts one vote a signer, and only votes for the same block (PBFT-VOTE-1, PBFT-VOTE-4)', () => {
    const bench = acceptedFirst();
    bench.vote(0, 'prepare', first);
    bench.vote(0, 'prepare', first);
    bench.vote(2, 'prepare', testBlock(1, GENESIS_HASH, 7));
    bench.vote(2, 'prepare', first);
    expect(bench.replica.view().preparedHeight).toBe(0);
    bench.vote(3, 'prepare', first);
    expect(bench.replica.view().preparedHeight).toBe(1);
  });

  it('is left to validators: an observer follows and never signs', () => {
    const bench = new ReplicaBench({ self: undefined });
    bench.propose(first);
    for (const signer of [0, 1, 2]) bench.vote(signer, 'commit', first);
    expect(bench.all('execute').map(({ block }) => block.hash)).toEqual([first.hash]);
    expect(bench.executed(1).some(({ type }) => type === 'sign')).toBe(false);
  });
});

describe('proposing', () => {
  it('asks for one block at a time, up to executed + L, and takes only the answer to the open request', () => {
    const bench = new ReplicaBench({ self: 0 });
    expect(bench.all('requestProposal').map(({ request }) => request.height)).toEqual([1]);
    bench.input({ type: 'proposalBuilt', block: second });
    expect(bench.all('append')).toHaveLength(0);
    bench.input({ type: 'proposalBuilt', block: first });
    expect(bench.all('requestProposal').map(({ request }) => request.ancestors)).toEqual([[first]]);
    bench.input({ type: 'proposalBuilt', block: second });
    expect(bench.all('requestProposal')).toHaveLength(0);
    expect(bench.replica.view().acceptedHeight).toBe(2);
  });

  it('says the same proposal again after a restart (PBFT-RECOVER-1)', () => {
    const bench = new ReplicaBench(
      { self: 0 },
      { journal: [{ type: 'prepared', epoch: 0, view: 0, block: first }] },
    );
    bench.sign();
    const proposals = bench.sent().filter((message) => message.type === 'prePrepare');
    expect(proposals).toEqual([proposalOf(first)]);
  });
});

describe('accepting', () => {
  it('checks strictly by height and buffers what is early (PBFT-ORDER-1, PBFT-WINDOW-1)', () => {
    const bench = new ReplicaBench();
    bench.propose(second);
    expect(bench.all('checkProposal')).toHaveLength(0);
    bench.propose(first);
    expect(bench.all('checkProposal').map(({ block }) => block)).toEqual([first]);
    bench.approve(first);
    expect(bench.all('checkProposal').map(({ block, ancestors }) => [block, ancestors])).toEqual([
      [second, [first]],
    ]);
  });

  it('waits at executed + L (PBFT-ORDER-2)', () => {
    const bench = new ReplicaBench();
    for (const block of [first, second, third]) bench.propose(block);
    for (const block of [first, second]) bench.approve(block);
    expect(bench.replica.view().acceptedHeight).toBe(2);
    expect(bench.all('checkProposal')).toHaveLength(0);
  });

  it('never votes for what the check refused (PBFT-PROPOSE-4)', () => {
    const bench = new ReplicaBench();
    bench.propose(first);
    bench.input({ type: 'proposalChecked', blockHash: first.hash, valid: false, reason: 'no' });
    expect(bench.all('trace').map(({ kind }) => kind)).toEqual(['proposalRefused', 'suspected']);
    bench.propose(first);
    expect(bench.effects.filter(({ type }) => type !== 'trace')).toHaveLength(0);
  });

  it('refuses a proposal that claims another view of origin or another proposer (PBFT-PROPOSE-3)', () => {
    const bench = new ReplicaBench();
    bench.propose(testBlock(1, GENESIS_HASH, 0, 0, { proposer: 2 }));
    expect(bench.all('checkProposal')).toHaveLength(0);
    expect(bench.all('trace').map(({ kind }) => kind)).toEqual(['proposalRefused', 'suspected']);
  });
});

describe('committing', () => {
  it('takes a quorum of COMMITs of any view (PBFT-COMMIT-1)', () => {
    const bench = acceptedFirst();
    for (const signer of [0, 2, 3]) bench.vote(signer, 'commit', first, 5);
    expect(bench.all('execute').map(({ certificate }) => certificate.view)).toEqual([5]);
  });

  it('holds what is certified beyond executed + L until execution has come near (PBFT-COMMIT-3)', () => {
    const bench = new ReplicaBench();
    for (const block of [third, second, first]) {
      bench.synced(block);
    }
    expect(bench.all('execute').map(({ block }) => block.header.height)).toEqual([1, 2]);
    bench.executed(1);
    expect(bench.all('execute').map(({ block }) => block.header.height)).toEqual([3]);
  });

  it('leaves a chain that was accepted beside the committed one', () => {
    const bench = acceptedFirst();
    const other = testBlock(1, GENESIS_HASH, 7);
    bench.synced(other);
    const { acceptedHeight, committedHash } = bench.replica.view();
    expect([acceptedHeight, committedHash]).toEqual([1, other.hash]);
    const child = testBlock(2, other.hash);
    bench.propose(child);
    expect(bench.all('checkProposal').map(({ block }) => block)).toEqual([child]);
  });

  it('halts for good when two certificates cannot both be (PBFT-COMMIT-4)', () => {
    const bench = new ReplicaBench();
    bench.synced(first);
    bench.decide(testBlock(1, GENESIS_HASH, 7));
    expect(bench.all('halt').map(({ reason }) => reason)).toEqual(['CONFLICTING_COMMIT_CERTIFICATE']);
    expect(bench.tick(1_000)).toEqual([]);
  });

  it('executes at start what the journal has and the database has not, without a new record', () => {
    const bench = new ReplicaBench(
      {},
      { journal: [{ type: 'committed', block: first, certificate: certificateOf('commit', first) }] },
    );
    expect(bench.all('execute').map(({ block }) => block)).toEqual([first]);
    expect(bench.all('append')).toHaveLength(0);
  });
});

describe('bodies and catching up', () => {
  it('asks the voters for a missing body in turn, and takes only what it asked for (PBFT-FETCH-1)', () => {
    const bench = new ReplicaBench();
    bench.message(2, { type: 'blockReply', block: first });
    bench.decide(first);
    expect(bench.all('send').map(({ to, message }) => [to, message.type])).toEqual([[0, 'fetchBlock']]);
    bench.tick(100);
    expect(bench.sent().filter(({ type }) => type === 'fetchBlock')).toHaveLength(0);
    bench.tick(100);
    expect(bench.all('send').find(({ message }) => message.type === 'fetchBlock')?.to).toBe(2);
    bench.message(2, { type: 'blockReply', block: first });
    expect(bench.replica.view().committedHeight).toBe(1);
  });

  it('serves bodies within a budget (PBFT-FETCH-3)', () => {
    const bench = acceptedFirst();
    const serve = (): number =>
      bench.message(2, { type: 'fetchBlock', blockHash: first.hash }).filter(({ type }) => type === 'send')
        .length;
    const served = Array.from({ length: 10 }, serve);
    expect(served.reduce((sum, count) => sum + count)).toBe(6);
    bench.tick(400);
    expect(serve()).toBe(1);
  });

  it('catches up to a proven head beyond the window once, and again when nothing moves (PBFT-SYNC-1)', () => {
    const bench = new ReplicaBench();
    const far = chain[14]!;
    bench.decide(far, 3);
    expect(bench.all('catchUp')).toEqual([{ type: 'catchUp', fromHeight: 1, provenHeight: 15, peer: 3 }]);
    bench.decide(chain[15]!, 2);
    expect(bench.all('catchUp')).toHaveLength(0);
    bench.tick(1_600);
    expect(bench.all('catchUp').map(({ provenHeight }) => provenHeight)).toEqual([16]);
  });

  it('does not believe a claimed height', () => {
    const bench = new ReplicaBench();
    const status = statusOf(bench);
    bench.tick(400);
    bench.message(2, { ...status, committedHeight: 1_000_000, executedHeight: 1_000_000 });
    expect(bench.all('catchUp')).toHaveLength(0);
  });
});

describe('retransmission', () => {
  it('answers a Status with what the peer lacks, when that is old enough (PBFT-STATUS-2, PBFT-STATUS-3)', () => {
    const bench = acceptedFirst();
    const status = { ...statusOf(new ReplicaBench({ self: 2 })), standing: 'voting' } as const;
    bench.message(2, status);
    expect(bench.sent()).toHaveLength(0);
    bench.tick(100);
    bench.message(2, status);
    expect(bench.sent().map(({ type }) => type)).toEqual(['vote']);
    bench.message(2, status);
    expect(bench.sent()).toHaveLength(0);
    bench.tick(100);
    bench.message(2, { ...status, prepareVotes: [[false, true, false, false]] });
    expect(bench.sent()).toHaveLength(0);
  });

  it('sends Status periodically, and soon after a change', () => {
    const bench = new ReplicaBench();
    // It has woken since its first Status.
    expect(bench.tick(60).filter(({ type }) => type === 'send')).toHaveLength(1);
    expect(bench.tick(60).filter(({ type }) => type === 'send')).toHaveLength(0);
    bench.propose(first);
    bench.approve(first);
    expect(bench.sent().map(({ type }) => type)).toEqual(['status']);
    bench.tick(30);
    bench.vote(0, 'prepare', first);
    expect(bench.sent()).toHaveLength(0);
    bench.tick(310);
    expect(statusOf(bench)).toMatchObject({ acceptedHeight: 1, prepareVotes: [[true, false, false, false]] });
  });

  it('tells a peer that has just connected where it stands', () => {
    const bench = new ReplicaBench();
    bench.input({ type: 'peer', index: 3, connected: true });
    expect(bench.all('send').map(({ to, message }) => [to, message.type])).toEqual([[3, 'status']]);
  });
});

describe('countersigning', () => {
  function executedFirst(root = testRoot(1)): ReplicaBench {
    const bench = new ReplicaBench();
    bench.synced(first);
    bench.executed(1, root);
    return bench;
  }

  it('journals, signs and certifies an executed height (PBFT-CHECKPOINT-1, PBFT-CHECKPOINT-2)', () => {
    const bench = executedFirst();
    expect(bench.all('append').map(({ record }) => record)).toEqual([
      { type: 'checkpointSigned', height: 1, root: testRoot(1) },
    ]);
    bench.sign();
    bench.message(0, lineOf(0, 1));
    bench.message(0, lineOf(0, 1));
    expect(bench.replica.view().certifiedHeight).toBe(0);
    bench.message(2, lineOf(2, 1));
    expect(bench.all('checkpointCertified').map(({ certificate }) => certificate.height)).toEqual([1]);
  });

  it('does not sign a height that is certified already', () => {
    const bench = new ReplicaBench();
    bench.message(0, certifiedOf(1));
    expect(bench.all('checkpointCertified')).toHaveLength(0);
    bench.synced(first);
    bench.executed(1);
    expect(bench.all('sign')).toHaveLength(0);
    expect(bench.all('checkpointCertified')).toHaveLength(1);
  });

  it('is quarantined when its result is not the certified one, and then neither votes nor executes (PBFT-CHECKPOINT-5)', () => {
    const bench = executedFirst(testRoot(1, 9));
    for (const signer of [0, 2, 3]) bench.message(signer, lineOf(signer, 1));
    expect(bench.all('quarantine')).toEqual([
      { type: 'quarantine', height: 1, ownRoot: testRoot(1, 9), certifiedRoot: testRoot(1) },
    ]);
    bench.synced(second);
    expect(bench.all('execute')).toHaveLength(0);
    bench.propose(second);
    expect(bench.all('checkProposal')).toHaveLength(0);
  });

  it('is quarantined when its node finds the own state to be wrong (PBFT-CHECKPOINT-6)', () => {
    const bench = new ReplicaBench();
    bench.input({ type: 'stateDamaged' });
    bench.propose(first);
    bench.synced(first);
    expect(bench.all('checkProposal')).toHaveLength(0);
    expect(bench.all('execute')).toHaveLength(0);
    expect(bench.all('quarantine')).toHaveLength(0);
    expect(bench.replica.view().standing).toBe('quarantined');
  });

  it('is quarantined when it would have to sign a second root for a height', () => {
    const bench = new ReplicaBench(
      {},
      {
        journal: [
          { type: 'committed', block: first, certificate: certificateOf('commit', first) },
          { type: 'checkpointSigned', height: 1, root: testRoot(1) },
        ],
      },
    );
    bench.executed(1, testRoot(1, 9));
    expect(bench.all('quarantine').map(({ height }) => height)).toEqual([1]);
    expect(bench.all('sign')).toHaveLength(0);
  });

  it('signs journalled lines again after a restart (PBFT-CHECKPOINT-3)', () => {
    const bench = new ReplicaBench(
      {},
      {
        executedHeight: 2,
        executedBlockHash: second.hash,
        executedRoot: testRoot(2),
        journal: [{ type: 'checkpointSigned', height: 1, root: testRoot(1) }],
      },
    );
    const signed = bench.all('sign').map(({ request }) => request);
    expect(signed).toEqual([
      { type: 'checkpoint', epoch: 0, height: 1, root: testRoot(1) },
      { type: 'checkpoint', epoch: 0, height: 2, root: testRoot(2) },
    ]);
    expect(bench.all('append').map(({ record }) => record)).toEqual([
      { type: 'checkpointSigned', height: 2, root: testRoot(2) },
    ]);
  });
});
