// A node whose database or whose journal's disk fails: the others go on, the node claims nothing that is not durable, says
// what is wrong, and goes on when it can.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../test-cluster.js';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';
import { writeFaults, type Faults } from './faulty/faults.js';
import { bundleFaultyProgram, type FaultyProgram } from './faulty/faulty-program.js';

/** Whose journal lies on the disk that fails. Its segments are small: two dozen of LARGE fill one. */
const DISK_OWNER = 'umbrella';
const SEGMENT_BYTES = 1024 * 1024;
const LARGE_BYTES = 40_000;
const HELD_MS = 10_000;
const SLOW_SYNC_MS = 50;

describe('a node whose storage fails', () => {
  let chaos: ChaosCluster;
  let program: FaultyProgram;

  beforeAll(async () => {
    program = await bundleFaultyProgram();
    const faulty = { mainFile: program.mainFile, settings: { journal: { segmentBytes: SEGMENT_BYTES } } };
    chaos = await ChaosCluster.start({
      own: (organisation) => (organisation === DISK_OWNER ? faulty : {}),
    });
  });
  afterAll(async () => {
    await chaos.close();
    program.remove();
  });

  async function readiness(organisation: string): Promise<string> {
    const response = await fetch(`${chaos.cluster.node(organisation).restUrl}/health/ready`);
    const body = (await response.json()) as { readonly code?: string };
    return response.ok ? 'ready' : (body.code ?? `status ${response.status}`);
  }

  async function untilReadiness(organisation: string, wanted: string): Promise<void> {
    await eventually(`${organisation}: ${wanted}`, async () =>
      (await readiness(organisation)) === wanted ? true : undefined,
    );
  }

  function fail(faults: Faults): void {
    chaos.note(`faults ${JSON.stringify(faults)}`);
    writeFaults(chaos.cluster.node(DISK_OWNER).place.dataFolder, faults);
  }

  async function someBackup(): Promise<string> {
    return chaos.othersThan(await chaos.primary())[0]!;
  }

  it(
    'loses nothing when its database server is killed, and goes on when that is back',
    async () => {
      await chaos.run('database-killed', async (load) => {
        await load.more(10);
        const organisation = await someBackup();
        const node = chaos.cluster.node(organisation);
        await node.killPostgres();
        await load.more(10);
        await untilReadiness(organisation, 'DATABASE_UNAVAILABLE');
        // What was on its way to the database when that died may still end well, or not, for a moment.
        await eventually('the database as the cause', async () => {
          const { cause } = await chaos.status(organisation);
          return /^no progress here since \S+Z: .*database/.test(cause) ? true : undefined;
        });
        await node.startPostgres(true);
        await untilReadiness(organisation, 'ready');
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'goes on after its database did not answer for ten seconds',
    async () => {
      await chaos.run('database-held', async (load) => {
        await load.more(10);
        const organisation = await someBackup();
        chaos.links.hold([chaos.links.database(organisation)]);
        await Promise.all([pause(HELD_MS), load.more(30)]);
        chaos.links.heal();
        await untilReadiness(organisation, 'ready');
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'is replaced as primary while its database does not answer',
    async () => {
      await chaos.run('database-of-primary-held', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        chaos.links.hold([chaos.links.database(primary)]);
        await Promise.all([pause(HELD_MS), load.more(30)]);
        expect(await chaos.primary(chaos.othersThan(primary))).not.toBe(primary);
        chaos.links.heal();
        await untilReadiness(primary, 'ready');
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'connects again when its connections to the database are cut',
    async () => {
      await chaos.run('database-cut', async (load) => {
        for (const organisation of chaos.othersThan()) {
          await load.more(10);
          chaos.links.database(organisation).reset();
        }
        const organisation = await someBackup();
        chaos.links.database(organisation).cut();
        await load.more(10);
        await untilReadiness(organisation, 'DATABASE_UNAVAILABLE');
        chaos.links.heal();
        await untilReadiness(organisation, 'ready');
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'takes part with a disk that is slow',
    async () => {
      await chaos.run('disk-slow', async (load) => {
        fail({ syncDelayMs: SLOW_SYNC_MS });
        await load.more(50);
        expect(chaos.cluster.node(DISK_OWNER).process?.isRunning).toBe(true);
        expect(await readiness(DISK_OWNER)).toBe('ready');
        fail({});
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'ends when its journal cannot be made durable, and comes back',
    async () => {
      await chaos.run('disk-broken', async (load) => {
        await load.more(10);
        const { process: ended, place } = chaos.cluster.node(DISK_OWNER);
        fail({ syncError: 'EIO' });
        expect(await ended!.exited).toMatchObject({ code: 1 });
        expect(readFileSync(place.logFile, 'utf8')).toMatch(/JOURNAL_FAILED.*EIO|EIO.*JOURNAL_FAILED/s);
        await load.more(10);
        fail({});
        await chaos.cluster.startNode(DISK_OWNER);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'says that its disk is full, and goes on by itself when there is room',
    async () => {
      await chaos.run(
        'disk-full',
        async (load) => {
          fail({ segmentError: 'ENOSPC' });
          await untilReadiness(DISK_OWNER, 'JOURNAL_FULL');
          expect((await chaos.status(DISK_OWNER)).cause).toMatch(/disk of the vote journal is full/);
          await load.more(10);
          fail({});
          await untilReadiness(DISK_OWNER, 'ready');
          await load.more(10);
        },
        { paddingBytes: LARGE_BYTES },
      );
    },
    CHAOS_LIMIT_MS,
  );
});
