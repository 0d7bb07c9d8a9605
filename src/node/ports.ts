/**
 * Every interface the node needs from outside, written from the node's need. One adapter each in src/storage, journal,
 * network, keys, observability; a faulty twin each in test/simulation. Promises reject with LedgerError only.
 */
import type { ExecutedBlock, GenesisResult } from '../protocol/execution/executed-block.js';
import type { MerkleFrontier, MerkleNodeId } from '../protocol/crypto/merkle/merkle-frontier.js';
import type { Block } from '../protocol/ledger/block.js';
import type { GenesisParameters } from '../protocol/ledger/genesis-parameters.js';
import type { CheckpointCertificate, QuorumCertificate } from '../protocol/pbft/certificate.js';
import type { Effect, JournalRecord } from '../protocol/pbft/effect.js';
import type { Evidence } from '../protocol/pbft/evidence.js';
import type { Message } from '../protocol/pbft/message.js';
import type {
  BlockHash,
  Digest,
  Es256PublicKey,
  Height,
  MonotonicMs,
  OrganisationName,
  PeerIndex,
  PublicKey,
  Signature,
  TimestampMs,
  TransactionId,
} from '../protocol/primitives/identifiers.js';
import type { StateKey } from '../protocol/state/state-key.js';
import type { StateLeaf } from '../protocol/state/state-tree.js';

/** Time and timers; the only way that time enters the node. */
export interface Clock {
  wallMs(): TimestampMs;
  monotonicMs(): MonotonicMs;
  /** Calls `callback` once after `delayMs`; the returned function cancels. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** Private keys of identities whose custody is this node's. */
export interface IdentityKeys {
  /** `undefined` when it is not there. Rejects with LedgerError when it is and cannot be opened. */
  find(publicKey: PublicKey): Promise<Signer | undefined>;
}

/** Private halves of the organisation's credentials for COSE receipts. */
export interface ReceiptKeys {
  /** `undefined` when it is not there. Rejects with LedgerError when it is and cannot be opened. */
  find(publicKey: Es256PublicKey): Promise<Es256Signer | undefined>;
}

export interface Es256Signer {
  readonly publicKey: Es256PublicKey;
  /** ES256: r ‖ s, 64 bytes; another one at each call. */
  sign(message: Uint8Array): Promise<Signature>;
}

/** Position in the journal: a byte offset that only grows, in the journal of that id. */
export interface JournalPosition {
  readonly journalId: string;
  readonly position: number;
}

/**
 * Append-only vote journal. After any failure of append or sync every later call fails: the process must exit. A full disk
 * is not a failure: `sync` waits until there is room, and so does everything that must not be done before.
 */
export interface Journal {
  /** Records that survived, in order; called once, before the first append. */
  recover(): Promise<readonly JournalRecord[]>;
  /** Appends without making durable; copies what it needs before it returns. Throws LedgerError JOURNAL_FULL, JOURNAL_FAILED. */
  append(record: JournalRecord): void;
  /** Resolves when everything appended before the call is durable; concurrent calls share one fdatasync. */
  sync(): Promise<void>;
  /** Why nothing can be made durable at the moment, in words, or undefined: the disk is full, and the journal tries again by itself. */
  stall(): string | undefined;
  /** End of what is durable: a crash after the call cannot leave the journal shorter. */
  position(): JournalPosition;
  /** Height that the database is known to have held, as of the last segment or `truncateBefore`; 0 for a new journal. */
  appliedHeight(): Height;
  /** Tells that the database holds everything up to `height`: older segments may go. */
  truncateBefore(height: Height): Promise<void>;
  close(): Promise<void>;
}

/** Holder of the organisation's ledger key. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Signatures in the order of `messages`. Waits while whoever holds the key is away; rejects when it refuses. */
  sign(messages: readonly Uint8Array[]): Promise<readonly Signature[]>;
  /** What signatures that are waited for wait for, in words; absent where nothing is ever waited for. */
  stall?(): string | undefined;
}

/** Messages between nodes that the replica never sees. */
export interface SyncRequest {
  readonly type: 'syncRequest';
  readonly fromHeight: Height;
  readonly toHeight: Height;
  readonly bytesMax: number;
}

export interface SyncedBlock {
  readonly block: Block;
  readonly certificate: QuorumCertificate;
  readonly checkpoint: CheckpointCertificate | undefined;
}

export interface SyncResponse {
  readonly type: 'syncResponse';
  readonly fromHeight: Height;
  readonly blocks: readonly SyncedBlock[];
}

export interface RawTransaction {
  readonly body: Uint8Array;
  readonly signature: Signature;
}

export interface TransactionBatch {
  readonly type: 'transactionBatch';
  readonly transactions: readonly RawTransaction[];
}

/** Asks a validator for its ES256 signature over the root of the result log of size height + 1, for a COSE receipt. */
export interface ReceiptSignatureRequest {
  readonly type: 'receiptSignatureRequest';
  readonly height: Height;
  readonly root: Digest;
}

export interface ReceiptSignature {
  readonly publicKey: Es256PublicKey;
  readonly signature: Signature;
}

export interface ReceiptSignatureResponse {
  readonly type: 'receiptSignatureResponse';
  readonly height: Height;
  readonly root: Digest;
  /** `undefined` when the sender does not sign: it holds no key, or has not executed this root. */
  readonly signed: ReceiptSignature | undefined;
}

export type PeerMessage =
  | Message
  | SyncRequest
  | SyncResponse
  | TransactionBatch
  | ReceiptSignatureRequest
  | ReceiptSignatureResponse;

/** What the network tells the node. `from` is the peer whose TLS certificate the stream has. */
export interface PeerEvents {
  onMessage(from: PeerIndex, message: PeerMessage): void;
  onConnected(peer: PeerIndex): void;
  onDisconnected(peer: PeerIndex): void;
}

/** An organisation as the network has to know it. */
export interface PeerMember {
  readonly peer: PeerIndex;
  readonly organisation: OrganisationName;
  /** Its leaves are those of one of these: the ledger key in force, and one that follows or has just been replaced. */
  readonly ledgerKeys: readonly PublicKey[];
  /** "host:port" as the ledger names it; what the configuration names goes before it. */
  readonly address: string | undefined;
  /** Why it is let in no more, in words for its operator; `undefined` for a member. */
  readonly refused: string | undefined;
}

/** What bounds the messages of peers: the largest set and parameters that are in force or will be. */
export interface PeerLimits {
  readonly parameters: GenesisParameters;
  readonly validators: number;
}

/**
 * Streams to the members' nodes, and from observers, which have indices from OBSERVER_PEERS_FROM on. `send` never blocks
 * and never throws: a full or broken stream drops and counts. Transactions and an observer's words beyond Status and
 * requests go nowhere where they are of no use.
 */
export interface PeerNetwork {
  start(events: PeerEvents): Promise<void>;
  /**
   * Whom to trust, dial and let in from now on, in place of all before; also before `start`. An organisation keeps its index.
   * Streams that none of this concerns stay; limits never become narrower.
   */
  setMembers(members: readonly PeerMember[], limits: PeerLimits): void;
  send(to: PeerIndex | 'all', message: PeerMessage): void;
  /** Cuts the stream of a peer that sent garbage; it may reconnect after a back-off. */
  disconnect(peer: PeerIndex, reason: string): void;
  /** Members alone, ascending. */
  connected(): readonly PeerIndex[];
  close(): Promise<void>;
}

export interface StoredHead {
  readonly height: Height;
  readonly blockHash: BlockHash;
  readonly timestampMs: TimestampMs;
  readonly certificate: QuorumCertificate | undefined;
  readonly stateRoot: Digest;
  /** Root of the result log of size height + 1, and its frontier. */
  readonly logRoot: Digest;
  readonly resultLog: MerkleFrontier;
  /** Where the journal stood when the head was applied; `undefined` at genesis. */
  readonly journal: JournalPosition | undefined;
}

export interface StoredTransaction extends RawTransaction {
  readonly id: TransactionId;
  readonly height: Height;
  readonly index: number;
  /** Canonical outcome bytes, ledger/outcome.ts. */
  readonly outcome: Uint8Array;
}

/** A key and the bucket of the state tree in which it is looked for. */
export interface BucketKey {
  readonly key: StateKey;
  readonly keyDigest: Uint8Array;
  readonly bucket: number;
}

export interface StateRow {
  readonly keyDigest: Uint8Array;
  readonly valueDigest: Uint8Array;
  readonly bucket: number;
  /** Only for the keys that were asked for. */
  readonly key?: StateKey;
  readonly value?: Uint8Array;
}

/** One entry of the state. */
export interface StateEntry {
  readonly key: StateKey;
  readonly value: Uint8Array;
}

/** Entries in the order of their keys' bytes. */
export interface StatePage {
  /** The head that they were read at. */
  readonly asOfHeight: Height;
  readonly entries: readonly StateEntry[];
}

export interface StatePageBounds {
  readonly after: StateKey | undefined;
  /** At most so many entries. */
  readonly limit: number;
}

/** What the state says of epochs (governance/epoch-state.ts). */
export interface StoredEpochTerms {
  /** Of epoch 1 and each one after it whose predecessor has ended, in their order. */
  readonly ended: readonly StateEntry[];
  /** What is scheduled and whose predecessor has not ended. */
  readonly pending: StateEntry | undefined;
}

/** A final block, what its execution gave, and why it is final. */
export interface BlockToCommit {
  readonly executed: ExecutedBlock;
  readonly certificate: QuorumCertificate;
}

/** The ledger in the database. Between two of its database transactions it always ends with a whole block. */
export interface LedgerStore {
  /** `undefined` when the ledger is empty. */
  loadHead(): Promise<StoredHead | undefined>;
  /** Writes genesis into an empty ledger; gives the head. Rejects GENESIS_MISMATCH when the ledger was made from another genesis. */
  initialise(genesis: GenesisResult): Promise<StoredHead>;
  /** Every leaf of the state in ascending (bucket, keyDigest) order, in chunks. */
  streamLeaves(): AsyncIterable<readonly { readonly bucket: number; readonly leaf: StateLeaf }[]>;
  /**
   * All rows of the buckets that `keys` fall into, ascending by (bucket, keyDigest); key and value present for exactly
   * the keys asked for that exist.
   */
  readBuckets(keys: readonly BucketKey[]): Promise<readonly StateRow[]>;
  /** Values of single keys at the head. */
  readState(keys: readonly StateKey[]): Promise<ReadonlyMap<StateKey, Uint8Array>>;
  /** Entries of signers in the order of their keys, at most `limit`. */
  readSigners(limit: number): Promise<readonly StateEntry[]>;
  /** Entries organisation/*, all of them, in the order of their keys. */
  readOrganisations(): Promise<readonly StateEntry[]>;
  readEpochTerms(): Promise<StoredEpochTerms>;
  /**
   * Everything of the blocks, at least one, in one durable database transaction, with the journal position. Idempotent:
   * a second call with blocks that it holds succeeds without effect. Heights ascend without a gap from head + 1.
   */
  commitBlocks(blocks: readonly BlockToCommit[], journal: JournalPosition): Promise<void>;
  /** Saves a certificate if none is held for its height. */
  saveCheckpoint(certificate: CheckpointCertificate): Promise<void>;
  /** Which of the ids are on the ledger. */
  findCommittedIds(ids: readonly TransactionId[]): Promise<ReadonlySet<TransactionId>>;
  /** Blocks [from, to] ascending, at least one if there is one, stopping before `bytesMax` of bodies is exceeded. */
  readBlocks(from: Height, to: Height, bytesMax: number): Promise<readonly SyncedBlock[]>;
  /** Root of the result log of size height + 1, for the heights in [from, to]. */
  readLogRoots(from: Height, to: Height): Promise<ReadonlyMap<Height, Digest>>;
  highestCheckpoint(): Promise<CheckpointCertificate | undefined>;
  /** Saves a proof unless one of the same slot (protocol/pbft/evidence.ts) is held. */
  saveEvidence(evidence: Evidence): Promise<void>;
}

export interface BlockSummary {
  readonly height: Height;
  readonly hash: BlockHash;
  readonly header: Block['header'];
  readonly headerBytes: Uint8Array;
  readonly resultRecord: Uint8Array;
  readonly certificate: QuorumCertificate | undefined;
  readonly certified: boolean;
}

/** One record, or command, in the history of what it names. */
export interface HistoryEntry {
  /** Position in the history, 0 first. */
  readonly sequence: number;
  readonly height: Height;
  readonly transactionIndex: number;
  readonly recordIndex: number;
  readonly recordDigest: Digest;
  readonly transactionId: TransactionId;
  readonly timestampMs: TimestampMs;
  /** Exact bytes of the record, or of the encoded command. */
  readonly record: Uint8Array;
  /** Canonical outcome bytes of its transaction. */
  readonly outcome: Uint8Array;
}

/** Records on one page of a history together; one record alone may have more. */
export const HISTORY_PAGE_BYTES_MAX = 4 * 1024 * 1024;

/** What the tree of a history is made of. */
export interface HistoryLeaf extends Pick<HistoryEntry, 'height' | 'transactionIndex' | 'recordIndex'> {
  readonly recordDigest: Uint8Array;
}

export interface HistoryPage {
  /** Length of the history as of the height that was asked for, or when the page was read. */
  readonly total: number;
  readonly entries: readonly HistoryEntry[];
}

export interface StoredEvidence {
  /** Position in the order in which this node has saved them, 1 first. */
  readonly sequence: number;
  readonly savedAtMs: TimestampMs;
  readonly evidence: Evidence;
}

/** What two organisations compare of a height, as it lies in the database. */
export interface StoredResult {
  readonly height: Height;
  /** `undefined` for genesis. */
  readonly header: Uint8Array | undefined;
  readonly resultRecord: Uint8Array;
  /** Root of the result log of size height + 1. */
  readonly logRoot: Digest;
}

/** An entry of the state by digests of what is stored, so that a value that was changed in place shows. */
export interface StateDigest {
  readonly keyDigest: Uint8Array;
  readonly key: StateKey;
  readonly valueDigest: Uint8Array;
}

/** Reads for the REST edge and for receipts, at the durable head. Pages have a bound given by the caller. */
export interface LedgerReader {
  findTransaction(id: TransactionId): Promise<StoredTransaction | undefined>;
  /** Transactions in (height, index) order after `after`, at most `limit`. */
  listTransactions(
    after: { readonly height: Height; readonly index: number } | undefined,
    limit: number,
    filter?: { readonly height?: Height },
  ): Promise<readonly StoredTransaction[]>;
  /** Entry leaf inputs (id and outcome bytes) of a block in order. */
  readEntries(
    height: Height,
  ): Promise<readonly { readonly id: TransactionId; readonly outcome: Uint8Array }[]>;
  readBlock(height: Height): Promise<BlockSummary | undefined>;
  /** Blocks with height > after ascending (or < before descending), at most `limit`. */
  listBlocks(
    page: { readonly after?: Height; readonly before?: Height },
    limit: number,
  ): Promise<readonly BlockSummary[]>;
  /**
   * What is listed under a key subject/… or identityHistory/…, by sequence from `from`, at most `limit`, as of `atHeight` or of
   * the head. A page ends before its records have more than HISTORY_PAGE_BYTES_MAX bytes, the first in any case.
   */
  readHistory(history: StateKey, from: number, limit: number, atHeight?: Height): Promise<HistoryPage>;
  /** Of the tree of a history: the leaves [from, to) of each range, in order. Every one exists or the promise rejects. */
  readHistoryLeaves(
    history: StateKey,
    ranges: readonly { readonly from: number; readonly to: number }[],
  ): Promise<readonly HistoryLeaf[]>;
  /** Of the tree of a history: perfect subtrees from level SUBJECT_NODE_LEVEL_MIN on. Every one exists or the promise rejects. */
  readHistoryNodes(history: StateKey, nodes: readonly MerkleNodeId[]): Promise<readonly Uint8Array[]>;
  /** As of LedgerStore. */
  readBuckets(keys: readonly BucketKey[]): Promise<readonly StateRow[]>;
  /** Entries of organisations, identities, signers, readers, validators, motions or governance whose keys begin with the bytes of `prefix`. */
  listState(prefix: StateKey, bounds: StatePageBounds): Promise<StatePage>;
  /** Genesis (0) included; `undefined` above the head. */
  readResult(height: Height): Promise<StoredResult | undefined>;
  /** Entries of the whole state in the order of their key digests, after `after`, with the head that they were read at. */
  listStateDigests(
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<{ readonly asOfHeight: Height; readonly entries: readonly StateDigest[] }>;
  readCheckpoint(height: Height): Promise<CheckpointCertificate | undefined>;
  /** The lowest certified height that is ≥ height, for a receipt. */
  firstCheckpointFrom(height: Height): Promise<CheckpointCertificate | undefined>;
  highestCheckpoint(): Promise<CheckpointCertificate | undefined>;
  /** Perfect-subtree hashes of the result log. Every one asked for exists or the promise rejects. */
  readLogNodes(
    nodes: readonly { readonly level: number; readonly index: number }[],
  ): Promise<readonly Uint8Array[]>;
  headHeight(): Promise<Height>;
  /** Proofs with sequence > after, ascending, at most `limit`. */
  listEvidence(after: number, limit: number): Promise<readonly StoredEvidence[]>;
  /** Rejects DATABASE_UNAVAILABLE when the database does not answer. */
  ping(): Promise<void>;
}

export interface ObservedMembers {
  readonly members: readonly { readonly peer: PeerIndex; readonly organisation: OrganisationName }[];
  /** Those of the present epoch. */
  readonly validators: readonly OrganisationName[];
}

/** What the node tells about itself; src/observability turns it into metrics and logs. Never throws. */
export interface NodeObserver {
  onTrace(trace: Extract<Effect, { type: 'trace' }>): void;
  onBlockCommitted(event: {
    readonly height: Height;
    readonly transactions: number;
    readonly records: number;
    readonly bytes: number;
    /** Its share of what was executed together with it. */
    readonly executeMs: number;
    /** Length of the database transaction that it became durable in. */
    readonly databaseMs: number;
  }): void;
  onTransactionAdmitted(): void;
  onTransactionRejected(code: string): void;
  /** From admission at this node to durable commit at this node. */
  onTransactionCommitted(latencyMs: number): void;
  onMempool(transactions: number, bytes: number): void;
  onReplica(status: {
    readonly height: Height;
    readonly view: number;
    readonly isPrimary: boolean;
    readonly certifiedHeight: Height;
  }): void;
  onPeer(index: PeerIndex, connected: boolean): void;
  onPeerStatus(index: PeerIndex, status: { readonly height: Height; readonly clockOffsetMs: number }): void;
  onPeerMessage(direction: 'in' | 'out', type: string, count: number): void;
  onPeerMessageRefused(index: PeerIndex, code: string): void;
  /** A validator was proven to have signed what no correct one does. */
  onEquivocation(organisation: OrganisationName): void;
  /** Who is who from now on: at the start, and whenever members or validators have changed. */
  onMembers(members: ObservedMembers): void;
  /** Where the scrub stands; `passes` since the start, `lastPassMs` the wall clock at the end of the last one. */
  onScrub(status: {
    readonly height: Height;
    readonly passes: number;
    readonly lastPassMs: TimestampMs | undefined;
  }): void;
  /** The scrub has found a row in this table that the ledger did not write, and that it had not found before. */
  onScrubFinding(table: string): void;
  onJournalSync(durationMs: number, records: number): void;
  onHealth(state: NodeHealth): void;
  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void;
}

export type NodeHealth =
  | { readonly state: 'starting' }
  | { readonly state: 'ready' }
  | { readonly state: 'degraded'; readonly reason: string }
  | { readonly state: 'quarantined'; readonly reason: string }
  | { readonly state: 'halted'; readonly reason: string };
