// A node whose database is not there when it starts. What happens when it is lost later is in chaos/storage.spec.ts.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLoad, underLoad } from './load.js';
import { expectOneLedger } from './one-ledger.js';
import { runCountersign, startTestCluster, type TestCluster } from './test-cluster.js';

describe('a node without its database', () => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster();
  });
  afterAll(async () => {
    await test.close();
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
    const load = startLoad(test.nodes, cluster.genesis.chainId, { name: 'database' });
    await underLoad(load, () => load.more(10));
    await expectOneLedger(test, load.history);
  });

  function passwordIn(configFile: string): string {
    const [, password] = /:\/\/[^:]+:([^@]+)@/.exec(readFileSync(configFile, 'utf8')) ?? [];
    expect(password).toBeDefined();
    return password!;
  }
});
