import { afterEach, describe, expect, it } from '@jest/globals';
import { sampleTransaction } from '../../test/support/certified-blocks.js';
import { NodeCluster } from '../../test/support/node-cluster.js';
import { testGenesis, testGenesisDocument } from '../../test/support/signed-transactions.js';
import { encodeGenesis } from '../protocol/ledger/genesis.js';
import { verifyReceipt } from '../protocol/proof/verify-receipt.js';

const genesis = testGenesis();
let cluster: NodeCluster;

async function startAll(): Promise<NodeCluster> {
  cluster = await NodeCluster.start(genesis);
  return cluster;
}

afterEach(() => {
  cluster.stop();
});

describe('Node', () => {
  it('brings a transaction of one organisation onto the ledger of all, and its receipt is valid', async () => {
    const { members, clock } = await startAll();
    const transaction = sampleTransaction(genesis, 'a');
    const { node } = members[2]!;
    await expect(node.submission.submit(transaction)).resolves.toMatchObject({ kind: 'pending' });
    const outcome = node.submission.awaitOutcome(transaction.id, 'receipt', 10_000);
    await clock.advance(2_000);
    await expect(outcome).resolves.toMatchObject({ status: 'COMMITTED', height: 1 });
    const receipt = await node.receipts.build(transaction.id);
    if (!(receipt instanceof Uint8Array)) throw new Error(`no receipt: ${String(receipt)}`);
    expect(verifyReceipt(receipt, encodeGenesis(testGenesisDocument()))).toMatchObject({ ok: true });
    expect(cluster.heights()).toEqual([1, 1, 1, 1]);
    expect(cluster.complaints()).toEqual([]);
    expect(node.status.read()).toMatchObject({
      certifiedHeight: 1,
      health: { state: 'ready' },
      cause: 'idle: no transaction is waiting',
    });
  });

  it('fetches what it missed once the others are reachable again', async () => {
    const { hub, members, clock } = await startAll();
    hub.down.add(3);
    for (let round = 1; round <= 30; round++) {
      await members[0]!.node.submission.submit(sampleTransaction(genesis, `t${round}`));
      await clock.advance(60);
    }
    const [height] = cluster.heights();
    expect([height! > 24, cluster.heights()[3]]).toEqual([true, 0]);
    hub.down.delete(3);
    await clock.advance(20_000);
    expect(cluster.heights()).toEqual([height, height, height, height]);
    expect(cluster.complaints()).toEqual([]);
  });

  it('gets over a database that is away for a while, at a voter and at the primary', async () => {
    const { members, clock } = await startAll();
    for (const [round, index] of [1, 0].entries()) {
      const { store, node } = members[index]!;
      const transaction = sampleTransaction(genesis, `t${round}`);
      await members[2]!.node.submission.submit(transaction);
      store.setAvailable(false);
      await clock.advance(1_000);
      expect(node.status.readiness()).toMatchObject({ ready: false, cause: 'databaseUnavailable' });
      store.setAvailable(true);
      await clock.advance(5_000);
      expect(node.status.readiness()).toEqual({ ready: true });
      expect(cluster.heights()).toEqual(Array.from({ length: 4 }, () => round + 1));
    }
  });

  it('names whose votes are missing and who is silent, and takes it back when they speak again', async () => {
    const { hub, members, clock } = await startAll();
    await clock.advance(1_000);
    hub.down.add(2);
    hub.down.add(3);
    await members[0]!.node.submission.submit(sampleTransaction(genesis, 'a'));
    await clock.advance(1_500);
    const cause = (index: number): string => members[index]!.node.status.read().cause;
    const missing =
      /^no progress: height 1 has 2 of 3 PREPAREs here, in flight since \S+: missing from initech/;
    expect([cause(0), cause(1)]).toEqual([expect.stringMatching(missing), expect.stringMatching(missing)]);
    await clock.advance(5_000);
    expect(cause(0)).toMatch(/initech \(silent since \S+\) and umbrella \(silent since .*acme and globex$/);
    expect(cause(3)).toMatch(/^no progress: the primary acme is reachable and silent since /);
    hub.down.clear();
    await clock.advance(40_000);
    expect(members.map((_, index) => cause(index))).toEqual(
      members.map(() => 'idle: no transaction is waiting'),
    );
  });

  it('takes nothing and votes for nothing while its journal waits for room, and goes on by itself', async () => {
    cluster = await NodeCluster.start(genesis, {}, 8_192);
    const { members, clock } = cluster;
    let submitted = 0;
    const submitAnother = (): Promise<unknown> =>
      members[2]!.node.submission.submit(sampleTransaction(genesis, `t${submitted++}`));
    for (const index of [1, 0]) {
      const { node } = members[index]!;
      cluster.setRoom(index, false);
      while (node.status.readiness().ready) {
        await submitAnother();
        await clock.advance(200);
        expect(submitted).toBeLessThan(60);
      }
      const height = cluster.heights()[index]!;
      await submitAnother();
      await clock.advance(1_000);
      const detail = expect.stringMatching(/the disk of the vote journal is full/);
      expect(node.status.readiness()).toEqual({ ready: false, cause: 'journalStalled', detail });
      expect(node.status.read().cause).toEqual(detail);
      expect(cluster.heights()[index]).toBeLessThanOrEqual(height + 1);
      cluster.setRoom(index, true);
      await clock.advance(20_000);
      expect(node.status.readiness()).toEqual({ ready: true });
      expect(new Set(cluster.heights()).size).toBe(1);
    }
    expect(cluster.members.map(({ store }) => store.committedTransactions().length)).toEqual(
      cluster.members.map(() => submitted),
    );
    expect(cluster.complaints()).toEqual([]);
  });

  it('expires at every organisation what no block included in time', async () => {
    const { hub, members, clock } = await startAll();
    const late = sampleTransaction(genesis, 'late', { validUntilHeight: 1 });
    hub.down.add(3);
    await members[3]!.node.submission.submit(late);
    await members[0]!.node.submission.submit(sampleTransaction(genesis, 'a'));
    await clock.advance(1_000);
    hub.down.delete(3);
    await clock.advance(20_000);
    await expect(members[3]!.node.submission.findStatus(late.id)).resolves.toEqual({
      id: late.id,
      status: 'EXPIRED',
    });
    expect(members.map(({ node }) => node.status.read().mempool.transactions)).toEqual([0, 0, 0, 0]);
  });

  it('refuses by name what it has no room for, leaves room for the others, and commits all that it took', async () => {
    const mempool = {
      transactionsMax: 40,
      bytesMax: 1_000_000,
      organisationTransactionsMax: 30,
      organisationBytesMax: 1_000_000,
    };
    cluster = await NodeCluster.start(genesis, { mempool });
    const { members, clock } = cluster;
    const { submission, status } = members[1]!.node;
    const flood = Array.from({ length: 10 * mempool.transactionsMax }, (_, index) =>
      sampleTransaction(genesis, `t${index}`),
    );
    const answers = await submission.submitBatch(flood);
    const taken = flood.filter((_, index) => answers[index]!.kind === 'pending');
    const refusals = answers.flatMap((answer) => (answer.kind === 'rejected' ? [answer.rejection.code] : []));
    expect([taken.length, status.read().mempool.transactions]).toEqual([25, 25]);
    expect([refusals.length, ...new Set(refusals)]).toEqual([flood.length - taken.length, 'MEMPOOL_FULL']);
    const other = sampleTransaction(genesis, 'other', { signer: 'globex/submitter' });
    await expect(submission.submit(other)).resolves.toMatchObject({ kind: 'pending' });
    await clock.advance(5_000);
    for (const { store } of members) {
      expect([...store.committedTransactions()].sort()).toEqual([...taken, other].map(({ id }) => id).sort());
    }
    await expect(submission.submit(flood.at(-1)!)).resolves.toMatchObject({ kind: 'pending' });
  });

  it('tells once that it cannot go on, and answers who waits', async () => {
    const { members, clock } = await startAll();
    const { node, store, fatal } = members[1]!;
    const transaction = sampleTransaction(genesis, 'a');
    await node.submission.submit(transaction);
    const outcome = node.submission.awaitOutcome(transaction.id, 'commit', 60_000);
    store.commitBlocks = () => Promise.reject(new Error('the table is gone'));
    await clock.advance(5_000);
    expect(fatal).toEqual([new Error('the table is gone')]);
    await expect(outcome).resolves.toMatchObject({ status: 'PENDING' });
  });
});
