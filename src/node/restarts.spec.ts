import { afterEach, describe, expect, it } from '@jest/globals';
import { sampleTransaction } from '../../test/support/certified-blocks.js';
import { NodeCluster } from '../../test/support/node-cluster.js';
import { testGenesis } from '../../test/support/signed-transactions.js';
import type { Transaction } from '../protocol/ledger/transaction.js';
import type { PeerMessage } from './ports.js';

const TRANSACTIONS = 500;
const genesis = testGenesis({ pipelineDepth: 4, blockTransactionsMax: 20 });
let cluster: NodeCluster;

afterEach(() => {
  cluster.stop();
});

function transactions(count: number): readonly Transaction[] {
  return Array.from({ length: count }, (_, index) => sampleTransaction(genesis, `t${index}`));
}

async function submit(index: number, some: readonly Transaction[]): Promise<void> {
  for (const transaction of some) await cluster.member(index).node.submission.submit(transaction);
}

/** The votes of view 0 above a height, of either kind. */
function firstVotesAbove(limits: { readonly prepare: number; readonly commit: number }) {
  return (message: PeerMessage): boolean =>
    message.type === 'vote' &&
    message.view === 0 &&
    message.height > (message.kind === 'prepare' ? limits.prepare : limits.commit);
}

const idsOf = (index: number): readonly string[] => cluster.member(index).store.committedTransactions();

const stagesOf = (index: number): readonly string[] =>
  cluster
    .member(index)
    .node.status.read()
    .inFlight.map(({ height, stage }) => `${height} ${stage}`);

describe('a primary that is lost', () => {
  it('takes nothing with it: 500 transactions are committed, each once, whoever took them and however far they had come', async () => {
    cluster = await NodeCluster.start(genesis);
    const { clock, hub } = cluster;
    const all = transactions(TRANSACTIONS);
    // Everybody has everything before the first proposal arrives.
    hub.loses = ({ type }) => type === 'prePrepare';
    await submit(0, all.slice(0, 250));
    await submit(2, all.slice(250));
    await clock.advance(50);
    expect(cluster.members.map(({ node }) => node.status.read().mempool.transactions)).toEqual(
      cluster.members.map(() => TRANSACTIONS),
    );
    // Blocks 1 to 5 become final, 6 and 7 are prepared, 8 and 9 are only accepted, and the others wait. That is all that view 0
    // comes to: view 1 begins with 6 and 7, and what was in 8 and 9 waits again.
    hub.loses = firstVotesAbove({ prepare: 7, commit: 5 });
    await clock.advance(1_500);
    expect(cluster.heights()).toEqual([5, 5, 5, 5]);
    expect(stagesOf(1)).toEqual(['6 prepared', '7 prepared', '8 accepted', '9 accepted']);
    expect(idsOf(1).length).toBeLessThan(TRANSACTIONS / 2);

    cluster.kill(0);
    await clock.advance(30_000);
    for (const index of [1, 2, 3]) {
      expect([...idsOf(index)].sort()).toEqual(all.map(({ id }) => id).sort());
      expect(idsOf(index)).toEqual(idsOf(1));
    }

    await cluster.restart(0);
    await clock.advance(10_000);
    expect(idsOf(0)).toEqual(idsOf(1));
    expect(cluster.complaints()).toEqual([]);
  });
});

describe('a block that is prepared and not final', () => {
  it('leaves no trace in any database, and is committed after all nodes were killed and started again', async () => {
    cluster = await NodeCluster.start(genesis);
    const { clock, hub, members } = cluster;
    const before = members.map(({ store }) => store.contents());
    const all = transactions(10);
    hub.loses = firstVotesAbove({ prepare: Infinity, commit: 0 });
    await submit(1, all);
    await clock.advance(500);
    for (const index of members.keys()) {
      expect(stagesOf(index)[0]).toBe('1 prepared');
      await expect(members[index]!.node.submission.findStatus(all[0]!.id)).resolves.toEqual({
        id: all[0]!.id,
        status: 'PENDING',
      });
    }
    expect(members.map(({ store }) => store.contents())).toEqual(before);

    for (const index of members.keys()) cluster.kill(index);
    expect(members.map(({ store }) => store.contents())).toEqual(before);
    hub.loses = () => false;
    for (const index of members.keys()) await cluster.restart(index);
    await clock.advance(10_000);
    expect(idsOf(0)).toContain(all[0]!.id);
    expect(new Set(idsOf(0)).size).toBe(idsOf(0).length);
    expect(new Set(members.map(({ store }) => store.contents())).size).toBe(1);
    expect(cluster.complaints()).toEqual([]);
  });
});

describe('a node that is restarted', () => {
  it('stands where it stood, and is as good as before: the next blocks need its vote', async () => {
    cluster = await NodeCluster.start(genesis);
    const { clock, members } = cluster;
    const all = transactions(40);
    // In view 1, so that the view is something to remember; node 1 is its primary.
    cluster.kill(0);
    await submit(2, all.slice(0, 1));
    await clock.advance(10_000);
    await cluster.restart(0);
    for (const [index, transaction] of all.slice(1, 30).entries()) {
      await submit(index % 4, [transaction]);
      await clock.advance(50);
    }
    const { store, node } = members[1]!;
    const stand = () => {
      const { standing, height, certifiedHeight, epoch, view, phase, inFlight } =
        members[1]!.node.status.read();
      return { standing, height, certifiedHeight, epoch, view, phase, inFlight };
    };
    const [before, contents] = [stand(), store.contents()];
    expect(before).toMatchObject({ view: 1, phase: 'active', standing: 'voting' });
    expect(before.height).toBeGreaterThan(10);
    cluster.kill(1);
    await cluster.restart(1);
    await clock.advance(500);
    expect(members[1]!.node).not.toBe(node);
    expect([stand(), store.contents()]).toEqual([before, contents]);

    cluster.kill(3);
    await submit(1, all);
    await clock.advance(2_000);
    expect([...idsOf(1)].sort()).toEqual(all.map(({ id }) => id).sort());
    expect(idsOf(0)).toEqual(idsOf(1));
    expect(stand()).toMatchObject({ view: 1, phase: 'active', standing: 'voting' });
    expect(cluster.complaints()).toEqual([]);
  });
});
