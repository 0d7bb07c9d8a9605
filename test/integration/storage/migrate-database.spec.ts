import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { databaseUrlAs, WRITER_ROLE } from '../../../src/storage/database-roles.js';
import { assertMigrated, migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { createStoredChain } from '../../support/stored-chain.js';
import {
  createTestDatabase,
  createTestPostgres,
  withClient,
  type TestPostgres,
} from '../../support/test-postgres.js';

const migrations = fileURLToPath(new URL('../../../migrations', import.meta.url));
const current = [
  '0001_ledger',
  '0002_evidence',
  '0003_member_entries',
  '0004_readers',
  '0005_motions',
  '0006_subject_nodes',
  '0007_search',
  '0008_audit',
  '0009_credentials',
];

let postgres: TestPostgres;
/** The migrations of a version after this one. */
let newer: string;

beforeAll(async () => {
  postgres = await createTestPostgres();
  newer = await mkdtemp(join(tmpdir(), 'countersign-migrations-'));
  await cp(migrations, newer, { recursive: true });
  await writeFile(
    join(newer, '9999_later.sql'),
    '-- Up Migration\nCREATE TABLE ledger.later (id integer);\n',
  );
});

afterAll(async () => {
  await postgres.remove();
  await rm(newer, { recursive: true });
});

describe('migrateDatabase', () => {
  it('says what to do when the login may not create the roles, and works when it may', async () => {
    const { ownerUrl } = postgres.running;
    await withClient(ownerUrl, async (client) => {
      await client.query('DROP ROLE countersign_node, countersign_api');
      await client.query('DROP ROLE countersign_owner, countersign_writer, countersign_reader');
      await client.query(`CREATE ROLE limited LOGIN PASSWORD 'limited'`);
      await client.query('CREATE DATABASE limited OWNER limited');
    });
    const limited = { username: 'limited', password: 'limited', pathname: '/limited' };
    const url = Object.assign(new URL(ownerUrl), limited).toString();
    await expect(migrateDatabase(url)).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
      message: expect.stringMatching(
        /role countersign_owner is missing.*CREATE ROLE countersign_owner NOLOGIN/s,
      ),
    });
    await withClient(ownerUrl, (client) => client.query('ALTER ROLE limited CREATEROLE'));
    const { applied, precautions } = await migrateDatabase(url);
    expect(applied).toEqual(current);
    // Of what belongs to the server's administrator the owner of a database can take nothing away.
    const doors = precautions.map(({ door }) => door);
    expect(doors).toContain('auditors may run programs (DO)');
    expect(doors).toContain('auditors may call pg_advisory_lock(bigint)');
    expect(doors).not.toContain('auditors may create temporary tables');
    await withClient(ownerUrl, (client) => client.query('ALTER ROLE limited NOCREATEROLE'));
    const store = await PostgresLedgerStore.open({ url: databaseUrlAs(url, WRITER_ROLE) });
    expect((await store.initialise(createStoredChain().genesisResult)).height).toBe(0);
    await store.close();
  });

  it('applies each migration once, also when two start together', async () => {
    const { ownerUrl } = await createTestDatabase(postgres.running, 'together');
    await expect(assertMigrated(ownerUrl)).rejects.toMatchObject({
      code: 'DATABASE_NOT_MIGRATED',
      message: expect.stringContaining('countersign db migrate'),
    });
    const reports = await Promise.all([migrateDatabase(ownerUrl), migrateDatabase(ownerUrl)]);
    expect(reports.flatMap(({ applied }) => applied)).toEqual(current);
    expect((await migrateDatabase(ownerUrl)).applied).toEqual([]);
    await assertMigrated(ownerUrl);
  });

  it('brings an older schema up to date and refuses a newer one', async () => {
    const { ownerUrl } = await createTestDatabase(postgres.running, 'newer');
    await migrateDatabase(ownerUrl);
    await expect(assertMigrated(ownerUrl, newer)).rejects.toMatchObject({
      code: 'DATABASE_NOT_MIGRATED',
      message: expect.stringContaining('9999_later'),
    });
    expect((await migrateDatabase(ownerUrl, newer)).applied).toEqual(['9999_later']);
    for (const refused of [
      () => assertMigrated(ownerUrl),
      () => migrateDatabase(ownerUrl),
      () => PostgresLedgerStore.open({ url: ownerUrl }),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: 'DATABASE_TOO_NEW' });
    }
  });

  it('leaves the database as it was when a migration fails', async () => {
    const { ownerUrl } = await createTestDatabase(postgres.running, 'failing');
    const failing = await mkdtemp(join(tmpdir(), 'countersign-migrations-'));
    await cp(migrations, failing, { recursive: true });
    await writeFile(
      join(failing, '9999_broken.sql'),
      '-- Up Migration\nCREATE TABLE ledger.x (id nonsense);\n',
    );
    await expect(migrateDatabase(ownerUrl, failing)).rejects.toMatchObject({
      code: 'DATABASE_MIGRATION_FAILED',
    });
    await rm(failing, { recursive: true });
    await expect(assertMigrated(ownerUrl)).rejects.toMatchObject({ code: 'DATABASE_NOT_MIGRATED' });
    expect((await migrateDatabase(ownerUrl)).applied).toEqual(current);
  });

  it('says that a database cannot be reached', async () => {
    const url = 'postgresql://nobody:none@127.0.0.1:1/none';
    await expect(migrateDatabase(url)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(assertMigrated(url)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});
