// Kill -9 under load: the others go on, the killed one comes back to the same head, and nothing acknowledged is lost.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { expectNothingLost, startLoad, underLoad } from './load.js';
import { eventually, startTestCluster, type TestCluster } from './test-cluster.js';

/** Every round boots a node again, on a machine that may be busy with three others. */
const LIMIT_MS = 300_000;

describe('a node that crashes under load', () => {
  let test: TestCluster;

  beforeAll(async () => {
    // Durable writes: a killed process keeps what the system has, and the test shall rest on nothing less than that.
    test = await startTestCluster({ fsync: true });
  });
  afterAll(async () => {
    await test.close();
  });

  beforeEach(async () => {
    for (const { organisation } of test.nodes) await test.cluster.startNode(organisation);
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
    await underLoad(load, async () => {
      for (let round = 0; round < rounds; round++) {
        // After a different number of commits in each round: the crash falls into another moment of a block's life.
        await load.more(5 + ((round * 7) % 11));
        await cluster.killNode(organisation);
        await load.more(20);
        await cluster.startNode(organisation);
      }
      await load.more(20);
    });
    const agreement = await awaitAgreement(nodes, 120_000);
    expect(agreement.agree).toBe(true);
    expect(load.acknowledged.size).toBeGreaterThan(rounds * 25);
    await expectNothingLost(load, nodes);
  }

  it(
    'comes back to the same head, a backup killed again and again',
    async () => {
      await crashDuringLoad('backup', await organisationOf('backup'), 5);
    },
    LIMIT_MS,
  );

  it(
    'drains on SIGTERM with status 0, and continues where it was',
    async () => {
      const { cluster, nodes } = test;
      const organisation = await organisationOf('backup');
      await expect(cluster.stopNode(organisation)).resolves.toBe(0);
      const others = nodes.filter((node) => node.organisation !== organisation);
      const load = startLoad(others, cluster.genesis.chainId, 'drained');
      await underLoad(load, async () => {
        await load.more(20);
        await cluster.startNode(organisation);
      });
      expect((await awaitAgreement(nodes, 120_000)).agree).toBe(true);
      await expectNothingLost(load, nodes);
    },
    LIMIT_MS,
  );

  it(
    'stops the ledger when two are gone, in words, and the ledger goes on when one is back',
    async () => {
      const { cluster, nodes } = test;
      const { chainId } = cluster.genesis;
      const { primary } = await nodes[0]!.client.status();
      const [third, fourth] = nodes.filter(({ organisation }) => organisation !== primary).slice(1);
      const left = nodes.filter((node) => node !== third && node !== fourth);
      await cluster.killNode(third!.organisation);
      await cluster.killNode(fourth!.organisation);
      const status = await eventually('the loss of the quorum', async () => {
        const now = await left[0]!.client.status();
        return now.quorum.reachable === 2 ? now : undefined;
      });
      expect(status.cause).toMatch(/quorum|validators|reach/i);
      const load = startLoad(left, chainId, 'two-gone', 2);
      await underLoad(load, async () => {
        await cluster.startNode(third!.organisation);
        await load.more(20);
        await cluster.startNode(fourth!.organisation);
      });
      expect(Math.min(...load.acknowledged.values())).toBeGreaterThan(status.height);
      expect((await awaitAgreement(nodes, 120_000)).agree).toBe(true);
      await expectNothingLost(load, nodes);
    },
    LIMIT_MS,
  );
});
