// Kill -9 under load: the others go on, the killed one comes back to the same head, and nothing acknowledged is lost.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { expectNothingLost, startLoad } from './load.js';
import { eventually, startTestCluster, type TestCluster } from './test-cluster.js';

describe('a node that crashes under load', () => {
  let test: TestCluster;

  beforeAll(async () => {
    // Durable writes: a killed process keeps what the system has, and the test shall rest on nothing less than that.
    test = await startTestCluster({ fsync: true });
  });
  afterAll(async () => {
    await test.close();
  });

  async function organisationOf(role: 'primary' | 'backup'): Promise<string> {
    const { primary } = await test.nodes[0]!.client.status();
    if (role === 'primary') return primary;
    return test.nodes.find(({ organisation }) => organisation !== primary)!.organisation;
  }

  async function crashDuringLoad(name: string, organisation: string, rounds: number): Promise<void> {
    const { cluster, nodes } = test;
    const others = nodes.filter((node) => node.organisation !== organisation);
    const load = startLoad(others, cluster.genesis.chainId, name);
    for (let round = 0; round < rounds; round++) {
      // After a different number of commits in each round: the crash falls into another moment of a block's life.
      await load.more(5 + ((round * 7) % 11));
      await cluster.killNode(organisation);
      await load.more(20);
      await cluster.startNode(organisation);
    }
    await load.more(20);
    await load.stop();
    const agreement = await awaitAgreement(nodes, 120_000);
    expect(agreement.agree).toBe(true);
    expect(load.acknowledged.size).toBeGreaterThan(rounds * 25);
    await expectNothingLost(load, nodes);
  }

  it('comes back to the same head, a backup killed again and again', async () => {
    await crashDuringLoad('backup', await organisationOf('backup'), 5);
  });

  it('is replaced when it is the primary, and comes back', async () => {
    await crashDuringLoad('primary', await organisationOf('primary'), 2);
  });

  it('drains on SIGTERM with status 0, and continues where it was', async () => {
    const { cluster, nodes } = test;
    const [first] = nodes;
    await expect(cluster.stopNode(first!.organisation)).resolves.toBe(0);
    const load = startLoad(nodes.slice(1), cluster.genesis.chainId, 'drained');
    await load.more(20);
    await cluster.startNode(first!.organisation);
    await load.stop();
    expect((await awaitAgreement(nodes, 120_000)).agree).toBe(true);
    await expectNothingLost(load, nodes);
  });

  it('stops the ledger when two are gone, in words, and the ledger goes on when one is back', async () => {
    const { cluster, nodes } = test;
    const { chainId } = cluster.genesis;
    await cluster.killNode('initech');
    await cluster.killNode('umbrella');
    const status = await eventually('the loss of the quorum', async () => {
      const now = await nodes[0]!.client.status();
      return now.quorum.reachable === 2 ? now : undefined;
    });
    expect(status.cause).toMatch(/quorum|validators|reach/i);
    const { height } = status;
    const load = startLoad(nodes.slice(0, 2), chainId, 'two-gone', 2);
    await cluster.startNode('initech');
    await load.more(20);
    await cluster.startNode('umbrella');
    await load.stop();
    expect(Math.min(...load.acknowledged.values())).toBeGreaterThan(height);
    expect((await awaitAgreement(nodes, 120_000)).agree).toBe(true);
    await expectNothingLost(load, nodes);
  });
});
