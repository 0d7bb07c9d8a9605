/** What execution makes of a block, and of genesis: everything that storage writes and that a checkpoint certifies. */
import type { MerkleFrontier, MerkleNode } from '../crypto/merkle/merkle-frontier.js';
import type { Block } from '../ledger/block.js';
import type { EpochTerms } from '../ledger/epoch-terms.js';
import type { Genesis } from '../ledger/genesis.js';
import type { Outcome } from '../ledger/outcome.js';
import type { ResultRecord } from '../ledger/result-record.js';
import type { Digest, Height } from '../primitives/identifiers.js';
import type { StateWrite } from '../state/write-set.js';
import type { PlannedTransaction } from './plan-transaction.js';

export interface ExecutedWrite extends StateWrite {
  /** SHA-256 of the value; `undefined` when the key is deleted. */
  readonly valueDigest: Uint8Array | undefined;
  /** Bucket of the state tree that holds the key. */
  readonly bucket: number;
}

/** One record in the history of one subject. */
export interface SubjectEntry {
  /** Key digest of the state entry subject/<subject>: the place of the proof is the name in the index. */
  readonly subjectDigest: Uint8Array;
  /** Position in the subject's history, 0 first. */
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
  /** SHA-256 of the record's bytes. */
  readonly recordDigest: Uint8Array;
  /** The record's bytes are body[start, end) of the transaction's body. */
  readonly start: number;
  readonly end: number;
}

/** A perfect subtree of the tree of one subject's history, from SUBJECT_NODE_LEVEL_MIN (apply-records.ts) on. */
export interface SubjectNode extends MerkleNode {
  /** As in SubjectEntry. */
  readonly subjectDigest: Uint8Array;
}

/** What is certified of a block and of genesis alike. */
export interface CertifiedResult {
  /** Ascending by key digest. */
  readonly writes: readonly ExecutedWrite[];
  readonly stateRoot: Digest;
  readonly resultRecord: ResultRecord;
  /** Leaf of the result log. */
  readonly resultRecordBytes: Uint8Array;
  /** Perfect subtrees of the result log that this leaf completes, the leaf first. */
  readonly logNodes: readonly MerkleNode[];
  /** Frontier of the result log up to this record. */
  readonly resultLog: MerkleFrontier;
  /** Root of the result log up to this record: what a checkpoint of this height signs. */
  readonly logRoot: Digest;
}

export interface ExecutedBlock extends CertifiedResult {
  readonly block: Block;
  /** In block order, like outcomes, outcomeBytes and entryLeafHashes. */
  readonly transactions: readonly PlannedTransaction[];
  readonly outcomes: readonly Outcome[];
  readonly outcomeBytes: readonly Uint8Array[];
  readonly entryLeafHashes: readonly Uint8Array[];
  readonly entriesRoot: Digest;
  /** In (transaction, record) order. */
  readonly subjectEntries: readonly SubjectEntry[];
  /** What the entries complete. */
  readonly subjectNodes: readonly SubjectNode[];
  /** Records of the transactions with outcome OK. */
  readonly recordCount: number;
  /** The next epoch, when this block has scheduled it. */
  readonly scheduled: EpochTerms | undefined;
}

export interface GenesisResult extends CertifiedResult {
  readonly genesis: Genesis;
}
