// A node and its database: absent at the start it is named, lost while running it costs nothing that was acknowledged.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { expectNothingLost, startLoad, underLoad } from './load.js';
import { eventually, runCountersign, startTestCluster, type TestCluster } from './test-cluster.js';

describe('a node whose database goes away', () => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster({ fsync: true });
  });
  afterAll(async () => {
    await test.close();
  });

  async function readyStatus(restUrl: string): Promise<number> {
    const response = await fetch(`${restUrl}/health/ready`);
    await response.arrayBuffer();
    return response.status;
  }

  it('acknowledges nothing that is not durable, says so, and resumes', async () => {
    const { cluster, nodes } = test;
    const node = cluster.node('initech');
    const load = startLoad(nodes, cluster.genesis.chainId, 'database', 4);
    await underLoad(load, async () => {
      await load.more(20);
      await node.stopPostgres();
      // With three of four the ledger goes on; the fourth must not claim to be well.
      await load.more(20);
      await eventually('red health', async () =>
        (await readyStatus(node.restUrl)) === 503 ? true : undefined,
      );
      await node.startPostgres(true);
      // It may have ended itself for good reason; then whoever runs it starts it again.
      if (node.process?.isRunning !== true) await cluster.startNode(node.organisation);
      await eventually('green health', async () =>
        (await readyStatus(node.restUrl)) === 200 ? true : undefined,
      );
      await load.more(20);
    });
    expect((await awaitAgreement(nodes, 120_000)).agree).toBe(true);
    await expectNothingLost(load, nodes);
  });

  it('names the database when it is not there at the start', async () => {
    const { cluster } = test;
    const node = cluster.nodes[3]!;
    await cluster.stopNode(node.organisation);
    await node.stopPostgres();
    const started = await runCountersign('start', '--config', node.place.configFile);
    expect(started.status).toBe(1);
    expect(started.stdout + started.stderr).toContain('DATABASE_UNAVAILABLE');
    const migrated = await runCountersign('db', 'migrate', '--config', node.place.configFile);
    expect(migrated).toMatchObject({ status: 4, stdout: '' });
    expect(migrated.stderr).toMatch(/^error: .*\[DATABASE_UNAVAILABLE\]/s);
    expect(migrated.stderr + started.stdout + started.stderr).not.toContain(
      passwordIn(node.place.configFile),
    );
    await node.startPostgres(true);
    await cluster.startNode(node.organisation);
    expect((await awaitAgreement(test.nodes, 120_000)).agree).toBe(true);
  });

  function passwordIn(configFile: string): string {
    const [, password] = /:\/\/[^:]+:([^@]+)@/.exec(readFileSync(configFile, 'utf8')) ?? [];
    expect(password).toBeDefined();
    return password!;
  }
});
