/**
 * What an auditor could do to the node, tried one by one with a real login while a real store commits blocks: refused by its
 * SQLSTATE, or ended by the watch; and the store goes on. The names are rows of docs/SECURITY-MODEL.md.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { addAuditor, listAuditors, removeAuditor } from '../../../src/storage/auditor-logins.js';
import {
  AuditorWatch,
  type AuditorWatchReports,
  type EndedAuditorSession,
} from '../../../src/storage/auditor-watch.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { systemClock } from '../../../src/system-clock.js';
import type { MemoryLedger } from '../../support/memory-ledger.js';
import { commitCertificateOf, createStoredChain, executeSample } from '../../support/stored-chain.js';
import {
  createTestDatabase,
  createTestPostgres,
  withClient,
  type TestPostgres,
} from '../../support/test-postgres.js';

const NAME = 'auditor_smith';
const PASSWORD = 'of an auditor, long enough'.replaceAll(' ', '-');
const NODE_LOCK = '7164792092104419182';
const limits = { statementTimeoutMs: 400, transactionTimeoutMs: 800, watchIntervalMs: 100 };
const ADMIN_SHUTDOWN = '57P01';

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let watch: AuditorWatch;
let chain: MemoryLedger;
const ended: EndedAuditorSession[] = [];
const problems: (string | undefined)[] = [];
const reports: AuditorWatchReports = {
  onEnded: (session) => void ended.push(session),
  onProblem: (problem) => void problems.push(problem),
};

/** The auditor's URL of a database of the server. */
function auditorUrl(database = 'countersign', name = NAME): string {
  const url = new URL(postgres.running.ownerUrl);
  return Object.assign(url, { username: name, password: PASSWORD, pathname: `/${database}` }).toString();
}

let writing = true;
let height = 0;
let writer: Promise<void>;

/** As the node does: block after block, and the same again while the database cannot take it. */
async function writeBlocks(): Promise<void> {
  while (writing) {
    const executed = executeSample(chain, { transactions: 3, subjects: 2 });
    for (;;) {
      try {
        await store.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
          journalId: 'j',
          position: executed.block.header.height,
        });
        break;
      } catch (error) {
        expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
        await sleep(20);
      }
    }
    height = executed.block.header.height;
    await sleep(5);
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 1_500)
      throw new Error(`not within ${turn} turns: ${String(condition)}; ${String(problems.at(-1))}`);
    await sleep(10);
  }
}

/** Two more blocks are durable than when it was asked. */
async function storeGoesOn(): Promise<void> {
  const before = height;
  await until(() => height >= before + 2);
}

beforeAll(async () => {
  postgres = await createTestPostgres();
  const { ownerUrl, url } = postgres.running;
  expect((await migrateDatabase(ownerUrl)).precautions).toEqual([]);
  const precautions = await addAuditor(ownerUrl, {
    name: NAME,
    password: PASSWORD,
    connectionsMax: 3,
    limits,
  });
  expect(precautions).toEqual([]);
  watch = await AuditorWatch.start({ url }, limits, systemClock, reports);
  store = await PostgresLedgerStore.open({ url });
  chain = createStoredChain();
  await store.initialise(chain.genesisResult);
  writer = writeBlocks();
  await storeGoesOn();
});

afterAll(async () => {
  writing = false;
  await writer;
  await watch.close();
  await store.close();
  await postgres.remove();
});

/** An auditor that has lifted what a login may lift by itself. */
async function asAuditor<Value>(
  work: (client: pg.Client) => Promise<Value>,
  database?: string,
): Promise<Value> {
  const client = new pg.Client({ connectionString: auditorUrl(database) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SET default_transaction_read_only = off');
    await client.query(
      `SELECT set_config(name, '0', false) FROM pg_settings WHERE name LIKE '%\\_timeout' AND context = 'user'`,
    );
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** SQLSTATE of the first statement that was refused, or "done". */
async function attempt(statements: readonly string[], database?: string): Promise<string> {
  return asAuditor(async (client) => {
    for (const statement of statements) {
      try {
        await client.query(statement);
      } catch (error) {
        return (error as pg.DatabaseError).code ?? String(error);
      }
    }
    return 'done';
  }, database);
}

const REFUSED = '42501';

type Attack = readonly [what: string, sqlState: string, ...statements: readonly string[]];

const disclosure: readonly Attack[] = [
  ['read a table behind the views', REFUSED, 'SELECT * FROM ledger.transactions'],
  ['read the state', REFUSED, 'SELECT * FROM ledger.state'],
  ['read what the migrations have', REFUSED, 'SELECT * FROM ledger.schema_migrations'],
  ['read passwords', REFUSED, 'SELECT rolpassword FROM pg_catalog.pg_authid'],
  ['read a file of the server', REFUSED, `SELECT pg_read_file('PG_VERSION')`],
  ['list a folder of the server', REFUSED, `SELECT pg_ls_dir('.')`],
  ['read a file by COPY', REFUSED, `CREATE TEMPORARY TABLE x (t text)`, `COPY x FROM '/etc/hostname'`],
  ['read a file as a large object', REFUSED, `SELECT lo_import('/etc/hostname')`],
];

const tampering: readonly Attack[] = [
  ['write through a view', REFUSED, 'INSERT INTO audit.checkpoints (height) VALUES (1)'],
  ['change through a view', REFUSED, `UPDATE audit.blocks SET height = height`],
  ['delete through a view', REFUSED, 'DELETE FROM audit.evidence'],
  ['replace a view', REFUSED, 'CREATE OR REPLACE VIEW audit.checkpoints AS SELECT 1'],
  ['create a table', REFUSED, 'CREATE TABLE public.mine (id integer)'],
  ['create a schema', REFUSED, 'CREATE SCHEMA mine'],
  ['create a temporary table', REFUSED, 'CREATE TEMPORARY TABLE mine (id integer)'],
  ['create a function', REFUSED, `CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'`],
  ['create a role', REFUSED, 'CREATE ROLE mine'],
  ['create a large object', REFUSED, 'SELECT lo_create(0)'],
  ['fill a large object', REFUSED, `SELECT lo_from_bytea(0, '\\x00')`],
  ['become the writer', REFUSED, 'SET ROLE countersign_writer'],
  ['become the login of the node', REFUSED, 'SET SESSION AUTHORIZATION countersign_node'],
  ['join the writer', REFUSED, `GRANT countersign_writer TO ${NAME}`],
  ['switch triggers off', REFUSED, 'SET session_replication_role = replica'],
  ['configure the server', REFUSED, `ALTER SYSTEM SET work_mem = '1GB'`],
  ['configure the login of the node', REFUSED, 'ALTER ROLE countersign_node SET statement_timeout = 1'],
  ['raise its own number of sessions', REFUSED, `ALTER ROLE ${NAME} CONNECTION LIMIT 1000`],
  ['raise its own temporary files', REFUSED, `ALTER ROLE ${NAME} SET temp_file_limit = -1`],
  ['run a program', REFUSED, `COPY (SELECT 1) TO PROGRAM 'true'`],
  ['write a file', REFUSED, `COPY (SELECT 1) TO '/tmp/countersign-auditor'`],
];

const denial: readonly Attack[] = [
  ["take the node's advisory lock", REFUSED, `SELECT pg_advisory_lock(${NODE_LOCK})`],
  [
    'take an advisory lock for a database transaction',
    REFUSED,
    `SELECT pg_try_advisory_xact_lock_shared(1, 2)`,
  ],
  [
    'end a session of the node',
    REFUSED,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'countersign_node'`,
  ],
  [
    'cancel a statement of the node',
    REFUSED,
    `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'countersign_node'`,
  ],
  ['lock a view and its tables', REFUSED, 'BEGIN', 'LOCK TABLE audit.transactions IN ACCESS EXCLUSIVE MODE'],
  ['lock a view and its tables, a little', REFUSED, 'BEGIN', 'LOCK TABLE audit.blocks IN SHARE MODE'],
  ['lock rows', REFUSED, 'SELECT * FROM audit.checkpoints FOR UPDATE'],
  ['lock a table of the ledger', REFUSED, 'BEGIN', 'LOCK TABLE ledger.blocks IN ACCESS SHARE MODE'],
  ['lock a catalogue', REFUSED, 'BEGIN', 'LOCK TABLE pg_catalog.pg_class IN ACCESS EXCLUSIVE MODE'],
  ['run a program that never ends', REFUSED, 'DO $$ BEGIN LOOP END LOOP; END $$'],
  [
    'leave a prepared transaction',
    '55000',
    'BEGIN',
    'SELECT FROM audit.blocks',
    `PREPARE TRANSACTION 'left'`,
  ],
  ['fill the log of changes', REFUSED, `SELECT pg_logical_emit_message(false, 'x', repeat('x', 100000))`],
  ['notify by function', REFUSED, `SELECT pg_notify('x', 'y')`],
  ['replicate', REFUSED, `SELECT pg_create_physical_replication_slot('mine')`],
];

describe('SEC-27: an auditor reads what the views do not show', () => {
  it.each(disclosure)('cannot %s', async (_what, sqlState, ...statements) => {
    expect(await attempt(statements)).toBe(sqlState);
  });

  it('sees no statement of the node', async () => {
    await asAuditor(async (client) => {
      const { rows } = await client.query(
        `SELECT query FROM pg_stat_activity WHERE usename <> current_user AND query <> '<insufficient privilege>' AND query <> ''`,
      );
      expect(rows).toEqual([]);
      await client.query('SELECT * FROM audit.transactions, audit.blocks LIMIT 1');
    });
  });
});

describe('SEC-28: an auditor changes something', () => {
  it.each(tampering)('cannot %s', async (_what, sqlState, ...statements) => {
    expect(await attempt(statements)).toBe(sqlState);
    await storeGoesOn();
  });

  it('begins with a session that only reads', async () => {
    await withClient(auditorUrl(), async (client) => {
      await expect(client.query('CREATE TABLE public.mine (id integer)')).rejects.toMatchObject({
        code: '25006',
      });
    });
  });
});

describe('SEC-29: an auditor stops or slows the node', () => {
  it.each(denial)('cannot %s', async (_what, sqlState, ...statements) => {
    expect(await attempt(statements)).toBe(sqlState);
    await storeGoesOn();
  });

  /** What the session was ended for. */
  async function endedFor(
    statements: readonly string[],
    database?: string,
    refusal?: string,
  ): Promise<string | undefined> {
    const before = ended.length;
    const processId = await asAuditor(async (client) => {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const over = new Promise<void>((resolve) => {
        client.on('end', resolve);
      });
      try {
        for (const statement of statements) await client.query(statement);
      } catch (error) {
        expect([refusal, ADMIN_SHUTDOWN]).toContain((error as pg.DatabaseError).code ?? ADMIN_SHUTDOWN);
      }
      await over;
      return rows[0]?.pid;
    }, database);
    await until(() => ended.length > before);
    await storeGoesOn();
    return ended.slice(before).find((session) => session.processId === processId)?.reason;
  }

  it('loses the session for filling the table of locks, from another database', async () => {
    const fill = 'SELECT count(pg_advisory_lock(n)) FROM generate_series(1, 1000000) AS n';
    expect(await endedFor([fill, 'SELECT pg_sleep(3600)'], 'postgres', '53200')).toBe('advisoryLock');
  });

  it('loses the session for a statement without end', async () => {
    expect(await endedFor(['SELECT pg_sleep(3600)'])).toBe('statement');
    expect(
      await endedFor([
        'WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n',
      ]),
    ).toBe('statement');
  });

  it('loses the session for a database transaction that stays open and holds vacuum back', async () => {
    expect(
      await endedFor(['BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT count(*) FROM audit.blocks']),
    ).toBe('transaction');
    expect(await endedFor(['BEGIN', 'LOCK TABLE audit.blocks IN ACCESS SHARE MODE'])).toBe('transaction');
    expect(
      await endedFor(['BEGIN', 'DECLARE c CURSOR FOR SELECT * FROM audit.records', 'FETCH 1 FROM c']),
    ).toBe('transaction');
  });

  it('loses the session in another database too, for a program that catches every cancellation', async () => {
    const stubborn = `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`;
    expect(await endedFor([stubborn], 'postgres')).toBe('statement');
  });

  it('loses the session for an advisory lock in another database', async () => {
    expect(await endedFor([`SELECT pg_advisory_lock(${NODE_LOCK})`], 'postgres')).toBe('advisoryLock');
  });

  it('cannot fill the disk with a cursor that outlives its database transaction', async () => {
    const limitTo = (size: string) =>
      withClient(postgres.running.ownerUrl, (client) =>
        client.query(`ALTER ROLE ${NAME} SET temp_file_limit = '${size}'`),
      );
    // Reached sooner than the gigabyte that the login was given.
    await limitTo('1MB');
    const cursor = `DECLARE kept CURSOR WITH HOLD FOR SELECT md5(n::text) FROM generate_series(1, 100000) AS n`;
    expect(await attempt([`SET work_mem = '64kB'`, cursor])).toBe('53400');
    await limitTo('1GB');
    await storeGoesOn();
  });

  it('has no more sessions than its limit', async () => {
    const clients = Array.from({ length: 6 }, () => new pg.Client({ connectionString: auditorUrl() }));
    const results = await Promise.allSettled(clients.map((client) => client.connect()));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: '53300' });
    await storeGoesOn();
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  });

  it('disturbs nobody with a flood of notifications and statements: the node listens to nothing', async () => {
    await asAuditor(async (client) => {
      await client.query('LISTEN flood');
      for (let turn = 0; turn < 300; turn++) await client.query(`NOTIFY flood, '${'x'.repeat(7_000)}'`);
    });
    await storeGoesOn();
  });

  it('changes its own settings for nobody but itself', async () => {
    await asAuditor(async (client) => {
      await client.query(
        `ALTER ROLE ${NAME} SET statement_timeout = 0; ALTER ROLE ${NAME} SET work_mem = '1GB'`,
      );
    });
    await withClient(postgres.running.url, async (client) => {
      expect((await client.query('SHOW work_mem')).rows).toEqual([{ work_mem: '8MB' }]);
    });
    await storeGoesOn();
  });

  it('keeps a session that stays within the limits', async () => {
    await asAuditor(async (client) => {
      const before = ended.length;
      const start = height;
      await until(() => height > start + 40);
      expect((await client.query('SELECT count(*) > 0 AS read FROM audit.blocks')).rows).toEqual([
        { read: true },
      ]);
      expect(ended).toHaveLength(before);
    });
  });

  it("frees the node's lock before the node starts, where the functions could not be taken away", async () => {
    const { ownerUrl, url } = await createTestDatabase(postgres.running, 'unguarded');
    await migrateDatabase(ownerUrl);
    await withClient(ownerUrl, async (client) => {
      await client.query('GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC');
    });
    expect((await listAuditors(ownerUrl)).precautions).toEqual([
      {
        door: 'auditors may call pg_advisory_lock(bigint)',
        remedy:
          'REVOKE EXECUTE ON FUNCTION pg_advisory_lock(bigint) FROM PUBLIC; GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO countersign_owner, countersign_writer',
      },
    ]);
    await watch.close();
    const thief = new pg.Client({ connectionString: auditorUrl('unguarded') });
    thief.on('error', () => undefined);
    await thief.connect();
    await thief.query(`SELECT pg_advisory_lock(${NODE_LOCK})`);
    await expect(PostgresLedgerStore.open({ url })).rejects.toMatchObject({ code: 'DATABASE_LOCKED' });
    watch = await AuditorWatch.start({ url: postgres.running.url }, limits, systemClock, reports);
    expect(ended.at(-1)).toMatchObject({ login: NAME, reason: 'advisoryLock' });
    await (await PostgresLedgerStore.open({ url })).close();
    await thief.end().catch(() => undefined);
  });

  it('says once of a login that it may not end it, and goes on', async () => {
    const { ownerUrl } = postgres.running;
    await addAuditor(ownerUrl, { name: 'auditor_jones', password: PASSWORD, connectionsMax: 1, limits });
    await withClient(ownerUrl, (client) => client.query('REVOKE auditor_jones FROM countersign_writer'));
    const told = () =>
      problems.filter((problem) => problem?.includes('GRANT "auditor_jones" TO countersign_writer'));
    await withClient(auditorUrl('countersign', 'auditor_jones'), async () => {
      await until(() => told().length > 0);
      await storeGoesOn();
    });
    expect(told()).toHaveLength(1);
    expect((await listAuditors(ownerUrl)).auditors.map(({ name, watched }) => ({ name, watched }))).toEqual([
      { name: 'auditor_jones', watched: false },
      { name: NAME, watched: true },
    ]);
  });
});

describe('logins of auditors', () => {
  it('are made once, and removed with their sessions', async () => {
    const { ownerUrl } = postgres.running;
    const again = { name: NAME, password: PASSWORD, connectionsMax: 1, limits };
    await expect(addAuditor(ownerUrl, again)).rejects.toMatchObject({ code: 'AUDITOR_EXISTS' });
    await expect(removeAuditor(ownerUrl, 'nobody')).rejects.toMatchObject({ code: 'AUDITOR_UNKNOWN' });
    await expect(removeAuditor(ownerUrl, 'countersign_node')).rejects.toMatchObject({
      code: 'AUDITOR_UNKNOWN',
    });
    const client = new pg.Client({ connectionString: auditorUrl() });
    client.on('error', () => undefined);
    await client.connect();
    expect(await removeAuditor(ownerUrl, NAME)).toBe(1);
    await expect(withClient(auditorUrl(), async () => Promise.resolve())).rejects.toMatchObject({
      code: '28P01',
    });
    await client.end().catch(() => undefined);
    await storeGoesOn();
  });

  it('are not made by a login that may not', async () => {
    const { url } = postgres.running;
    const auditor = { name: 'auditor_lee', password: PASSWORD, connectionsMax: 1, limits };
    await expect(addAuditor(url, auditor)).rejects.toMatchObject({ code: 'AUDITOR_NOT_PERMITTED' });
  });
});
