/**
 * What an audit reads of a ledger's database, as it lies there: rows are handed over as bytes, and what cannot be decoded is a
 * fault in words instead of an error. Every call is one statement of bounded size that starts at a key; none holds a database
 * transaction open. Promises reject with LedgerError only.
 */
import type { CheckpointCertificate, QuorumCertificate } from '../protocol/pbft/certificate.js';
import type { Evidence } from '../protocol/pbft/evidence.js';
import type { Height } from '../protocol/primitives/identifiers.js';

export type Decoded<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: string };

export interface StoredBlock {
  readonly height: Height;
  readonly hash: Uint8Array;
  /** `undefined` at genesis alone. */
  readonly header: Uint8Array | undefined;
  readonly resultRecord: Uint8Array;
  readonly logRoot: Uint8Array;
  readonly certificate: Decoded<QuorumCertificate> | undefined;
  readonly transactionCount: number;
  readonly bodyBytes: number;
  readonly timestampMs: number;
}

export interface TransactionPlace {
  readonly height: Height;
  readonly index: number;
}

export interface StoredTransactionRow extends TransactionPlace {
  readonly id: Uint8Array;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  readonly outcome: Uint8Array;
}

export interface StoredCheckpoint {
  readonly height: Height;
  readonly root: Uint8Array;
  readonly certificate: Decoded<CheckpointCertificate>;
}

/** A row of subject_entries: one record in one history. */
export interface StoredEntry {
  readonly subjectDigest: Uint8Array;
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
  readonly recordDigest: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** A row of subject_nodes: the root of a perfect subtree of one history. */
export interface StoredSubjectNode {
  readonly subjectDigest: Uint8Array;
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

export interface StoredLeaf {
  readonly bucket: number;
  readonly keyDigest: Uint8Array;
  readonly key: Uint8Array;
  /** The column. */
  readonly valueDigest: Uint8Array;
  /** SHA-256 of the value that is there. */
  readonly digestOfValue: Uint8Array;
}

export interface StoredHistory {
  readonly keyDigest: Uint8Array;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** State entries that count a history, ascending by their digests. */
export interface HistoryPage {
  /** The head that they were read at. */
  readonly asOfHeight: Height;
  readonly histories: readonly StoredHistory[];
  /** Last digest that was looked at; `undefined` for the last page. */
  readonly upTo: Uint8Array | undefined;
}

/** A row above the head, where nothing has been committed. */
export interface StrayRow {
  readonly table: 'transactions' | 'checkpoints' | 'log_nodes';
  readonly key: Readonly<Record<string, number>>;
}

export interface StoredProof {
  readonly sequence: number;
  readonly slot: string;
  readonly offender: number;
  readonly epoch: number;
  readonly kind: string;
  readonly evidence: Decoded<Evidence>;
}

export interface StateSnapshot {
  readonly height: Height;
  readonly resultRecord: Uint8Array;
  /** Every row ascending by (bucket, key digest), in chunks. */
  readonly leaves: AsyncIterable<readonly StoredLeaf[]>;
}

export interface StoredRows {
  readGenesis(): Promise<{ readonly chainId: Uint8Array; readonly document: Uint8Array } | undefined>;
  /** `undefined` for an empty database. */
  headHeight(): Promise<Height | undefined>;
  /** Heights [from, to] ascending, at most `limit`. */
  readBlocks(from: Height, to: Height, limit: number): Promise<readonly StoredBlock[]>;
  /** After the place (all of them without one) up to `to`, in their order: at least one if there is one, and bounded in rows and bytes. */
  readTransactions(after: TransactionPlace | undefined, to: Height): Promise<readonly StoredTransactionRow[]>;
  /** Hashes in the order of `nodes`, `undefined` where there is no row. */
  readLogNodes(
    nodes: readonly { readonly level: number; readonly index: number }[],
  ): Promise<readonly (Uint8Array | undefined)[]>;
  readCheckpoints(from: Height, to: Height): Promise<readonly StoredCheckpoint[]>;
  /** Rows above the head as of the same moment, at most `limit`. */
  readStrays(limit: number): Promise<readonly StrayRow[]>;
  /** Values of validators/epoch/<epoch>, of epoch 1 and the following. */
  readEpochTerms(): Promise<readonly Uint8Array[]>;
  /** Pages of the heap of subject_entries. */
  entryPages(): Promise<number>;
  /** Rows on the heap pages [from, to): the order in which an append-only table was written, whatever the index says. */
  readEntriesOnPages(from: number, to: number): Promise<readonly StoredEntry[]>;
  /** Body and outcome of those that exist. */
  readBodies(
    places: readonly TransactionPlace[],
  ): Promise<readonly Pick<StoredTransactionRow, 'height' | 'index' | 'body' | 'outcome'>[]>;
  /** Histories among the `limit` state entries after the key digest, those in a wrong bucket left out. */
  readHistories(after: Uint8Array | undefined, limit: number): Promise<HistoryPage>;
  /** Entries after (digest, sequence) up to the digest, without one to the end; ascending, at most `limit`. */
  readEntries(
    after: { readonly subjectDigest: Uint8Array; readonly sequence: number } | undefined,
    upTo: Uint8Array | undefined,
    limit: number,
  ): Promise<readonly StoredEntry[]>;
  /** Subtrees of histories after the digest, or after the subtree, up to the digest; ascending, at most `limit`. */
  readSubjectNodes(
    after: Uint8Array | Pick<StoredSubjectNode, 'subjectDigest' | 'level' | 'index'> | undefined,
    upTo: Uint8Array | undefined,
    limit: number,
  ): Promise<readonly StoredSubjectNode[]>;
  readProofs(after: number, limit: number): Promise<readonly StoredProof[]>;
  /** Rows of the buckets [from, to), of all above with `to` undefined; with the head that they were read at. */
  readBuckets(
    from: number,
    to: number | undefined,
  ): Promise<{ readonly asOfHeight: Height; readonly leaves: readonly StoredLeaf[] }>;
}
