/**
 * One connection that is kept through failing statements, unlike those of a pool: what it has loaded stays loaded, for when the
 * server has no room to load it again. A broken one is replaced at the next read.
 */
import pg from 'pg';
import { clientConfig, type DatabaseAccess } from './database-access.js';
import { databaseError, sqlState } from './database-error.js';
import type { Statement } from './read-pool.js';

export class LastingConnection {
  private client: Promise<pg.Client> | undefined;

  constructor(
    private readonly access: DatabaseAccess,
    private readonly applicationName: string,
  ) {}

  /** `action` completes "could not …". Rejects LedgerError. */
  async read<Row extends pg.QueryResultRow>(
    action: string,
    statement: Statement,
    values: unknown[] = [],
  ): Promise<Row[]> {
    try {
      const client = await this.connected();
      return (await client.query<Row>({ ...statement, values })).rows;
    } catch (error) {
      if (sqlState(error) === undefined) await this.close();
      throw databaseError(error, action);
    }
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    // One that never came, or is broken, has nothing left to be closed.
    await client?.then((each) => each.end()).catch(() => undefined);
  }

  private connected(): Promise<pg.Client> {
    this.client ??= this.connect();
    return this.client;
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client(clientConfig(this.access, this.applicationName));
    const forget = (): void => {
      this.client = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      await client.connect();
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
