/** A few connections for reads, opened when needed. A broken one is thrown away; the next read opens another. */
import pg from 'pg';
import { clientConfig, type DatabaseAccess } from './database-access.js';
import { databaseError } from './database-error.js';

const DEFAULT_CONNECTIONS_MAX = 4;
const IDLE_TIMEOUT_MS = 60_000;

/** A statement with a name is parsed once for each connection; one whose text depends on what is asked has none. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

export class ReadPool {
  private readonly pool: pg.Pool;

  constructor(
    access: DatabaseAccess,
    applicationName: string,
    planning: Readonly<Record<string, string>> = {},
  ) {
    this.pool = new pg.Pool({
      ...clientConfig(access, applicationName, planning),
      max: access.connectionsMax ?? DEFAULT_CONNECTIONS_MAX,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
    });
    // An idle connection that ends has been removed by the pool; the next read tells if the database is gone.
    this.pool.on('error', () => undefined);
  }

  /** `action` completes "could not …". Rejects LedgerError. */
  async read<Row extends pg.QueryResultRow>(
    action: string,
    statement: Statement,
    values: unknown[] = [],
  ): Promise<Row[]> {
    try {
      return (await this.pool.query<Row>({ ...statement, values })).rows;
    } catch (error) {
      throw databaseError(error, action);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
