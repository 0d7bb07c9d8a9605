/**
 * What the node offers to its edges (REST, later gRPC services): the use cases and status, free of HTTP and of storage.
 * Promises reject with LedgerError only; what is wrong with the caller's input is a Rejection in the answer.
 */
import type { Outcome } from '../protocol/ledger/outcome.js';
import type {
  Height,
  OrganisationName,
  TimestampMs,
  TransactionId,
} from '../protocol/primitives/identifiers.js';
import type { Rejection } from '../protocol/primitives/rejection.js';
import type { NodeHealth, RawTransaction } from './ports.js';

export interface CommittedStatus {
  readonly id: TransactionId;
  readonly status: 'COMMITTED';
  readonly height: Height;
  /** Position in the block. */
  readonly index: number;
  /** Time of the block. */
  readonly timestampMs: TimestampMs;
  readonly outcome: Outcome;
}

/** A transaction's status moves forward only: PENDING → COMMITTED or EXPIRED. */
export type TransactionStatus =
  | { readonly id: TransactionId; readonly status: 'PENDING' }
  | CommittedStatus
  | { readonly id: TransactionId; readonly status: 'EXPIRED' };

/** `pending` also for a transaction that already waits; `committed` for one that is on the ledger: posting it again is harmless. */
export type SubmitResult =
  | { readonly kind: 'pending'; readonly id: TransactionId }
  | { readonly kind: 'committed'; readonly status: CommittedStatus }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

export const SUBMIT_BATCH_MAX = 500;

export interface SubmitTransaction {
  submit(raw: RawTransaction): Promise<SubmitResult>;
  /** One result for each item, in order; at most SUBMIT_BATCH_MAX items. */
  submitBatch(raws: readonly RawTransaction[]): Promise<readonly SubmitResult[]>;
  /**
   * Resolves with the status when the transaction is durable here (`commit`), or countersigned so that its receipt can
   * be built (`receipt`), or expired; `undefined` when `timeoutMs` is over.
   */
  awaitOutcome(
    id: TransactionId,
    until: 'commit' | 'receipt',
    timeoutMs: number,
  ): Promise<TransactionStatus | undefined>;
  /** `undefined` when this node has never seen the transaction. */
  findStatus(id: TransactionId): Promise<TransactionStatus | undefined>;
}

export interface Receipts {
  /** Canonical bytes of the receipt (protocol.md 4); `undefined` when the transaction is unknown. */
  build(id: TransactionId): Promise<Uint8Array | 'notCommitted' | 'notCertifiedYet' | undefined>;
}

export interface CheckpointNote {
  readonly height: Height;
  /** C2SP signed note with a quorum of lines. */
  readonly note: string;
}

export interface CheckpointNotes {
  /** Of the highest countersigned height; `undefined` before the first. */
  latest(): Promise<CheckpointNote | undefined>;
  /** Of exactly this height; `undefined` when it is not (yet) countersigned. */
  at(height: Height): Promise<CheckpointNote | undefined>;
}

/** Whether the node can take transactions now; asked at every POST, so it is answered from memory. */
export type NodeReadiness =
  | { readonly ready: true }
  | {
      readonly ready: false;
      readonly cause:
        | 'starting'
        | 'quorumUnreachable'
        | 'quarantined'
        | 'halted'
        | 'databaseUnavailable'
        | 'journalStalled';
      /** A sentence for people: what is wrong and what is waited for. */
      readonly detail: string;
    };

export interface ValidatorStatus {
  readonly organisation: OrganisationName;
  /** True for the validator of this node. */
  readonly self: boolean;
  readonly reachable: boolean;
  /** Height it last told; `undefined` when it has not spoken since this node started. */
  readonly height: Height | undefined;
  readonly lastVoteHeight: Height | undefined;
  /** Its clock minus ours, milliseconds. */
  readonly clockOffsetMs: number | undefined;
}

export interface NodeStatusReport {
  readonly organisation: OrganisationName;
  /** Executed and durable. */
  readonly height: Height;
  /** Highest countersigned height. */
  readonly certifiedHeight: Height;
  readonly epoch: number;
  readonly view: number;
  readonly phase: 'active' | 'changing';
  readonly primary: OrganisationName;
  readonly quorum: { readonly needed: number; readonly reachable: number; readonly validators: number };
  readonly validators: readonly ValidatorStatus[];
  /** Heights that are accepted and not yet executed, ascending. */
  readonly inFlightHeights: readonly Height[];
  readonly mempool: { readonly transactions: number; readonly bytes: number };
  readonly health: NodeHealth;
  /** One sentence: why there is progress, or why there is none. */
  readonly cause: string;
}

export interface NodeStatus {
  read(): NodeStatusReport;
  readiness(): NodeReadiness;
}
