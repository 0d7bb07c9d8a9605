// A primary that commits block after block and leaves one organisation out: nothing stands still, so only who watches sees it.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../test-cluster.js';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';
import { writeFaults } from './faulty/faults.js';
import { bundleFaultyProgram, type FaultyProgram } from './faulty/faulty-program.js';

/** Not the primary that the ledger begins with. */
const VICTIM = 'umbrella';

describe('a primary that leaves somebody out', () => {
  let chaos: ChaosCluster;
  let program: FaultyProgram;

  beforeAll(async () => {
    program = await bundleFaultyProgram();
    chaos = await ChaosCluster.start({
      // No turn ends by itself: whoever is replaced is replaced for what it did.
      settings: { consensus: { rotationBlocks: 0 } },
      own: () => ({ mainFile: program.mainFile }),
    });
  });
  afterAll(async () => {
    await chaos.close();
    program.remove();
  });

  it(
    'is replaced, though it commits everything else, and the next one includes what had to wait',
    async () => {
      await chaos.run('left-out', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        expect(primary).not.toBe(VICTIM);
        const { height, view } = await chaos.status(primary);
        writeFaults(chaos.cluster.node(primary).place.dataFolder, { leftOut: VICTIM });
        const others = chaos.othersThan(primary);
        const standings = () => Promise.all(others.map((other) => chaos.status(other)));
        const after = await eventually('another primary, for all the others', async () => {
          const statuses = await standings();
          return statuses.every((status) => status.primary !== primary) ? statuses : undefined;
        });
        for (const status of after) {
          expect(status.height).toBeGreaterThan(height + 10);
          expect(status.view).toBe(view + 1);
        }
        const victims = (): number =>
          chaos.history.entries.filter(
            ({ session, answer }) => session.includes(VICTIM) && answer.kind === 'acknowledged',
          ).length;
        const before = victims();
        await eventually('its transactions are committed again', async () =>
          victims() > before + 5 ? true : undefined,
        );
        for (const status of await standings()) {
          expect(status.view).toBe(view + 1);
        }
      });
    },
    CHAOS_LIMIT_MS,
  );
});
