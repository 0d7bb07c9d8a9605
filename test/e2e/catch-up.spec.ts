// A node that was down for many blocks comes back under load, and dies again and again while it catches up.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLoad, underLoad } from './load.js';
import { expectOneLedger } from './one-ledger.js';
import { eventually, startTestCluster, type TestCluster } from './test-cluster.js';

/** Far more than messages bring, and several requests for each peer. */
const BLOCKS_BEHIND = 120;
const BLOCKS_BETWEEN_CRASHES = 25;
const LIMIT_MS = 300_000;

describe('a node that was down for many blocks', () => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster({ fsync: true });
  });
  afterAll(async () => {
    await test.close();
  });

  it(
    'catches up, and goes on where it was when it is killed in the middle',
    async () => {
      const { cluster, nodes } = test;
      const { primary } = await nodes[0]!.client.status();
      const [absent] = nodes.filter(({ organisation }) => organisation !== primary);
      const others = nodes.filter((node) => node !== absent);
      const { organisation, client } = absent!;
      const heightHere = async (): Promise<number> => (await client.status()).height;
      const heightThere = async (): Promise<number> => (await others[0]!.client.status()).height;
      await cluster.killNode(organisation);
      const load = startLoad(others, cluster.genesis.chainId, { name: 'absent' });
      await underLoad(load, async () => {
        const start = await heightThere();
        while ((await heightThere()) <= start + BLOCKS_BEHIND) await load.more(20);
        for (let crash = 0; crash < 2; crash++) {
          await cluster.startNode(organisation);
          const begun = await heightHere();
          const reached = await eventually('some blocks', async () => {
            const height = await heightHere();
            return height >= begun + BLOCKS_BETWEEN_CRASHES ? height : undefined;
          });
          await cluster.killNode(organisation);
          await cluster.startNode(organisation);
          // What was durable is still there.
          expect(await heightHere()).toBeGreaterThanOrEqual(reached);
          await cluster.killNode(organisation);
        }
        await cluster.startNode(organisation);
        await eventually('its return', async () => {
          const { standing, height, catchUp } = await client.status();
          return (
            (standing === 'voting' && catchUp === null && height > (await heightThere()) - 20) || undefined
          );
        });
      });
      await expectOneLedger(test, load.history);
    },
    LIMIT_MS,
  );
});
