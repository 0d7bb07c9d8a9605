/** Rows of ledger.transactions and ledger.subject_entries as domain values. */
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Digest, TransactionId } from '../../protocol/primitives/identifiers.js';
import type { StoredTransaction, HistoryEntry } from '../../node/ports.js';

export interface TransactionRow {
  readonly height: number;
  readonly index: number;
  readonly id: Uint8Array;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  readonly outcome: Uint8Array;
}

export interface HistoryRow {
  readonly sequence: number;
  readonly height: number;
  readonly transaction_index: number;
  readonly record_index: number;
  readonly record_digest: Uint8Array;
  readonly id: Uint8Array;
  readonly timestamp_ms: number;
  readonly record: Uint8Array;
  readonly outcome: Uint8Array;
}

export function transactionIdOf(bytes: Uint8Array): TransactionId {
  return bytesToHex(bytes) as TransactionId;
}

export function rowToTransaction(row: TransactionRow): StoredTransaction {
  const { height, index, body, signature, outcome } = row;
  return { id: transactionIdOf(row.id), height, index, body, signature, outcome };
}

export function rowToHistoryEntry(row: HistoryRow): HistoryEntry {
  return {
    sequence: row.sequence,
    height: row.height,
    transactionIndex: row.transaction_index,
    recordIndex: row.record_index,
    recordDigest: bytesToHex(row.record_digest) as Digest,
    transactionId: transactionIdOf(row.id),
    timestampMs: row.timestamp_ms,
    record: row.record,
    outcome: row.outcome,
  };
}
