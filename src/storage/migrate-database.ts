/** Brings the database to the schema of this version (migrations/*.sql, forward only), and tells whether it is there. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { readPrecautions, type AuditorPrecaution } from './auditors/auditor-precautions.js';
import { databaseError, notMigrated, sqlState } from './connection/database-error.js';
import { withClient } from './connection/with-client.js';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const SCHEMA = 'ledger';
const TABLE = 'schema_migrations';
const UNDEFINED_TABLE = '42P01';
const INVALID_SCHEMA = '3F000';
const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_ROLE = '22023';

export interface MigrationReport {
  /** Names of the migrations that were applied now, in order; empty when there was nothing to do. */
  readonly applied: readonly string[];
  /** What an auditor's login could do to others, since the migrating login may not forbid it. */
  readonly precautions: readonly AuditorPrecaution[];
}

/**
 * Applies what is missing, all or nothing; a second process waits for the first. `ownerUrl` is a login that may create
 * the schema. `directory` holds other migrations in tests. Rejects LedgerError DATABASE_UNAVAILABLE,
 * DATABASE_MIGRATION_FAILED, DATABASE_TOO_NEW.
 */
export async function migrateDatabase(
  ownerUrl: string,
  directory: string = MIGRATIONS,
): Promise<MigrationReport> {
  return withMigrator(ownerUrl, 'migrate the database', async (client) => {
    refuseNewer(await appliedMigrations(client), await knownMigrations(directory));
    const log: string[] = [];
    const note = (line: string): void => void log.push(line);
    try {
      const applied = await runner({
        dbClient: client,
        dir: directory,
        direction: 'up',
        schema: SCHEMA,
        createSchema: true,
        migrationsTable: TABLE,
        singleTransaction: true,
        checkOrder: true,
        advisoryLockMode: 'wait',
        logger: { info: note, warn: note, error: note },
      });
      return { applied: applied.map(({ name }) => name), precautions: await readPrecautions(client) };
    } catch (error) {
      throw migrationError(error);
    }
  });
}

/** Rejects DATABASE_NOT_MIGRATED when a migration is missing, DATABASE_TOO_NEW when a later version has migrated. */
export async function assertMigrated(url: string, directory: string = MIGRATIONS): Promise<void> {
  await withMigrator(url, 'check the schema of the database', async (client) => {
    const applied = await appliedMigrations(client);
    const known = await knownMigrations(directory);
    refuseNewer(applied, known);
    const missing = known.filter((name) => !applied.includes(name));
    if (missing.length > 0) throw notMigrated(`${missing.join(', ')} not applied`);
  });
}

async function withMigrator<Value>(
  url: string,
  action: string,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  try {
    return await withClient(url, 'countersign-migrations', work);
  } catch (error) {
    if (sqlState(error) === UNDEFINED_ROLE) throw notMigrated(String(error), error);
    throw databaseError(error, action);
  }
}

async function appliedMigrations(client: pg.Client): Promise<readonly string[]> {
  try {
    const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${SCHEMA}.${TABLE} ORDER BY id`);
    return rows.map(({ name }) => name);
  } catch (error) {
    // A login that was given nothing yet sees no more of the schema than one of a database without it.
    const state = sqlState(error);
    if (state === UNDEFINED_TABLE || state === INVALID_SCHEMA || state === INSUFFICIENT_PRIVILEGE) return [];
    throw error;
  }
}

async function knownMigrations(directory: string): Promise<readonly string[]> {
  const files = await readdir(directory);
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => basename(file, '.sql'))
    .sort((left, right) => (left < right ? -1 : 1));
}

function refuseNewer(applied: readonly string[], known: readonly string[]): void {
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new LedgerError(
    'DATABASE_TOO_NEW',
    `a newer version has migrated the database (${unknown.join(', ')}): start that version, or restore a backup from before`,
  );
}

function migrationError(error: unknown): LedgerError {
  const state = sqlState(error);
  if (state === undefined || state.startsWith('08') || state.startsWith('57')) {
    return databaseError(error, 'migrate the database');
  }
  const hint = error instanceof pg.DatabaseError && error.hint !== undefined ? ` Fix: ${error.hint}` : '';
  return new LedgerError(
    'DATABASE_MIGRATION_FAILED',
    `the database was not migrated and is as before: ${error instanceof Error ? error.message : String(error)}.${hint}`,
    { cause: error },
  );
}
