import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { databaseUrlAs, OWNER_ROLE, READER_ROLE, WRITER_ROLE } from '../../../src/storage/database-roles.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { conflictingVotes } from '../../support/signed-evidence.js';
import {
  checkpointOf,
  commitCertificateOf,
  createStoredChain,
  executeSample,
} from '../../support/stored-chain.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';

const INSUFFICIENT_PRIVILEGE = '42501';
const RESTRICT_VIOLATION = '23001';

/** Every append-only table with a column that an attacker would change. */
const appendOnly = [
  ['genesis', 'document'],
  ['blocks', 'hash'],
  ['transactions', 'body'],
  ['subject_entries', 'record_digest'],
  ['subject_nodes', 'hash'],
  ['log_nodes', 'hash'],
  ['checkpoints', 'root'],
  ['evidence', 'document'],
] as const;

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  const store = await PostgresLedgerStore.open({ url: postgres.running.url });
  const chain = createStoredChain();
  await store.initialise(chain.genesisResult);
  const executed = executeSample(chain, { transactions: 3, subjects: 2 });
  await store.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
    journalId: 'j',
    position: 1,
  });
  await store.saveCheckpoint(checkpointOf(executed));
  await store.saveEvidence(conflictingVotes(chain.genesis));
  await store.close();
});

afterAll(async () => postgres.remove());

/** SQLSTATE of the refusal, or "done"; nothing is kept. */
async function attempt(url: string, ...statements: readonly string[]): Promise<string> {
  return withClient(url, async (client) => {
    await client.query('BEGIN');
    try {
      for (const statement of statements) await client.query(statement);
      return 'done';
    } catch (error) {
      return (error as pg.DatabaseError).code ?? String(error);
    } finally {
      await client.query('ROLLBACK');
    }
  });
}

const changesOf = (table: string, column: string): readonly string[] => [
  `UPDATE ledger.${table} SET ${column} = ${column}`,
  `UPDATE ledger.${table} SET ${column} = ${column} WHERE false`,
  `DELETE FROM ledger.${table}`,
  `TRUNCATE ledger.${table} CASCADE`,
];

describe.each(appendOnly)('ledger.%s', (table, column) => {
  it.each(changesOf(table, column))('%s is refused to every role', async (change) => {
    const { ownerUrl, url, readerUrl } = postgres.running;
    expect(await attempt(url, change)).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await attempt(readerUrl, change)).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await attempt(databaseUrlAs(ownerUrl, OWNER_ROLE), change)).toBe(RESTRICT_VIOLATION);
    expect(await attempt(ownerUrl, change)).toBe(RESTRICT_VIOLATION);
    expect(await attempt(ownerUrl, 'SET LOCAL session_replication_role = replica', change)).toBe(
      RESTRICT_VIOLATION,
    );
  });

  it('cannot be written by the reader', async () => {
    const insert = `INSERT INTO ledger.${table} (${column}) VALUES ('\\x00')`;
    expect(await attempt(postgres.running.readerUrl, insert)).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await attempt(postgres.running.readerUrl, `SELECT ${column} FROM ledger.${table}`)).toBe('done');
  });

  it('keeps its trigger from the writer', async () => {
    const disable = `ALTER TABLE ledger.${table} DISABLE TRIGGER append_only`;
    expect(await attempt(postgres.running.url, disable)).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await attempt(postgres.running.readerUrl, disable)).toBe(INSUFFICIENT_PRIVILEGE);
  });
});

describe('ledger.state', () => {
  const key = `'\\x${'00'.repeat(32)}'`;
  const insert = `INSERT INTO ledger.state VALUES (0, ${key}, '\\x01', '\\x02', ${key})`;

  it('can be changed by the writer alone', async () => {
    const { url, readerUrl } = postgres.running;
    for (const change of [insert, `UPDATE ledger.state SET value = '\\x00'`, 'DELETE FROM ledger.state']) {
      expect(await attempt(url, change)).toBe('done');
      expect(await attempt(readerUrl, change)).toBe(INSUFFICIENT_PRIVILEGE);
    }
  });

  it('is emptied by nobody who serves the ledger', async () => {
    expect(await attempt(postgres.running.url, 'TRUNCATE ledger.state')).toBe(INSUFFICIENT_PRIVILEGE);
    expect(await attempt(postgres.running.readerUrl, 'TRUNCATE ledger.state')).toBe(INSUFFICIENT_PRIVILEGE);
  });
});

describe('ledger.blocks', () => {
  it('takes no block without its parent, whoever writes', async () => {
    const columns =
      'height, hash, header, result_record, log_root, certificate, transaction_count, body_bytes';
    const digest = `'\\x${'11'.repeat(32)}'`;
    const insert = (height: number) =>
      `INSERT INTO ledger.blocks (${columns}, timestamp_ms, journal_id, journal_position)
       VALUES (${height}, ${digest}, '', '', ${digest}, '', 0, 0, 0, 'j', 1)`;
    expect(await attempt(postgres.running.url, insert(3))).toBe('23503');
    expect(await attempt(postgres.running.url, insert(1))).toBe('23505');
    expect(await attempt(postgres.running.url, insert(2))).toBe('done');
  });
});

describe('a login that names its role in the URL', () => {
  it.each([OWNER_ROLE, WRITER_ROLE, READER_ROLE] as const)(
    'has the rights of %s from the start',
    async (role) => {
      const url = databaseUrlAs(postgres.running.ownerUrl, role);
      const user = await withClient(url, async (client) => {
        const { rows } = await client.query<{ name: string }>('SELECT current_user AS name');
        return rows[0]?.name;
      });
      expect(user).toBe(role);
      expect(await attempt(url, 'DELETE FROM ledger.state')).toBe(
        role === READER_ROLE ? INSUFFICIENT_PRIVILEGE : 'done',
      );
    },
  );
});
