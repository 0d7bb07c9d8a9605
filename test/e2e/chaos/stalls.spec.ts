// Stalls that are staged one after the other, and the one sentence with which /v1/status explains each: right, and on the node
// that one would ask. Others are staged where their fault is: partition, storage, identity, catch-up, observer.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { eventually, mainFile } from '../test-cluster.js';
import { CHAOS_LIMIT_MS, ChaosCluster } from './chaos-cluster.js';

const MOMENT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
/** More than its peers keep at hand. */
const BLOCKS_BEHIND = 100;
const DATABASE_DELAY_MS = 150;

describe('a node of which one asks why nothing goes on', () => {
  let chaos: ChaosCluster;

  beforeAll(async () => {
    chaos = await ChaosCluster.start();
  });
  afterAll(async () => {
    await chaos.close();
  });
  afterEach(async () => {
    for (const { organisation } of chaos.nodes) {
      chaos.cluster.resumeNode(organisation);
      await chaos.cluster.startNode(organisation);
    }
  });

  async function says(organisation: string, cause: string): Promise<string> {
    const pattern = new RegExp(cause);
    return eventually(`${organisation}: ${cause}`, async () => {
      const status = await chaos.status(organisation).catch(() => undefined);
      return status !== undefined && pattern.test(status.cause) ? status.cause : undefined;
    });
  }

  /** The primary and three others. */
  async function cast(): Promise<readonly [string, string, string, string]> {
    const primary = await chaos.primary();
    const [first, second, third] = chaos.othersThan(primary);
    return [primary, first!, second!, third!];
  }

  it('is idle, and says so', async () => {
    expect((await chaos.status('acme')).cause).toBe('idle: no transaction is waiting');
  });

  it(
    'lacks a quorum, then the echo of what it said before its restart',
    async () => {
      await chaos.run('two-killed', async (load) => {
        await load.more(10);
        const [asked, ...rest] = [...chaos.othersThan()];
        const [back, ...dead] = rest as [string, string, string];
        for (const organisation of dead) await chaos.cluster.killNode(organisation);
        const names = dead.map((organisation) => `${organisation}.*`).join('');
        const cause = await says(
          asked!,
          `^no progress: 2 of 4 validators reachable, 3 needed: ${names} not answer since ${MOMENT}`,
        );
        expect(cause).not.toContain(back);
        await chaos.cluster.killNode(back);
        await chaos.cluster.node(back).start(mainFile);
        const waking = await says(
          back,
          `^this node is waking since ${MOMENT} and does not vote yet: it waits for the echo of its own last words from 1 more peer, ${asked!} answered`,
        );
        for (const organisation of dead) expect(waking).toContain(organisation);
        for (const organisation of dead) await chaos.cluster.node(organisation).start(mainFile);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'lacks the votes of two that are frozen, and names them',
    async () => {
      await chaos.run('two-frozen', async (load) => {
        await load.more(10);
        const [primary, other, ...frozen] = await cast();
        for (const organisation of frozen) chaos.cluster.pauseNode(organisation);
        for (const organisation of [primary, other]) {
          const cause = await says(
            organisation,
            String.raw`^no progress: height \d+ has 2 of 3 (PREPARE|COMMIT)s here, in flight since ${MOMENT}: missing from`,
          );
          for (const missing of frozen) expect(cause).toContain(missing);
        }
        for (const organisation of frozen) chaos.cluster.resumeNode(organisation);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'has lost its primary',
    async () => {
      await chaos.run('primary-lost', async (load) => {
        await load.more(10);
        const [primary, ...others] = await cast();
        await chaos.cluster.killNode(primary);
        await Promise.all(
          others.map((organisation) =>
            says(organisation, `^no progress: the primary ${primary} does not answer since ${MOMENT}`),
          ),
        );
        await chaos.cluster.startNode(primary);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'waits for its own execution, while the others go on',
    async () => {
      await chaos.run('execution-blocked', async (load) => {
        await load.more(10);
        const [, organisation] = await cast();
        const owner = new pg.Client(chaos.cluster.node(organisation).postgres.ownerUrl);
        await owner.connect();
        try {
          await owner.query('BEGIN');
          // Reads pass, writes wait.
          await owner.query('LOCK TABLE ledger.blocks IN SHARE MODE');
          await says(
            organisation,
            String.raw`^no progress here: blocks up to \d+ are committed and wait for the execution of this node, which stands at height \d+ since ${MOMENT}`,
          );
          await load.more(5);
        } finally {
          await owner.end();
        }
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );

  it(
    'catches up, from where to where and from whom',
    async () => {
      await chaos.run('left-behind', async (load) => {
        await load.more(10);
        const [primary, organisation] = await cast();
        const node = chaos.cluster.node(organisation);
        await chaos.cluster.killNode(organisation);
        const { height: killedAt } = await chaos.status(primary);
        while ((await chaos.status(primary)).height <= killedAt + BLOCKS_BEHIND) await load.more(10);
        // Far from its database it fetches faster than it writes.
        const database = chaos.links.database(organisation);
        database.delay(DATABASE_DELAY_MS);
        await node.start(mainFile);
        await says(organisation, String.raw`^catching up: at height \d+ of \d+, .*from [a-z]+$`);
        database.pass();
        await chaos.eventually('has caught up', organisation, ({ catchUp }) => catchUp === null);
        await load.more(10);
      });
    },
    CHAOS_LIMIT_MS,
  );
});
