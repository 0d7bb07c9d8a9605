// Who a node takes itself for: a clock that is wrong, a key that is used twice, votes that are forgotten. What is refused at
// the door (certificates that are wrong or expired) is tried in test/integration/network/tls.spec.ts.
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../test-cluster.js';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';
import { writeFaults } from './faulty/faults.js';
import { bundleFaultyProgram, type FaultyProgram } from './faulty/faulty-program.js';
import { SecondNode } from './second-node.js';

const CLOCK_OFFSET_MS = 60_000;
/** A node that has just come back gets the proposals that it missed in half of this time, and nobody is suspected meanwhile. */
const PROGRESS_TIMEOUT_MS = 5_000;
/** Dialled by all others, so that their links decide which of its processes they reach. */
const DIALLED = 'umbrella';

describe('a node that is not what it was', () => {
  let chaos: ChaosCluster;
  let program: FaultyProgram;

  beforeAll(async () => {
    program = await bundleFaultyProgram();
    chaos = await ChaosCluster.start({
      settings: { consensus: { progressTimeoutMs: PROGRESS_TIMEOUT_MS } },
      own: () => ({ mainFile: program.mainFile }),
    });
  });
  afterAll(async () => {
    await chaos.close();
    program.remove();
  });

  it(
    'is replaced as primary while its clock is a minute ahead, and the others say so',
    async () => {
      await chaos.run('clock-ahead', async (load) => {
        await load.more(10);
        const primary = await chaos.primary();
        const { dataFolder } = chaos.cluster.node(primary).place;
        writeFaults(dataFolder, { wallOffsetMs: CLOCK_OFFSET_MS });
        await chaos.eventually('says what it waits for', chaos.othersThan(primary)[0]!, ({ cause }) =>
          new RegExp(`lies \\d+ ms ahead of the clock .* it comes from the primary ${primary}`).test(cause),
        );
        await load.more(30);
        for (const organisation of chaos.othersThan(primary)) {
          const status = await chaos.eventually('sees the wrong clock', organisation, ({ validators }) =>
            validators.some(
              (validator) =>
                validator.organisation === primary && (validator.clockOffsetMs ?? 0) > CLOCK_OFFSET_MS / 2,
            ),
          );
          expect(status.primary).not.toBe(primary);
        }
        writeFaults(dataFolder, {});
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'does not start a second time on the same folder',
    async () => {
      await chaos.run('same-folder', async (load) => {
        await load.more(10);
        const { dataFolder } = chaos.cluster.node(DIALLED).place;
        const second = await SecondNode.prepare(chaos, DIALLED, { database: 'same_folder', dataFolder });
        try {
          await second.start();
          expect(await second.node.process!.exited).toMatchObject({ code: 1 });
          expect(readFileSync(second.node.place.logFile, 'utf8')).toContain('JOURNAL_LOCKED');
        } finally {
          await second.close();
        }
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'does not vote a second time from an old copy of its folder',
    async () => {
      await chaos.run('old-copy', async (load) => {
        await load.more(10);
        const { place, ports } = chaos.cluster.node(DIALLED);
        const second = await SecondNode.prepare(chaos, DIALLED, { database: 'old_copy' });
        const copy = second.node.place.dataFolder;
        await chaos.cluster.stopNode(DIALLED);
        cpSync(place.dataFolder, copy, { recursive: true });
        await load.more(10);
        await chaos.cluster.startNode(DIALLED);
        const primary = await chaos.primary();
        const [backup, absent] = chaos.othersThan(DIALLED, primary);
        const { height } = await chaos.status(primary);
        await chaos.eventually('hears the original', primary, ({ validators }) =>
          validators.some(
            ({ organisation, lastVote }) => organisation === DIALLED && (lastVote?.height ?? 0) > height,
          ),
        );
        // Without one of the backups every block needs a vote of the original, so the other two have heard it.
        chaos.links.cut(chaos.links.around([absent!]));
        await load.more(10);
        const links = [primary, backup!].map((other) => chaos.links.between(other, DIALLED));
        try {
          for (const link of links) link.redirect(second.node.ports.peer);
          chaos.links.heal();
          await second.start();
          const marker = path.join(copy, 'QUARANTINED');
          await eventually('the marker of the copy', async () => (existsSync(marker) ? true : undefined));
          expect(readFileSync(marker, 'utf8')).toMatch(/signed what the journal does not know/);
          await load.more(10);
        } finally {
          for (const link of links) link.redirect(ports.peer);
          await second.close();
        }
        await chaos.eventually('votes still', DIALLED, ({ standing }) => standing === 'voting');
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  // The last one: whose votes are forgotten does not vote again.
  it(
    'follows without a vote when its journal was deleted, also after another restart',
    async () => {
      await chaos.run('journal-deleted', async (load) => {
        await load.more(10);
        const organisation = chaos.othersThan(await chaos.primary())[0]!;
        const node = chaos.cluster.node(organisation);
        const marker = path.join(node.place.dataFolder, 'QUARANTINED');
        await chaos.cluster.stopNode(organisation);
        rmSync(path.join(node.place.dataFolder, 'journal'), { recursive: true });
        for (let life = 0; life < 2; life++) {
          await node.start(program.mainFile);
          await eventually('an answer', async () => chaos.status(organisation).catch(() => undefined));
          const { height } = await chaos.status(chaos.othersThan(organisation)[0]!);
          const status = await chaos.eventually(
            'follows',
            organisation,
            (now) => now.height > height && now.height > 0,
          );
          expect(status.standing).not.toBe('voting');
          expect(status.health.state).toBe('quarantined');
          expect(status.cause).toMatch(
            /^this node is quarantined.* and votes no more: .*votes may be forgotten/,
          );
          expect(existsSync(marker)).toBe(true);
          await load.more(10);
          if (life === 0) await chaos.cluster.stopNode(organisation);
        }
      });
    },
    CHAOS_LIMIT_MS,
  );
});
