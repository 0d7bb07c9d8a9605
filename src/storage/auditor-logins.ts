/**
 * Logins of auditors, as the administrator of a node's database makes and removes them. Every server-side limit is set here; a login may
 * lift those again, which is why the node watches (auditor-watch.ts).
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { AuditorLimits } from './auditors/auditor-policy.js';
import { readPrecautions, takePrecautions, type AuditorPrecaution } from './auditors/auditor-precautions.js';
import { scramVerifier } from './auditors/scram-verifier.js';
import { databaseError, sqlState } from './connection/database-error.js';
import { withClient } from './connection/with-client.js';
import { AUDITOR_ROLE, OWNER_ROLE, READER_ROLE, WRITER_ROLE } from './database-roles.js';

const INSUFFICIENT_PRIVILEGE = '42501';
const LOCK_TIMEOUT_MS = 5_000;
/** Disk that one session may take for sorting and for cursors that outlive their database transaction. */
const TEMPORARY_FILES_MAX = '1GB';
const SALT_BYTES = 16;
const TABLES_PLANNED_MAX = 11;
/** First version with a limit for whole database transactions. */
const TRANSACTION_TIMEOUT_SINCE = 170_000;

export interface NewAuditor {
  /** `[a-z][a-z0-9_]{0,62}`. */
  readonly name: string;
  /** Printable ASCII. */
  readonly password: string;
  /** Sessions at the same time. */
  readonly connectionsMax: number;
  readonly limits: AuditorLimits;
}

export interface AuditorLogin {
  readonly name: string;
  readonly connectionsMax: number;
  /** Open at the moment. */
  readonly sessions: number;
  /** Whether the node may end its sessions. */
  readonly watched: boolean;
  /** "name=value", as each session begins with. */
  readonly settings: readonly string[];
}

export interface AuditorList {
  readonly auditors: readonly AuditorLogin[];
  readonly precautions: readonly AuditorPrecaution[];
}

async function asAdministrator<Value>(
  url: string,
  action: string,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  try {
    return await withClient(url, 'countersign-auditors', work);
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw databaseError(error, action);
    throw new LedgerError(
      'AUDITOR_NOT_PERMITTED',
      `could not ${action}, the login of database.ownerUrl may not: ${error instanceof Error ? error.message : String(error)}. Name one that may create roles and is a member of ${OWNER_ROLE}`,
      { cause: error },
    );
  }
}

/** Direct members of the group that serve the ledger in no other role; `$1` is one name, or null for all. */
const SELECT_AUDITORS = `
  SELECT login.rolname::text AS name, login.rolconnlimit AS "connectionsMax",
         (SELECT count(*)::integer FROM pg_catalog.pg_stat_activity AS activity WHERE activity.usesysid = login.oid) AS sessions,
         pg_has_role('${WRITER_ROLE}', login.oid, 'USAGE') AS watched,
         coalesce((SELECT setconfig FROM pg_catalog.pg_db_role_setting WHERE setrole = login.oid AND setdatabase = 0), '{}')
           AS settings
  FROM pg_catalog.pg_roles AS login
  WHERE login.rolcanlogin AND ($1::text IS NULL OR login.rolname = $1)
    AND EXISTS (SELECT FROM pg_catalog.pg_auth_members AS membership
                WHERE membership.member = login.oid AND membership.roleid = to_regrole('${AUDITOR_ROLE}'))
    AND NOT login.rolsuper AND NOT pg_has_role(login.oid, '${OWNER_ROLE}', 'MEMBER')
    AND NOT pg_has_role(login.oid, '${WRITER_ROLE}', 'MEMBER') AND NOT pg_has_role(login.oid, '${READER_ROLE}', 'MEMBER')
  ORDER BY login.rolname`;

async function readAuditors(client: pg.Client, name?: string): Promise<readonly AuditorLogin[]> {
  return (await client.query<AuditorLogin>(SELECT_AUDITORS, [name ?? null])).rows;
}

function settingsOf(limits: AuditorLimits, serverVersion: number): Readonly<Record<string, string | number>> {
  const { statementTimeoutMs, transactionTimeoutMs } = limits;
  return {
    default_transaction_read_only: 'on',
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: Math.min(statementTimeoutMs, transactionTimeoutMs),
    lock_timeout: Math.min(LOCK_TIMEOUT_MS, statementTimeoutMs),
    max_parallel_workers_per_gather: 0,
    // Two or three views of several tables each are to be planned as one.
    from_collapse_limit: TABLES_PLANNED_MAX,
    join_collapse_limit: TABLES_PLANNED_MAX,
    ...(serverVersion >= TRANSACTION_TIMEOUT_SINCE ? { transaction_timeout: transactionTimeoutMs } : {}),
  };
}

async function createLogin(
  client: pg.Client,
  { name, password, connectionsMax, limits }: NewAuditor,
): Promise<void> {
  const login = client.escapeIdentifier(name);
  const verifier = client.escapeLiteral(scramVerifier(password, randomBytes(SALT_BYTES)));
  const { rows } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version_num') AS version`,
  );
  await client.query('BEGIN');
  await client.query(`CREATE ROLE ${login} LOGIN CONNECTION LIMIT ${connectionsMax} PASSWORD ${verifier}`);
  await client.query(`GRANT ${AUDITOR_ROLE} TO ${login}`);
  // Whoever is a member of a login may end its sessions, and those of no other.
  await client.query(`GRANT ${login} TO ${WRITER_ROLE}, ${OWNER_ROLE}`);
  for (const [setting, value] of Object.entries(settingsOf(limits, Number(rows[0]?.version))))
    await client.query(`ALTER ROLE ${login} SET ${setting} = ${value}`);
  await client.query('COMMIT');
}

/** Only a superuser, or whoever was granted it, may set this one. */
async function limitTemporaryFiles(client: pg.Client, name: string): Promise<readonly AuditorPrecaution[]> {
  const statement = `ALTER ROLE ${client.escapeIdentifier(name)} SET temp_file_limit = '${TEMPORARY_FILES_MAX}'`;
  try {
    await client.query(statement);
    return [];
  } catch (error) {
    if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    return [{ door: `${name} may fill the disk with temporary files`, remedy: statement }];
  }
}

/**
 * Makes the login, after shutting every door that `ownerUrl` may shut; resolves with those that stay open. Rejects LedgerError
 * AUDITOR_EXISTS, AUDITOR_NOT_PERMITTED, DATABASE_UNAVAILABLE, DATABASE_NOT_MIGRATED.
 */
export async function addAuditor(
  ownerUrl: string,
  auditor: NewAuditor,
): Promise<readonly AuditorPrecaution[]> {
  const { name } = auditor;
  return asAdministrator(ownerUrl, `add the auditor ${name}`, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_roles WHERE rolname = $1', [name]);
    if (rowCount !== 0) {
      throw new LedgerError(
        'AUDITOR_EXISTS',
        `the database server has a role ${name} already; remove it with "countersign db auditor remove" if it is an auditor's, or choose another name`,
      );
    }
    await takePrecautions(client);
    await createLogin(client, auditor);
    return [...(await readPrecautions(client)), ...(await limitTemporaryFiles(client, name))];
  });
}

/** Ends the sessions of the login and removes it; resolves with their number. Rejects LedgerError AUDITOR_UNKNOWN and as `addAuditor`. */
export async function removeAuditor(ownerUrl: string, name: string): Promise<number> {
  return asAdministrator(ownerUrl, `remove the auditor ${name}`, async (client) => {
    const [auditor] = await readAuditors(client, name);
    if (auditor === undefined) {
      throw new LedgerError(
        'AUDITOR_UNKNOWN',
        `the database server has no auditor ${name}; "countersign db auditor list" names them`,
      );
    }
    const login = client.escapeIdentifier(name);
    // First, so that none begins while the others end.
    await client.query(`ALTER ROLE ${login} NOLOGIN`);
    const { rowCount } = await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = $1`,
      [name],
    );
    await client.query(`DROP ROLE ${login}`);
    return rowCount ?? 0;
  });
}

export async function listAuditors(ownerUrl: string): Promise<AuditorList> {
  return asAdministrator(ownerUrl, 'list the auditors', async (client) => ({
    auditors: await readAuditors(client),
    precautions: await readPrecautions(client),
  }));
}
