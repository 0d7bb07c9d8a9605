/**
 * The one connection that writes. It holds an advisory lock of the database for as long as it lives, so that two nodes
 * cannot write to one ledger; a new connection takes the lock again. Statements are sent without waiting for the
 * answers of those before them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { clientConfig, type DatabaseAccess } from './database-access.js';
import { databaseError, sqlState } from './database-error.js';

/** "cntrsign" as a number: which advisory lock of the database is ours. */
const LOCK_KEY = '7164792092104419182';
const LOCK_ATTEMPTS = 20;
const LOCK_RETRY_MS = 100;

export interface WriteStatement {
  /** Named statements are parsed once. */
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

export class WriterConnection {
  private current: { readonly client: Promise<pg.Client>; broken: boolean } | undefined;
  private hasHeldLock = false;
  private closed = false;

  constructor(private readonly access: DatabaseAccess) {}

  /**
   * Sends the statements back to back, nothing of another call between them, and resolves with their results. Rejects
   * with the driver's error of the first that failed, after all have been answered.
   */
  async send(statements: readonly WriteStatement[]): Promise<readonly pg.QueryResult[]> {
    const client = await this.connected();
    const answers = await Promise.allSettled(statements.map((statement) => client.query({ ...statement })));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed === undefined) return answers.flatMap((answer) => ('value' in answer ? [answer.value] : []));
    // Not the server's word about a statement: the connection is of no use any more.
    if (sqlState(failed.reason) === undefined) await this.discard(client);
    throw failed.reason;
  }

  /** Connects and takes the lock. Rejects DATABASE_UNAVAILABLE, DATABASE_LOCKED. */
  async open(): Promise<void> {
    await this.connected();
  }

  async close(): Promise<void> {
    this.closed = true;
    const client = await this.current?.client.catch(() => undefined);
    await client?.end();
  }

  private async connected(): Promise<pg.Client> {
    if (this.closed)
      throw new LedgerError('DATABASE_UNAVAILABLE', 'the connection to the database was closed');
    if (this.current !== undefined && !this.current.broken) return this.current.client;
    const client = new pg.Client({ ...clientConfig(this.access, 'countersign-writer'), pipeline: true });
    const connection = { client: this.connect(client), broken: false };
    this.current = connection;
    const forget = (): void => {
      connection.broken = true;
    };
    client.on('error', forget);
    client.on('end', forget);
    try {
      return await connection.client;
    } catch (error) {
      forget();
      throw databaseError(error, 'connect for writing');
    }
  }

  private async connect(client: pg.Client): Promise<pg.Client> {
    try {
      await client.connect();
      // A server that has lost sight of this process gives the lock free within half a minute.
      await client.query(
        'SET synchronous_commit = on; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3',
      );
      await this.takeLock(client);
      return client;
    } catch (error) {
      await this.discard(client);
      throw error;
    }
  }

  private async discard(client: pg.Client): Promise<void> {
    await client.end().catch(() => undefined);
  }

  private async takeLock(client: pg.Client): Promise<void> {
    for (let attempt = 1; attempt <= LOCK_ATTEMPTS; attempt++) {
      const { rows } = await client.query<{ taken: boolean }>(
        `SELECT pg_try_advisory_lock(${LOCK_KEY}) AS taken`,
      );
      if (rows[0]?.taken === true) {
        this.hasHeldLock = true;
        return;
      }
      await sleep(LOCK_RETRY_MS);
    }
    // After a broken connection the holder may be our own session, which the server has not given up yet.
    throw this.hasHeldLock
      ? new LedgerError(
          'DATABASE_UNAVAILABLE',
          'the database still holds the lock of the connection that broke',
        )
      : new LedgerError(
          'DATABASE_LOCKED',
          'another node writes to this database: stop it, or give each node a database of its own',
        );
  }
}
