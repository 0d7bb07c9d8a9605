/** What a node answers, as JSON (docs/openapi.json). Digests, keys and ids are lower-case hex, times ISO 8601 in UTC. */
import type {
  Digest,
  Height,
  OrganisationName,
  PublicKey,
  TransactionId,
} from '../protocol/primitives/identifiers.js';

export interface OutcomeResource {
  readonly code: 'OK' | 'REPLAYED' | 'FAILED';
  /** With FAILED: why the transaction had no effect (docs/ERRORS.md). */
  readonly failure?: string;
  /** With REPLAYED: the transaction that had the effect. */
  readonly firstId?: TransactionId;
  readonly signer: PublicKey;
  /** `organisation/name`; empty when the key belongs to nobody. */
  readonly identity: string;
}

/** Moves forward only: PENDING → COMMITTED or EXPIRED. */
export interface TransactionResource {
  readonly id: TransactionId;
  readonly status: 'PENDING' | 'COMMITTED' | 'EXPIRED';
  readonly height?: Height;
  /** Position in the block. */
  readonly index?: number;
  /** Time of the block. */
  readonly timestamp?: string;
  readonly outcome?: OutcomeResource;
}

export interface CommittedTransaction extends TransactionResource {
  readonly status: 'COMMITTED';
  readonly height: Height;
  readonly index: number;
  readonly outcome: OutcomeResource;
}

/** One transaction of a list: what is on the ledger. */
export type ListedTransaction = Omit<CommittedTransaction, 'status' | 'timestamp'>;

export interface BatchItem {
  readonly status: 'PENDING' | 'COMMITTED' | 'REFUSED';
  /** Absent with REFUSED. */
  readonly id?: TransactionId;
  /** With COMMITTED. */
  readonly transaction?: TransactionResource;
  /** With REFUSED: problem+json. */
  readonly problem?: { readonly code: string; readonly detail: string };
}

export interface ResultRecordResource {
  readonly height: Height;
  readonly blockHash: string;
  readonly entryCount: number;
  readonly entriesRoot: Digest;
  readonly stateRoot: Digest;
}

export interface BlockResource {
  readonly height: Height;
  readonly hash: string;
  readonly timestamp: string;
  readonly transactionCount: number;
  readonly resultRecord: ResultRecordResource;
  readonly certified: boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; absent on the last page. */
  readonly nextCursor?: string;
  readonly asOfHeight: Height;
}

export interface HistoryEntry {
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
  readonly recordDigest: Digest;
  readonly transactionId: TransactionId;
  readonly timestamp: string;
  readonly record: unknown;
}

export interface StatusResource {
  readonly organisation: OrganisationName;
  readonly height: Height;
  readonly certifiedHeight: Height;
  readonly view: number;
  readonly primary: OrganisationName;
  readonly quorum: { readonly needed: number; readonly reachable: number; readonly validators: number };
  readonly validators: readonly {
    readonly organisation: OrganisationName;
    readonly self: boolean;
    readonly reachable: boolean;
    readonly height?: Height | null;
    readonly lastVoteHeight?: Height | null;
  }[];
  readonly mempool: { readonly transactions: number; readonly bytes: number };
  readonly health: { readonly state: string; readonly reason?: string };
  /** One sentence: why there is progress, or why there is none. */
  readonly cause: string;
}
