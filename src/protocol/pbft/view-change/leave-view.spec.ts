import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  baseOf,
  changeOf,
  echoOf,
  GENESIS_BASE,
  GENESIS_HASH,
  messageContext,
  newViewOf,
  testBlock,
  testChain,
  timeoutOf,
  tipOf,
  viewChangeOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { Status } from '../message.js';
import { verifyMessage } from '../verify-message.js';

const [first, second, third] = testChain(3) as readonly [Block, Block, Block];

/** What the replica says of the view that it has left. */
function leftContent(bench: ReplicaBench) {
  const record = bench.journal.find(({ type }) => type === 'viewLeft');
  if (record?.type !== 'viewLeft') throw new Error('no view was left');
  return record.content;
}

/** A peer's Status: where this replica stood at the start, as somebody else. */
function statusIn(view: number, phase: Status['phase'], viewChanges = [false, false, false, false]): Status {
  const status = new ReplicaBench({ self: 2 }).sentOf('status')[0]!;
  return { ...status, view, phase, viewChanges };
}

describe('leaving a view', () => {
  it('is journalled before it is signed, and signed before it is sent (PBFT-VIEW-3)', () => {
    const bench = new ReplicaBench();
    const types = bench.leave().map(({ type }) => type);
    expect(types.indexOf('append')).toBeGreaterThanOrEqual(0);
    expect(types.lastIndexOf('sign')).toBeGreaterThan(types.indexOf('append'));
    expect(bench.sentOf('viewChange')).toEqual([]);
    const [request] = bench.all('sign').filter(({ request: { type } }) => type === 'viewChange');
    bench.signed(request!.request);
    expect(bench.sentOf('viewChange')).toEqual([
      { type: 'viewChange', timeout: timeoutOf(0, [0, 2, 3]), change: changeOf(1, 1) },
    ]);
  });

  it('tells of the highest commit and of the tip above it, with the headers between', () => {
    const bench = new ReplicaBench();
    bench.synced(first);
    bench.executed(1);
    bench.prepare(second);
    bench.prepare(third);
    bench.leave();
    expect(leftContent(bench)).toMatchObject({
      base: { height: 1, blockHash: first.hash },
      tips: [{ view: 0, height: 3, blockHash: third.hash }],
    });
    expect(leftContent(bench).tips[0]!.headers.map(({ hash }) => hash)).toEqual([second.hash, third.hash]);
    bench.sign();
    const [message] = bench.sentOf('viewChange');
    expect(verifyMessage(message!, 1, messageContext).ok).toBe(true);
  });

  it('tells of what is prepared, not of what is merely accepted', () => {
    const bench = new ReplicaBench();
    bench.accept(first);
    bench.leave();
    expect(leftContent(bench)).toMatchObject({ base: GENESIS_BASE, tips: [] });
  });

  it('leaves out a tip that lies beside the committed chain (PBFT-VIEW-3)', () => {
    const bench = new ReplicaBench();
    bench.prepare(first);
    bench.prepare(second);
    const other = testBlock(1, GENESIS_HASH, 7);
    bench.synced(other, 1);
    bench.leave();
    expect(leftContent(bench)).toMatchObject({ base: { height: 1, blockHash: other.hash }, tips: [] });
  });

  it('ends voting: neither a new proposal nor a signature that is on its way leads to a vote', () => {
    const bench = new ReplicaBench();
    bench.propose(first);
    bench.approve(first);
    const [prepare] = bench.all('sign');
    bench.leave();
    bench.signed(prepare!.request);
    expect(bench.sent()).toEqual([]);
    bench.propose(second);
    bench.approve(second);
    expect([bench.signing(), bench.replica.view().acceptedHeight]).toEqual([[], 0]);
  });

  it('leaves the ear open: a commit is learnt while the view is changing (PBFT-COMMIT-1)', () => {
    const bench = new ReplicaBench();
    bench.prepare(first);
    bench.leave();
    for (const signer of [0, 2, 3]) bench.vote(signer, 'commit', first);
    expect(bench.all('execute').map(({ block }) => block.hash)).toEqual([first.hash]);
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'changing', committedHeight: 1 });
  });

  it('happens once for a view: another proof that it has ended changes nothing', () => {
    const bench = new ReplicaBench();
    bench.leave();
    const before = bench.replica.report();
    bench.message(3, { ...viewChangeOf(changeOf(3, 1)), timeout: timeoutOf(0, [1, 2, 3]) });
    expect(bench.journal.filter(({ type }) => type === 'viewLeft')).toHaveLength(1);
    expect(bench.replica.report()).toEqual({ ...before, viewChanges: [false, false, false, true] });
  });
});

describe('a view change of somebody else', () => {
  it('takes along whoever receives it, by the certificate inside (PBFT-VIEW-2)', () => {
    const bench = new ReplicaBench();
    bench.message(3, viewChangeOf(changeOf(3, 4)));
    expect(bench.replica.view()).toMatchObject({ view: 4, phase: 'changing' });
    expect(bench.journal).toMatchObject([{ type: 'viewLeft', timeout: timeoutOf(3), content: { view: 4 } }]);
  });

  it('takes nobody along without one', () => {
    const bench = new ReplicaBench();
    const before = bench.replica.report();
    const message = viewChangeOf(changeOf(3, 1));
    const forged = [
      [{ ...message, timeout: timeoutOf(0, [0, 2]) }, 'bad timeout certificate'],
      [{ ...message, timeout: timeoutOf(1) }, 'certificate of another view'],
      [{ ...message, timeout: { ...timeoutOf(1), view: 0 } }, 'bad timeout certificate'],
    ] as const;
    for (const [forgery, reason] of forged) {
      expect(bench.receive(3, forgery)).toBe(`refused: viewChange: ${reason}`);
    }
    expect([bench.replica.report(), bench.journal]).toEqual([before, []]);
  });

  it('shows a commit like any other message (PBFT-COMMIT-2)', () => {
    const bench = new ReplicaBench();
    bench.propose(first);
    bench.message(3, viewChangeOf(changeOf(3, 1, { base: baseOf(first) })));
    expect(bench.replica.view().committedHeight).toBe(0);
    expect(bench.sentOf('fetchBlock').map(({ blockHash }) => blockHash)).toEqual([first.hash]);
    bench.message(0, { type: 'blockReply', block: first });
    expect(bench.replica.view().committedHeight).toBe(1);
  });

  it('is kept for its view alone, the newest of each signer', () => {
    const bench = new ReplicaBench();
    bench.message(2, viewChangeOf(changeOf(2, 1)));
    expect(bench.replica.report().viewChanges).toEqual([false, false, true, false]);
    bench.message(3, viewChangeOf(changeOf(3, 2)));
    expect(bench.replica.report().viewChanges).toEqual([false, false, false, true]);
    expect(bench.receive(2, viewChangeOf(changeOf(2, 1)))).toBe('unwanted');
    expect(bench.state.viewState.changes.size).toBe(1);
  });
});

describe('a body that this replica has voted for', () => {
  const [alone, other] = [new ReplicaBench(), new ReplicaBench({ self: 2 })];

  it('is served when the view has ended, for its PREPARE has said that it is here (PBFT-FETCH-2)', () => {
    // The primary keeps its own PREPARE back: it has a certificate, and nobody else has. Then it is silent.
    for (const bench of [alone, other]) bench.accept(first);
    for (const bench of [alone, other]) bench.leave();
    expect([alone.replica.view().tips, other.replica.view().tips]).toEqual([[], []]);
    const changes = [changeOf(0, 1, { tips: [tipOf([first])] }), changeOf(1, 1), changeOf(2, 1)];
    const latecomer = new ReplicaBench({ self: 3 });
    latecomer.message(1, newViewOf(changes));
    latecomer.tick(testConfig.fetchRetryMs);
    const asked = latecomer.all('send').find(({ message }) => message.type === 'fetchBlock');
    expect(asked?.to).toBe(1);
    alone.message(3, asked!.message);
    expect(alone.sentOf('blockReply')).toEqual([{ type: 'blockReply', block: first }]);
    other.message(1, newViewOf(changes));
    expect(other.all('checkProposal').map(({ block }) => block)).toEqual([first]);
  });

  it('is kept through further views and a restart, until its height is committed', () => {
    const bench = new ReplicaBench();
    bench.accept(first);
    for (const view of [0, 1, 2]) bench.leave(view);
    const again = new ReplicaBench({}, { journal: bench.journal });
    for (const holder of [bench, again]) {
      holder.message(3, { type: 'fetchBlock', blockHash: first.hash });
      expect(holder.sentOf('blockReply')).toHaveLength(1);
      holder.synced(testBlock(1, GENESIS_HASH, 7));
      expect([...holder.state.bodies.keys()]).toEqual([]);
    }
  });

  it('makes room for newer ones when there are too many', () => {
    const { pipelineDepth } = testConfig;
    const bodiesMax = 4 * pipelineDepth + pipelineDepth ** 2;
    const bench = new ReplicaBench({ self: undefined });
    const blocks = Array.from({ length: bodiesMax + 5 }, (_, salt) => testBlock(1, GENESIS_HASH, salt));
    for (const block of blocks) bench.state.bodies.set(block.hash, block);
    bench.leave();
    expect([...bench.state.bodies.keys()]).toEqual(blocks.slice(-bodiesMax).map(({ hash }) => hash));
  });
});

describe('a replica that is waking', () => {
  it('leaves with the others, and says what it has to say when it is awake (PBFT-RECOVER-3)', () => {
    const bench = new ReplicaBench({}, {}, { wakes: false });
    bench.leave();
    expect([bench.replica.view().phase, bench.signing(), bench.journal]).toEqual(['changing', [], []]);
    bench.message(0, echoOf());
    expect(bench.signing()).toEqual([]);
    bench.message(2, echoOf());
    expect(bench.signing()).toEqual(['viewChange']);
    expect(bench.journal.map(({ type }) => type)).toEqual(['viewLeft']);
  });

  it('says of a view that it had left before word for word what it said then (PBFT-VIEW-4)', () => {
    const before = new ReplicaBench();
    before.prepare(first);
    before.leave();
    before.sign();
    const [said] = before.sentOf('viewChange');
    const after = new ReplicaBench({}, { journal: before.journal });
    after.sign();
    expect(after.sentOf('viewChange')).toEqual([said]);
    expect(after.journal).toEqual([]);
    expect(said?.change.tips).toEqual(
      [tipOf([first])].map((tip) => ({ ...tip, certificate: expect.anything() })),
    );
  });
});

describe('the own view change', () => {
  const { statusIntervalMs } = testConfig;

  function changing(): ReplicaBench {
    const bench = new ReplicaBench();
    bench.leave();
    bench.sign();
    bench.tick(statusIntervalMs);
    return bench;
  }

  it('is sent again to a peer that is behind or lacks it, and to no other (PBFT-STATUS-8)', () => {
    const lacking = [
      [statusIn(0, 'active'), 1],
      [statusIn(1, 'changing'), 1],
      [statusIn(1, 'changing', [false, true, false, false]), 0],
      [statusIn(1, 'active'), 0],
      [statusIn(2, 'changing'), 0],
    ] as const;
    for (const [status, count] of lacking) {
      const bench = changing();
      bench.message(2, status);
      expect(bench.sentOf('viewChange')).toHaveLength(count);
    }
  });

  it('takes the peer that gets it again along with it', () => {
    const bench = changing();
    bench.message(2, statusIn(0, 'active'));
    const peer = new ReplicaBench({ self: 2 });
    peer.message(1, bench.sentOf('viewChange')[0]!);
    expect(peer.replica.view()).toMatchObject({ view: 1, phase: 'changing' });
  });

  it('does not count when a peer sends it back (PBFT-FILTER-2)', () => {
    const bench = new ReplicaBench();
    bench.leave();
    expect(bench.receive(3, viewChangeOf(changeOf(1, 1)))).toBe('unwanted');
    expect(bench.receive(3, voteOf(1, 'prepare', first))).toBe('unwanted');
    expect(bench.replica.report().viewChanges).toEqual([false, false, false, false]);
  });
});
