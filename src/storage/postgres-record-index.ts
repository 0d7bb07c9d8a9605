/**
 * The search index in PostgreSQL as the node writes it, over one connection of its own: blocks are committed while the index is
 * behind, and the other way round. Its database transactions need not be durable at once, since what a crash takes is made again.
 */
import pg from 'pg';
import type { Height } from '../protocol/primitives/identifiers.js';
import type { BlockToIndex, IndexedBlock, IndexPosition, RecordIndex } from '../node/index-ports.js';
import { clientConfig, type DatabaseAccess } from './connection/database-access.js';
import { databaseError } from './connection/database-error.js';
import type { WriteStatement } from './connection/writer-connection.js';
import * as statements from './statements/index-statements.js';

const BLOCKS_PER_READ_MAX = 1_000;
const IDLE_TIMEOUT_MS = 60_000;

interface BlockRow {
  readonly height: number;
  readonly timestamp_ms: number;
  /** Null in the one row of a block without transactions. */
  readonly body: Uint8Array | null;
  readonly signature: Uint8Array;
  readonly outcome: Uint8Array;
}

export class PostgresRecordIndex implements RecordIndex {
  private readonly pool: pg.Pool;

  /** Connects with the first call. */
  constructor(access: DatabaseAccess) {
    this.pool = new pg.Pool({
      ...clientConfig(access, 'countersign-index'),
      max: 1,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
    });
    // An idle connection that ends has been removed by the pool; the next call tells if the database is gone.
    this.pool.on('error', () => undefined);
    // One that breaks between two statements of a database transaction: the next statement tells.
    this.pool.on('connect', (client) => {
      client.on('error', () => undefined);
    });
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  async position(): Promise<IndexPosition | undefined> {
    const [row] = await this.query<IndexPosition>(
      'read where the search index is',
      statements.SELECT_POSITION,
    );
    return row === undefined ? undefined : { version: row.version, height: row.height };
  }

  async begin(version: number): Promise<void> {
    await this.inTransaction('empty the search index', async (client) => {
      for (const statement of statements.emptyIndex(version)) await client.query({ ...statement });
      return true;
    });
  }

  async readBlocks(after: Height, bytesMax: number): Promise<readonly BlockToIndex[]> {
    const rows = await this.query<BlockRow>('read blocks for the search index', {
      ...statements.SELECT_BLOCKS_TO_INDEX,
      values: [after, bytesMax, BLOCKS_PER_READ_MAX],
    });
    const blocks = new Map<Height, BlockToIndex & { transactions: BlockToIndex['transactions'][number][] }>();
    for (const { height, timestamp_ms: timestampMs, body, signature, outcome } of rows) {
      const block = blocks.get(height) ?? { height, timestampMs, transactions: [] };
      blocks.set(height, block);
      if (body !== null) block.transactions.push({ body, signature, outcome });
    }
    return [...blocks.values()];
  }

  async append(from: IndexPosition, blocks: readonly IndexedBlock[]): Promise<boolean> {
    const height = blocks.at(-1)?.height ?? from.height;
    return this.inTransaction('write the search index', async (client) => {
      const moved = await client.query({
        ...statements.MOVE_POSITION,
        values: [from.version, from.height, height],
      });
      if (moved.rowCount !== 1) return false;
      for (const statement of statements.insertIndexed(blocks)) await client.query({ ...statement });
      return true;
    });
  }

  private async query<Row extends pg.QueryResultRow>(
    action: string,
    statement: WriteStatement,
  ): Promise<readonly Row[]> {
    try {
      return (await this.pool.query<Row>({ ...statement })).rows;
    } catch (error) {
      throw databaseError(error, action);
    }
  }

  /** Takes effect when `work` gives true; otherwise nothing has happened. */
  private async inTransaction(
    action: string,
    work: (client: pg.PoolClient) => Promise<boolean>,
  ): Promise<boolean> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.pool.connect();
      await client.query('BEGIN; SET LOCAL synchronous_commit = off');
      const isDone = await work(client);
      await client.query(isDone ? 'COMMIT' : 'ROLLBACK');
      client.release();
      return isDone;
    } catch (error) {
      // The server ends the database transaction of a connection that goes.
      client?.release(true);
      throw databaseError(error, action);
    }
  }
}
