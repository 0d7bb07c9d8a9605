/** Reads of the ledger in PostgreSQL for the REST edge and for receipts, under a role that cannot write. */
import type { MerkleNodeId } from '../protocol/crypto/merkle/merkle-frontier.js';
import type { CheckpointCertificate } from '../protocol/pbft/certificate.js';
import { checkedInteger } from '../protocol/primitives/checked-integers.js';
import type { Height, TransactionId } from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { StateKey } from '../protocol/state/state-key.js';
import type {
  BlockSummary,
  BucketKey,
  HistoryLeaf,
  HistoryPage,
  LedgerReader,
  StateDigest,
  StatePage,
  StatePageBounds,
  StateRow,
  StoredEvidence,
  StoredResult,
  StoredTransaction,
} from '../node/ports.js';
import type { DatabaseAccess } from './connection/database-access.js';
import { ReadPool } from './connection/read-pool.js';
import { rowToBlockSummary, type BlockSummaryRow } from './rows/block-rows.js';
import { rowToStoredEvidence, type EvidenceRow } from './rows/evidence-row.js';
import { rowToTransaction, transactionIdOf, type TransactionRow } from './rows/transaction-rows.js';
import {
  readCertificate,
  readLogNodes,
  SELECT_CHECKPOINT,
  SELECT_FIRST_CHECKPOINT_FROM,
  SELECT_HIGHEST_CHECKPOINT,
} from './statements/proof-statements.js';
import { readBuckets } from './statements/bucket-statements.js';
import { readHistory, readHistoryLeaves, readHistoryNodes } from './statements/history-statements.js';
import { listStateDigests, readResult } from './statements/comparison-statements.js';
import { listState } from './statements/member-statements.js';
import * as select from './statements/reader-statements.js';

/** More on one page is an error of the caller. */
export const PAGE_LIMIT_MAX = 1_000;

export class PostgresLedgerReader implements LedgerReader {
  private readonly pool: ReadPool;

  /** Connects with the first read. */
  constructor(access: DatabaseAccess) {
    this.pool = new ReadPool(access, 'countersign-api');
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  async findTransaction(id: TransactionId): Promise<StoredTransaction | undefined> {
    const [row] = await this.pool.read<TransactionRow>('read a transaction', select.SELECT_TRANSACTION, [
      Buffer.from(id, 'hex'),
    ]);
    return row === undefined ? undefined : rowToTransaction(row);
  }

  async listTransactions(
    after: { readonly height: Height; readonly index: number } | undefined,
    limit: number,
    filter: { readonly height?: Height } = {},
  ): Promise<readonly StoredTransaction[]> {
    const page = [after?.height ?? -1, after?.index ?? -1, checkedLimit(limit)];
    const rows = await (filter.height === undefined
      ? this.pool.read<TransactionRow>('list transactions', select.LIST_TRANSACTIONS, page)
      : this.pool.read<TransactionRow>('list transactions', select.LIST_TRANSACTIONS_OF_BLOCK, [
          ...page,
          filter.height,
        ]));
    return rows.map(rowToTransaction);
  }

  async readEntries(
    height: Height,
  ): Promise<readonly { readonly id: TransactionId; readonly outcome: Uint8Array }[]> {
    const rows = await this.pool.read<Pick<TransactionRow, 'id' | 'outcome'>>(
      'read the outcomes of a block',
      select.SELECT_ENTRIES,
      [height],
    );
    return rows.map(({ id, outcome }) => ({ id: transactionIdOf(id), outcome }));
  }

  async readBlock(height: Height): Promise<BlockSummary | undefined> {
    const [row] = await this.pool.read<BlockSummaryRow>('read a block', select.SELECT_BLOCK, [height]);
    return row === undefined ? undefined : rowToBlockSummary(row);
  }

  /** With `before` alone descending, otherwise ascending. */
  async listBlocks(
    page: { readonly after?: Height; readonly before?: Height },
    limit: number,
  ): Promise<readonly BlockSummary[]> {
    const { after, before } = page;
    const statement =
      after === undefined && before !== undefined
        ? select.LIST_BLOCKS_DESCENDING
        : select.LIST_BLOCKS_ASCENDING;
    const rows = await this.pool.read<BlockSummaryRow>('list blocks', statement, [
      ...[after ?? 0, before ?? Number.MAX_SAFE_INTEGER, checkedLimit(limit)],
    ]);
    return rows.map(rowToBlockSummary);
  }

  async readHistory(history: StateKey, from: number, limit: number, atHeight?: Height): Promise<HistoryPage> {
    return readHistory(this.pool, history, { from, limit: checkedLimit(limit), atHeight });
  }

  async readHistoryLeaves(
    history: StateKey,
    ranges: readonly { readonly from: number; readonly to: number }[],
  ): Promise<readonly HistoryLeaf[]> {
    return readHistoryLeaves(this.pool, history, ranges);
  }

  async readHistoryNodes(history: StateKey, nodes: readonly MerkleNodeId[]): Promise<readonly Uint8Array[]> {
    return readHistoryNodes(this.pool, history, nodes);
  }

  async readBuckets(keys: readonly BucketKey[]): Promise<readonly StateRow[]> {
    return readBuckets(this.pool, keys);
  }

  async listState(prefix: StateKey, { after, limit }: StatePageBounds): Promise<StatePage> {
    return listState(this.pool, prefix, { after, limit: checkedLimit(limit) });
  }

  async readResult(height: Height): Promise<StoredResult | undefined> {
    return readResult(this.pool, height);
  }

  async listStateDigests(
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<{ readonly asOfHeight: Height; readonly entries: readonly StateDigest[] }> {
    return listStateDigests(this.pool, after, checkedLimit(limit));
  }

  async readCheckpoint(height: Height): Promise<CheckpointCertificate | undefined> {
    return readCertificate(this.pool, SELECT_CHECKPOINT, [height]);
  }

  async firstCheckpointFrom(height: Height): Promise<CheckpointCertificate | undefined> {
    return readCertificate(this.pool, SELECT_FIRST_CHECKPOINT_FROM, [height]);
  }

  async highestCheckpoint(): Promise<CheckpointCertificate | undefined> {
    return readCertificate(this.pool, SELECT_HIGHEST_CHECKPOINT);
  }

  async readLogNodes(
    nodes: readonly { readonly level: number; readonly index: number }[],
  ): Promise<readonly Uint8Array[]> {
    return readLogNodes(this.pool, nodes);
  }

  async headHeight(): Promise<Height> {
    const [row] = await this.pool.read<{ height: number | null }>('read the head', select.SELECT_HEAD_HEIGHT);
    if (row === undefined || row.height === null) {
      throw new LedgerError('LEDGER_EMPTY', 'the database holds no ledger yet: start the node once');
    }
    return row.height;
  }

  async listEvidence(after: number, limit: number): Promise<readonly StoredEvidence[]> {
    const rows = await this.pool.read<EvidenceRow>('list the evidence', select.LIST_EVIDENCE, [
      ...[after, checkedLimit(limit)],
    ]);
    return rows.map(rowToStoredEvidence);
  }

  async ping(): Promise<void> {
    await this.pool.read('reach the database', select.PING);
  }
}

function checkedLimit(limit: number): number {
  invariant(
    checkedInteger(limit, 'page limit') <= PAGE_LIMIT_MAX,
    `a page has at most ${PAGE_LIMIT_MAX} rows`,
  );
  return limit;
}
