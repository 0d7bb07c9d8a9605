// A node whose database is not there when it starts, and auditors in the one that is. What happens when it is lost later is in
// chaos/storage.spec.ts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { AuditReport } from '../../src/audit/audit-ledger.js';
import { startLoad, underLoad } from './load.js';
import { expectOneLedger } from './one-ledger.js';
import { cliFile, eventually, runCountersign, startTestCluster, type TestCluster } from './test-cluster.js';

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

  it('lets an auditor read what was recorded, and ends its session for an advisory lock', async () => {
    const node = test.cluster.node('acme');
    const config = ['--config', node.place.configFile] as const;
    const added = await runCountersign('--json', 'db', 'auditor', 'add', 'auditor_smith', ...config);
    expect(added).toMatchObject({ status: 0 });
    const { url, password, precautions } = JSON.parse(added.stdout) as Record<string, string>;
    expect(precautions).toEqual([]);
    const connect = async (database: string): Promise<pg.Client> => {
      const place = { password: password!, pathname: `/${database}` };
      const client = new pg.Client({ connectionString: Object.assign(new URL(url!), place).toString() });
      client.on('error', () => undefined);
      await client.connect();
      return client;
    };
    const reading = await connect('countersign');
    const { rows } = await reading.query(
      `SELECT organisation, count(*)::integer > 0 AS records FROM audit.records GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toContainEqual({ organisation: 'acme', records: true });
    const holding = await connect('postgres');
    const ended = new Promise<void>((resolve) => void holding.on('end', () => resolve()));
    await holding.query('SELECT pg_advisory_lock(1)');
    await ended;
    const counted = 'countersign_auditor_sessions_ended_total{reason="advisoryLock"} 1\n';
    while (!(await (await fetch(node.metricsUrl)).text()).includes(counted)) await sleep(50);
    expect((await runCountersign('db', 'auditor', 'remove', 'auditor_smith', ...config)).stdout).toBe(
      'removed auditor_smith, 1 sessions ended\n',
    );
    await reading.end().catch(() => undefined);
  });

  it('is audited in part when the audit is interrupted, which goes on where it was', async () => {
    const node = test.cluster.node('initech');
    const file = path.join(test.directory, 'audit-position.json');
    const audit = ['--json', 'audit', 'run', '--resume', file, '--config', node.place.configFile] as const;
    const owner = new pg.Client(node.postgres.ownerUrl);
    await owner.connect();
    try {
      // The audit comes as far as this table, and waits.
      await owner.query('BEGIN');
      await owner.query('LOCK TABLE ledger.subject_entries IN ACCESS EXCLUSIVE MODE');
      const child = spawn(process.execPath, [cliFile, ...audit], { stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (text: Buffer) => (output += text.toString()));
      const ended = once(child, 'exit');
      const waiting = `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND application_name = 'countersign-audit'`;
      await eventually('an audit that waits', async () =>
        (await owner.query(waiting)).rowCount! > 0 ? true : undefined,
      );
      child.kill('SIGINT');
      await owner.query('ROLLBACK');
      const [status] = (await ended) as [number];
      expect(status).toBe(1);
      expect(JSON.parse(output)).toMatchObject({ complete: false, findingCount: 0 });
    } finally {
      await owner.end();
    }
    expect(existsSync(file)).toBe(true);
    const resumed = await runCountersign(...audit);
    expect(resumed).toMatchObject({ status: 0 });
    const { complete, counts, head } = JSON.parse(resumed.stdout) as AuditReport;
    expect(complete).toBe(true);
    expect(counts.blocks).toBeGreaterThanOrEqual(head);
    expect(existsSync(file)).toBe(false);
  });

  function passwordIn(configFile: string): string {
    const [, password] = /:\/\/[^:]+:([^@]+)@/.exec(readFileSync(configFile, 'utf8')) ?? [];
    expect(password).toBeDefined();
    return password!;
  }
});
