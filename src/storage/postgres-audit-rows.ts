/** A ledger's rows for an audit, under a role that only reads: single statements, and the state in one bounded snapshot. */
import pg from 'pg';
import type {
  HistoryPage,
  StateSnapshot,
  StoredBlock,
  StoredCheckpoint,
  StoredEntry,
  StoredSubjectNode,
  StoredLeaf,
  StoredProof,
  StoredRows,
  StoredTransactionRow,
  StrayRow,
  TransactionPlace,
} from '../audit/stored-rows.js';
import type { Height } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { bytesToHex } from '../protocol/primitives/bytes.js';
import { stateKeyDigest, type StateKey } from '../protocol/state/state-key.js';
import { stateBucketOf } from '../protocol/state/state-tree.js';
import { byteaArray, int4Array, int8Array } from './connection/binary-array.js';
import { clientConfig, type DatabaseAccess } from './connection/database-access.js';
import { databaseError } from './connection/database-error.js';
import { databaseUrlWithSettings } from './database-roles.js';
import { ReadPool } from './connection/read-pool.js';
import { readEpochTerms } from './statements/read-epoch-terms.js';
import * as rows from './rows/audit-rows.js';
import * as audit from './statements/audit-statements.js';
import { SELECT_LOG_NODES } from './statements/proof-statements.js';
import { SELECT_HEAD_HEIGHT } from './statements/reader-statements.js';
import { SELECT_STATE } from './statements/store-statements.js';

export type { DatabaseAccess } from './connection/database-access.js';

const TRANSACTIONS_PER_READ = 500;
/** Of bodies in one answer; one transaction alone may have more. */
const BODY_BYTES_PER_READ = 4 * 1024 * 1024;
const LEAVES_PER_READ = 5_000;
/** A snapshot keeps the server from removing old versions of rows for as long as it is open. */
const SNAPSHOT_MS_MAX = 30 * 60_000;
/** Pages are read in the order of an index: a plan that sorts reads the whole table for every page. */
const SERVER_SETTINGS = { enable_sort: 'off', enable_bitmapscan: 'off', enable_seqscan: 'off' };
const BEFORE_ALL_HEIGHTS = '-9223372036854775808';
const INT4_MAX = 2_147_483_647;
const SMALLINT_MAX = 32_767;
const AFTER_ALL_DIGESTS = Buffer.alloc(33, 0xff);

interface WithHead {
  readonly head: number | null;
}

function binary(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export class PostgresAuditRows implements StoredRows {
  private readonly pool: ReadPool;

  private readonly access: DatabaseAccess;

  /** Connects with the first read. */
  constructor(access: DatabaseAccess) {
    this.access = { ...access, url: databaseUrlWithSettings(access.url, SERVER_SETTINGS), connectionsMax: 1 };
    this.pool = new ReadPool(this.access, 'countersign-audit');
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  async readGenesis(): Promise<{ readonly chainId: Uint8Array; readonly document: Uint8Array } | undefined> {
    type Row = { chain_id: Uint8Array; document: Uint8Array };
    const [row] = await this.pool.read<Row>('read genesis', audit.AUDIT_GENESIS);
    return row && { chainId: row.chain_id, document: row.document };
  }

  async headHeight(): Promise<Height | undefined> {
    const [row] = await this.pool.read<{ height: number | null }>('read the head', SELECT_HEAD_HEIGHT);
    return row?.height ?? undefined;
  }

  async readBlocks(from: Height, to: Height, limit: number): Promise<readonly StoredBlock[]> {
    const found = await this.pool.read<rows.AuditBlockRow>('audit blocks', audit.AUDIT_BLOCKS, [
      from,
      to,
      limit,
    ]);
    return found.map(rows.rowToStoredBlock);
  }

  readTransactions(
    after: TransactionPlace | undefined,
    to: Height,
  ): Promise<readonly StoredTransactionRow[]> {
    const place =
      after === undefined ? [BEFORE_ALL_HEIGHTS, 0] : [after.height, Math.min(after.index, INT4_MAX)];
    return this.pool.read<StoredTransactionRow>('audit transactions', audit.AUDIT_TRANSACTIONS, [
      ...[...place, to, TRANSACTIONS_PER_READ, BODY_BYTES_PER_READ],
    ]);
  }

  async readLogNodes(
    nodes: readonly { readonly level: number; readonly index: number }[],
  ): Promise<readonly (Uint8Array | undefined)[]> {
    if (nodes.length === 0) return [];
    const found = await this.pool.read<{ hash: Uint8Array | null }>(
      'audit the result log',
      SELECT_LOG_NODES,
      [int4Array(nodes.map(({ level }) => level)), int8Array(nodes.map(({ index }) => index))],
    );
    return found.map(({ hash }) => hash ?? undefined);
  }

  async readCheckpoints(from: Height, to: Height): Promise<readonly StoredCheckpoint[]> {
    const range = [from, to];
    const found = await this.pool.read<rows.AuditCheckpointRow>(
      'audit checkpoints',
      audit.AUDIT_CHECKPOINTS,
      range,
    );
    return found.map(rows.rowToStoredCheckpoint);
  }

  async readStrays(limit: number): Promise<readonly StrayRow[]> {
    type Row = { stray: StrayRow['table']; height: number; index: number; level: number };
    const found = await this.pool.read<Row>('look above the head', audit.AUDIT_STRAYS, [limit]);
    return found.slice(0, limit).map(({ stray, height, index, level }) => {
      if (stray === 'log_nodes') return { table: stray, key: { level, index } };
      return { table: stray, key: stray === 'checkpoints' ? { height } : { height, index } };
    });
  }

  async readEpochTerms(): Promise<readonly Uint8Array[]> {
    const { ended } = await readEpochTerms((keys) => this.readState(keys));
    return ended.map(({ value }) => value);
  }

  private async readState(keys: readonly StateKey[]): Promise<ReadonlyMap<StateKey, Uint8Array>> {
    const digests = keys.map(stateKeyDigest);
    const found = await this.pool.read<{ key: Uint8Array; value: Uint8Array }>('read epochs', SELECT_STATE, [
      int4Array(digests.map((digest) => stateBucketOf(digest))),
      byteaArray(digests),
    ]);
    return new Map(found.map(({ key, value }) => [bytesToHex(key) as StateKey, value]));
  }

  async entryPages(): Promise<number> {
    const [row] = await this.pool.read<{ pages: number }>('measure the histories', audit.AUDIT_ENTRY_PAGES);
    return row?.pages ?? 0;
  }

  readEntriesOnPages(from: number, to: number): Promise<readonly StoredEntry[]> {
    const range = [`(${from},0)`, `(${to},0)`];
    return this.pool.read<StoredEntry>('audit records', audit.AUDIT_ENTRIES_ON_PAGES, range);
  }

  readBodies(
    places: readonly TransactionPlace[],
  ): Promise<readonly Pick<StoredTransactionRow, 'height' | 'index' | 'body' | 'outcome'>[]> {
    return this.pool.read('audit records', audit.AUDIT_BODIES, [
      int8Array(places.map(({ height }) => height)),
      int4Array(places.map(({ index }) => index)),
    ]);
  }

  async readHistories(after: Uint8Array | undefined, limit: number): Promise<HistoryPage> {
    type Scanned = WithHead & { entries: number; last: Uint8Array | null };
    type Row = Scanned & { key_digest: Uint8Array | null; key: Uint8Array; value: Uint8Array };
    const found = await this.pool.read<Row>('audit histories', audit.AUDIT_HISTORIES, [
      ...[after === undefined ? -1 : stateBucketOf(after), binary(after ?? new Uint8Array(0)), limit],
    ]);
    const histories = found.flatMap(({ key_digest: keyDigest, key, value }) =>
      keyDigest === null ? [] : [{ keyDigest, key, value }],
    );
    const [first] = found;
    const isLast = first === undefined || first.entries < limit;
    return { asOfHeight: first?.head ?? 0, histories, upTo: isLast ? undefined : (first.last ?? undefined) };
  }

  readEntries(
    after: { readonly subjectDigest: Uint8Array; readonly sequence: number } | undefined,
    upTo: Uint8Array | undefined,
    limit: number,
  ): Promise<readonly StoredEntry[]> {
    return this.pool.read<StoredEntry>('audit histories', audit.AUDIT_ENTRIES, [
      binary(after?.subjectDigest ?? new Uint8Array(0)),
      after?.sequence ?? 0,
      upTo === undefined ? AFTER_ALL_DIGESTS : binary(upTo),
      limit,
    ]);
  }

  readSubjectNodes(
    ...[after, upTo, limit]: Parameters<StoredRows['readSubjectNodes']>
  ): Promise<readonly StoredSubjectNode[]> {
    const [digest, level, index] =
      after === undefined
        ? [new Uint8Array(0), 0, 0]
        : after instanceof Uint8Array
          ? // Behind everything of this digest.
            [after, SMALLINT_MAX, 0]
          : [after.subjectDigest, after.level, after.index];
    return this.pool.read<StoredSubjectNode>('audit histories', audit.AUDIT_SUBJECT_NODES, [
      ...[binary(digest), level, index],
      ...[upTo === undefined ? AFTER_ALL_DIGESTS : binary(upTo), limit],
    ]);
  }

  async readProofs(after: number, limit: number): Promise<readonly StoredProof[]> {
    const found = await this.pool.read<rows.AuditProofRow>('audit evidence', audit.AUDIT_PROOFS, [
      after,
      limit,
    ]);
    return found.map(rows.rowToStoredProof);
  }

  async readBuckets(
    from: number,
    to: number | undefined,
  ): Promise<{ readonly asOfHeight: Height; readonly leaves: readonly StoredLeaf[] }> {
    type Row = WithHead & (StoredLeaf | { bucket: null });
    const range = [from, to ?? INT4_MAX];
    const found = await this.pool.read<Row>('audit the state', audit.AUDIT_BUCKETS, range);
    const leaves = found.flatMap((row) => (row.bucket === null ? [] : [row]));
    return { asOfHeight: found[0]?.head ?? 0, leaves };
  }

  /**
   * The state and the head that it is of, as one moment: a database transaction that only reads, on a connection of its own,
   * which lasts as long as `work`. Rejects AUDIT_SNAPSHOT_TOO_LONG after half an hour.
   */
  async withStateSnapshot<Value>(work: (snapshot: StateSnapshot) => Promise<Value>): Promise<Value> {
    const client = new pg.Client(clientConfig(this.access, 'countersign-audit'));
    // A connection that breaks between two statements is told by the next one.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      type Head = { height: number; result_record: Uint8Array };
      const [head] = (await client.query<Head>({ ...audit.AUDIT_HEAD })).rows;
      if (head === undefined)
        throw new LedgerError('LEDGER_EMPTY', 'the database holds no ledger yet: start the node once');
      return await work({
        height: head.height,
        resultRecord: head.result_record,
        leaves: streamLeaves(client, Date.now() + SNAPSHOT_MS_MAX),
      });
    } catch (error) {
      throw databaseError(error, 'audit the state');
    } finally {
      await client.end();
    }
  }
}

async function* streamLeaves(client: pg.Client, deadlineMs: number): AsyncGenerator<readonly StoredLeaf[]> {
  let after: unknown[] = [-1, Buffer.alloc(0)];
  for (;;) {
    if (Date.now() > deadlineMs) {
      const message = `the state was not read within ${SNAPSHOT_MS_MAX / 60_000} minutes, and a longer snapshot would hold up the database: audit a standby or a restored copy`;
      throw new LedgerError('AUDIT_SNAPSHOT_TOO_LONG', message);
    }
    const values = [...after, LEAVES_PER_READ];
    const found = (await client.query<StoredLeaf>({ ...audit.AUDIT_LEAVES, values })).rows;
    if (found.length > 0) yield found;
    const last = found.at(-1);
    if (last === undefined || found.length < LEAVES_PER_READ) return;
    after = [last.bucket, last.keyDigest];
  }
}
