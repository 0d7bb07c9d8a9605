/** How one part of the program reaches the database, with every limit. The same fields as `database` of the configuration. */
import type pg from 'pg';
import { databaseUrlWithSettings } from '../database-roles.js';
import { columnTypes } from './column-types.js';

export interface DatabaseAccess {
  readonly url: string;
  /** Connections that this pool opens at most. */
  readonly connectionsMax?: number;
  readonly connectTimeoutMs?: number;
  /** No statement runs longer. */
  readonly statementTimeoutMs?: number;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_STATEMENT_TIMEOUT_MS = 15_000;
/** The server's own limit comes first; this one is for a server or network that says nothing at all. */
const SILENCE_MARGIN_MS = 5_000;
/**
 * Parameters are arrays of up to thousands of keys: a plan made anew for each of them costs more than it saves, and
 * without statistics it is a sequential scan.
 */
const SERVER_SETTINGS = { plan_cache_mode: 'force_generic_plan' };

/** Settings of a connection; `applicationName` is what pg_stat_activity shows, `planning` what else the server plans by. */
export function clientConfig(
  access: DatabaseAccess,
  applicationName: string,
  planning: Readonly<Record<string, string>> = {},
): pg.ClientConfig {
  const statementTimeoutMs = access.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
  return {
    connectionString: databaseUrlWithSettings(access.url, { ...SERVER_SETTINGS, ...planning }),
    application_name: applicationName,
    connectionTimeoutMillis: access.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 2 * statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MARGIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: columnTypes,
  };
}
