// Nodes that are drained, or of which too many are gone, and come back. Single nodes that crash are in chaos/crash.spec.ts.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startLoad, underLoad } from './load.js';
import { expectOneLedger } from './one-ledger.js';
import { eventually, startTestCluster, type TestCluster } from './test-cluster.js';

/** Nodes boot again on a machine that may be busy with three others. */
const LIMIT_MS = 300_000;

describe('nodes that come back', () => {
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

  it(
    'drain on SIGTERM with status 0, and continue where they were',
    async () => {
      const { cluster, nodes } = test;
      const { primary } = await nodes[0]!.client.status();
      const { organisation } = nodes.find((node) => node.organisation !== primary)!;
      await expect(cluster.stopNode(organisation)).resolves.toBe(0);
      const others = nodes.filter((node) => node.organisation !== organisation);
      const load = startLoad(others, cluster.genesis.chainId, { name: 'drained' });
      await underLoad(load, async () => {
        await load.more(20);
        await cluster.startNode(organisation);
      });
      await expectOneLedger(test, load.history);
    },
    LIMIT_MS,
  );

  it(
    'stop the ledger when two are gone, in words, and the ledger goes on when one is back',
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
      const load = startLoad(left, chainId, { name: 'two-gone' });
      await underLoad(load, async () => {
        await cluster.startNode(third!.organisation);
        await load.more(20);
        await cluster.startNode(fourth!.organisation);
      });
      const heights = load.history.entries.flatMap(({ answer }) =>
        answer.kind === 'acknowledged' ? [answer.height] : [],
      );
      expect(Math.min(...heights)).toBeGreaterThan(status.height);
      await expectOneLedger(test, load.history);
    },
    LIMIT_MS,
  );
});
