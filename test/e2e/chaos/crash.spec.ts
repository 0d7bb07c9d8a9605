// Nodes that die, or stop as if they had: the others go on, a primary is replaced, and who comes back holds the same ledger. Who
// was away for many blocks: test/e2e/catch-up.spec.ts.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';

const ROUNDS = 2;
const PAUSED_MS = 30_000;

describe('a node that fails under load', () => {
  let chaos: ChaosCluster;

  beforeAll(async () => {
    chaos = await ChaosCluster.start();
  });
  afterAll(async () => {
    await chaos.close();
  });
  beforeEach(async () => {
    for (const { organisation } of chaos.nodes) await chaos.cluster.startNode(organisation);
  });

  async function kill(organisation: string): Promise<void> {
    chaos.note(`kill ${organisation}`);
    await chaos.cluster.killNode(organisation);
  }

  async function start(organisation: string): Promise<void> {
    chaos.note(`start ${organisation}`);
    await chaos.cluster.startNode(organisation);
  }

  it(
    'is replaced as primary when it is killed, and so is the next one',
    async () => {
      await chaos.run('primary-killed', async (load) => {
        for (let round = 0; round < ROUNDS; round++) {
          await load.more(5 + 7 * round);
          const primary = await chaos.primary();
          await kill(primary);
          await load.more(10);
          expect(await chaos.primary(chaos.othersThan(primary))).not.toBe(primary);
          await start(primary);
        }
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'comes back to the same ledger, whoever it is and whenever it was killed',
    async () => {
      await chaos.run('anybody-killed', async (load) => {
        for (let round = 0; round < ROUNDS; round++) {
          await load.more(10);
          await pause(500 * Math.random());
          const { organisation } = chaos.nodes[Math.floor(chaos.nodes.length * Math.random())]!;
          await kill(organisation);
          await pause(500 * Math.random());
          await start(organisation);
        }
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'is replaced as primary while it is stopped for half a minute, and does no harm when it goes on',
    async () => {
      await chaos.run('primary-paused', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        const others = chaos.othersThan(primary);
        chaos.note(`pause ${primary}`);
        chaos.cluster.pauseNode(primary);
        await Promise.all([pause(PAUSED_MS), load.more(30)]);
        const { height } = await chaos.status(others[0]!);
        chaos.note(`resume ${primary}`);
        chaos.cluster.resumeNode(primary);
        await chaos.eventually('has caught up', primary, (status) => status.height >= height);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );
});
