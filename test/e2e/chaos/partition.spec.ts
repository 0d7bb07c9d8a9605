// Links that are cut, held, one-way, slow or unsteady: who has a quorum goes on, who has none says why, and when the links
// are whole again all hold the same ledger.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StatusResource } from '../../../src/sdk/index.js';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';

/** Longer than a view change takes: what has not moved then stands still. */
const STANDSTILL_MS = 5_000;
/** Beyond what the transport takes to find out by itself that a connection is dead. */
const HALF_OPEN_MS = 6_000;

const lacksQuorum = ({ quorum }: StatusResource): boolean => quorum.present < quorum.needed;

describe('four organisations whose network fails', () => {
  let chaos: ChaosCluster;

  beforeAll(async () => {
    chaos = await ChaosCluster.start();
  });
  afterAll(async () => {
    await chaos.close();
  });

  it(
    'stand still when two are cut from two, say whom they miss, and go on when the cut is healed',
    async () => {
      await chaos.run('two-and-two', async (load) => {
        await load.more(10);
        const half = chaos.nodes.slice(0, 2).map(({ organisation }) => organisation);
        const other = chaos.othersThan(...half);
        chaos.links.cut(chaos.links.around(half));
        for (const [side, far] of [
          [half, other],
          [other, half],
        ] as const) {
          for (const organisation of side) {
            const { cause, quorum } = await chaos.eventually('misses two', organisation, lacksQuorum);
            expect(quorum).toMatchObject({ needed: 3, reachable: 2, validators: 4 });
            for (const missing of far) expect(cause).toContain(missing);
          }
        }
        const heights = async () =>
          Promise.all(chaos.othersThan().map(async (each) => (await chaos.status(each)).height));
        // What was final before the cut may still be executed.
        await pause(STANDSTILL_MS / 5);
        const before = await heights();
        await pause(STANDSTILL_MS);
        expect(await heights()).toEqual(before);
        chaos.links.heal();
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'go on by three when the primary is cut off, which says so',
    async () => {
      await chaos.run('primary-cut-off', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        chaos.links.cut(chaos.links.around([primary]));
        const { cause, height } = await chaos.eventually('is alone', primary, lacksQuorum);
        for (const missing of chaos.othersThan(primary)) expect(cause).toContain(missing);
        await load.more(10);
        expect(await chaos.primary(chaos.othersThan(primary))).not.toBe(primary);
        expect((await chaos.status(primary)).height - height).toBeLessThanOrEqual(8);
        chaos.links.heal();
        await chaos.eventually('is among the others', primary, (status) => !lacksQuorum(status));
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'go on when the primary hears them and they do not hear it',
    async () => {
      await chaos.run('primary-mute', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        chaos.links.mute(primary);
        await load.more(10);
        expect(await chaos.primary(chaos.othersThan(primary))).not.toBe(primary);
        chaos.links.heal();
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'go on when one way between two of them is dead, whichever way',
    async () => {
      await chaos.run('one-way', async (load) => {
        const [one, other] = chaos.othersThan(await chaos.primary());
        const link = chaos.links.between(one!, other!);
        for (const direction of ['toServer', 'toClient'] as const) {
          link.hold(direction);
          await Promise.all([load.more(10), pause(HALF_OPEN_MS / 2)]);
          link.pass();
        }
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'go on when the connections of the primary stand and nothing comes through',
    async () => {
      await chaos.run('primary-half-open', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        chaos.links.hold(chaos.links.around([primary]));
        await Promise.all([load.more(10), pause(HALF_OPEN_MS)]);
        expect(await chaos.primary(chaos.othersThan(primary))).not.toBe(primary);
        await chaos.eventually('is alone', primary, lacksQuorum);
        chaos.links.heal();
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'go on while the links of the primary come and go',
    async () => {
      await chaos.run('flapping', async (load) => {
        const primary = await chaos.primary();
        const links = chaos.links.around([primary]);
        await Promise.all([chaos.links.flap(links, 10, 150, 450), load.more(10)]);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'go on when every link is slow',
    async () => {
      await chaos.run('slow-links', async (load) => {
        chaos.links.delay(40);
        await load.more(50);
      });
    },
    CHAOS_LIMIT_MS,
  );
});
