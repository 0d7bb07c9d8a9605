/**
 * What the node offers to its edges (REST, later gRPC services): the use cases and status, free of HTTP and of storage.
 * Promises reject with LedgerError only; what is wrong with the caller's input is a Rejection in the answer.
 */
import type { MotionEntry } from '../protocol/governance/motion-entry.js';
import type { ApprovalRule, Tally } from '../protocol/governance/motion-tally.js';
import type { OrganisationEntry } from '../protocol/governance/organisation-entry.js';
import type { Reader } from '../protocol/governance/reading.js';
import type { ResolvedSigner } from '../protocol/governance/signer.js';
import type { EpochTerms } from '../protocol/ledger/epoch-terms.js';
import type { IdentityRights, KeyAlgorithm } from '../protocol/ledger/identity.js';
import type { Outcome } from '../protocol/ledger/outcome.js';
import type { Command } from '../protocol/ledger/transaction.js';
import type { VoteKind } from '../protocol/pbft/certificate.js';
import type { Phase, Standing } from '../protocol/pbft/message.js';
import type {
  Digest,
  Epoch,
  Height,
  OrganisationName,
  PublicKey,
  TimestampMs,
  TransactionId,
  View,
} from '../protocol/primitives/identifiers.js';
import type { ReceiptKey } from '../protocol/proof/cose/receipt-keys.js';
import type { Rejection } from '../protocol/primitives/rejection.js';
import type { EpochEnd } from '../protocol/proof/countersigned/countersigned-result.js';
import type { StateKey } from '../protocol/state/state-key.js';
import type { ScrubReport } from './audit/scrub.js';
import type { MembershipStep, Preflight } from './members/preflight.js';
import type { HistoryEntry, HistoryPage, NodeHealth, RawTransaction } from './ports.js';

export type * from './indexing/search-cases.js';
export type { IndexStanding } from './indexing/record-indexer.js';
export { timeToMs } from './indexing/time-to-ms.js';
export { PREFLIGHT_PROBLEMS, type MembershipStep, type Preflight } from './members/preflight.js';

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
  /** Canonical bytes of the receipt (RCPT-1); `undefined` when the transaction is unknown. */
  build(id: TransactionId): Promise<Uint8Array | 'notCommitted' | 'notCertifiedYet' | undefined>;
}

/** Why there is no answer as of a height, and for which heights there is one. */
export interface ProofRefusal {
  /** `beyondEnd`: the history has no entry where the page should begin. */
  readonly refused: 'heightNotReached' | 'heightNotKept' | 'notCountersigned' | 'beyondEnd';
  readonly earliest: Height;
  readonly latest: Height;
}

export interface SubjectPageRequest {
  readonly subject: string;
  /** Position of the first entry, 0 first. */
  readonly from: number;
  readonly limit: number;
  /** The newest countersigned height unless named. */
  readonly atHeight: Height | undefined;
  /** Which of the entries are shown; of the others the file has the digest. */
  readonly readable: (entries: readonly HistoryEntry[]) => Promise<(entry: HistoryEntry) => boolean>;
}

/** The state as of a recent height, with and without proof. */
export interface Proofs {
  /** A countersign-history/v1 file (HIST-1); `next` is where the page after it begins. */
  subjectHistory(
    request: SubjectPageRequest,
  ): Promise<
    { readonly file: Uint8Array; readonly height: Height; readonly next: number | undefined } | ProofRefusal
  >;
  /** As of the durable head unless named. */
  readState(
    key: StateKey,
    atHeight: Height | undefined,
  ): Promise<{ readonly height: Height; readonly value: Uint8Array | undefined } | ProofRefusal>;
  /** A countersign-state/v1 file (STATE-7), as of the newest countersigned height unless named. */
  proveState(
    key: { readonly key: StateKey; readonly keyText: string },
    atHeight: Height | undefined,
  ): Promise<{ readonly file: Uint8Array; readonly height: Height } | ProofRefusal>;
}

export interface MissingSignature {
  readonly organisation: OrganisationName;
  /**
   * `noKey`: none on the ledger; `unreachable`: no stream; `silent`: no answer in time; `declined`: its node holds no such key, or
   * has not executed the root; `busy`: this node collects too much already; `observer`: an observer can ask nobody.
   */
  readonly reason: 'noKey' | 'unreachable' | 'silent' | 'declined' | 'busy' | 'observer';
}

export type CoseReceiptAnswer =
  | { readonly kind: 'receipt'; readonly bytes: Uint8Array }
  | { readonly kind: 'unknown' | 'notCommitted' | 'notCertifiedYet' }
  | {
      readonly kind: 'unsigned';
      readonly needed: number;
      readonly signed: readonly OrganisationName[];
      readonly missing: readonly MissingSignature[];
    };

export interface CoseReceipts {
  /** Asks the other organisations for their signatures, unless it holds those of a root that has the transaction. */
  build(id: TransactionId): Promise<CoseReceiptAnswer>;
}

export interface ReceiptKeyList {
  readonly asOfHeight: Height;
  /** In the order of their keys in the state; past ones included. */
  readonly keys: readonly ReceiptKey[];
}

/** Keys of organisations that sign neither transactions nor votes. */
export interface Credentials {
  listReceiptKeys(): Promise<ReceiptKeyList>;
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

/** The result log up to a height. */
export interface LogState {
  readonly height: Height;
  /** RFC 6962. */
  readonly root: Digest;
}

export interface LogConsistency {
  readonly from: LogState;
  readonly to: LogState;
  /** RFC 6962 section 2.1.2. */
  readonly path: readonly Uint8Array[];
}

export interface LogInclusion {
  readonly height: Height;
  /** Of the result record of that height. */
  readonly leafHash: Uint8Array;
  readonly at: LogState;
  readonly path: readonly Uint8Array[];
}

/** The log is not countersigned up to there; `undefined` when it is not at all. */
export interface NotCountersigned {
  readonly certifiedHeight: Height | undefined;
}

export interface ValidatorHistory {
  readonly items: readonly (EpochEnd & { readonly epoch: Epoch; readonly height: Height })[];
  /** Where the next answer begins, when this one is full. */
  readonly nextFrom: Epoch | undefined;
}

/** Proofs about the countersigned log, for those who compare checkpoints. */
export interface LogProofs {
  /** `from` ≤ `to`. */
  consistency(from: Height, to: Height): Promise<LogConsistency | NotCountersigned>;
  /** `height` ≤ `at`. */
  inclusion(height: Height, at: Height): Promise<LogInclusion | NotCountersigned>;
  /** The ends of epochs from `from` on, as far as they are countersigned here. */
  validatorHistory(from: Epoch): Promise<ValidatorHistory>;
}

export interface MemberOrganisation {
  readonly name: OrganisationName;
  readonly ledgerKey: PublicKey;
  /** It has a vote on the next block. */
  readonly validator: boolean;
  /** "host:port"; `undefined` until it says so. */
  readonly address: string | undefined;
  /** 0: genesis. */
  readonly admittedHeight: Height;
  /** First height at which it is no member any more; 0: it is one. */
  readonly removedHeight: Height;
  /** Revoked ones included. */
  readonly identities: number;
  /** Admins that are valid without end: the last of them cannot be taken away. */
  readonly lastingAdmins: number;
  /** Who reads its records beside itself: "*" for everyone, organisations, identities. */
  readonly readers: readonly string[];
}

export interface MemberIdentity extends IdentityRights {
  /** `organisation/name`. */
  readonly identity: string;
  readonly organisation: OrganisationName;
  readonly name: string;
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: PublicKey;
  readonly revoked: boolean;
  /** 0: genesis. */
  readonly registeredHeight: Height;
  readonly changedHeight: Height;
}

/** Who the members are, at the durable head. */
export interface Members {
  /** All of them, at most as many as a ledger may have. */
  listOrganisations(): Promise<{
    readonly asOfHeight: Height;
    readonly organisations: readonly MemberOrganisation[];
  }>;
  /** Of one organisation or of all, in the order of their keys in the state. */
  listIdentities(
    organisation: OrganisationName | undefined,
    after: { readonly organisation: OrganisationName; readonly name: string } | undefined,
    limit: number,
  ): Promise<{ readonly asOfHeight: Height; readonly identities: readonly MemberIdentity[] }>;
  findIdentity(organisation: OrganisationName, name: string): Promise<MemberIdentity | undefined>;
  /** The commands about an organisation as a whole, as below. */
  readOrganisationHistory(organisation: OrganisationName, from: number, limit: number): Promise<HistoryPage>;
  /** The commands about an identity in the order of the ledger; each `record` is an encoded command field (TX-4). */
  readHistory(
    organisation: OrganisationName,
    name: string,
    from: number,
    limit: number,
  ): Promise<HistoryPage>;
}

export type MotionStatus = MotionEntry['status'] | 'expired';

export interface ConsortiumMotion extends Omit<MotionEntry, 'status' | 'validators' | 'needed'> {
  readonly motionId: TransactionId;
  /** As of the next height. */
  readonly status: MotionStatus;
  /** As it was decided; else as it stands by the validators in force. */
  readonly tally: Tally;
  /** By which it would be decided now; `undefined` unless it is open. */
  readonly rule: ApprovalRule | undefined;
}

export interface ConsortiumValidators {
  readonly asOfHeight: Height;
  readonly inForce: EpochTerms;
  readonly pending: EpochTerms | undefined;
  /** Members without a vote. */
  readonly learners: readonly (OrganisationEntry & { readonly organisation: OrganisationName })[];
}

/** What the organisations decide, at the durable head. */
export interface Motions {
  /** In the order of their ids; `next` is where the next page begins, which may be before the limit is reached. */
  listMotions(
    status: MotionStatus | undefined,
    after: TransactionId | undefined,
    limit: number,
  ): Promise<{
    readonly asOfHeight: Height;
    readonly motions: readonly ConsortiumMotion[];
    readonly next: TransactionId | undefined;
  }>;
  findMotion(
    motionId: TransactionId,
  ): Promise<{ readonly asOfHeight: Height; readonly motion: ConsortiumMotion } | undefined>;
  /** The commands about a motion in the order of the ledger, as those about an identity. */
  readMotionHistory(motionId: TransactionId, from: number, limit: number): Promise<HistoryPage>;
  readValidators(): Promise<ConsortiumValidators>;
}

/** What a change of the validators would do to progress, by what this node sees now. */
export interface Preflights {
  judge(step: MembershipStep, organisation: OrganisationName): Preflight;
}

/** Keys that the node holds for identities of its organisation. */
export interface Custody {
  /**
   * A transaction of the identity with this key; `undefined` when the node has not got the key. The idempotency key must be
   * one that a ledger takes. Throws the LedgerErrors of the keystore.
   */
  sign(publicKey: PublicKey, idempotencyKey: string, command: Command): Promise<RawTransaction | undefined>;
}

/** Who may read whose records; the rule is governance/reading.ts. */
export interface Reading {
  /** Whether the reader may read what identities with these outcomes have recorded. Throws LedgerError DATABASE_UNAVAILABLE. */
  visibility(
    reader: Reader,
    outcomes: readonly Pick<Outcome, 'identity'>[],
  ): Promise<(outcome: Pick<Outcome, 'identity'>) => boolean>;
  /** Which organisation keeps the reader from reading the whole ledger (READ-4); `undefined` when none does. */
  withholding(reader: Reader): Promise<OrganisationName | undefined>;
}

/** A bundle that is being read: nothing is held open between two chunks. */
export interface OpenedExport {
  readonly from: Height;
  readonly to: Height;
  /** Whole lines (BNDL-1), some 64 KiB at a time. Rejects LedgerError. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

export type ExportRefusal =
  | { readonly refused: 'rangeInvalid' }
  | { readonly refused: 'notReached'; readonly headHeight: Height }
  | { readonly refused: 'notCountersigned'; readonly certifiedHeight: Height };

/** Blocks with everything that proves them. */
export interface AuditExports {
  /** Blocks `from` to `to`, or to the highest countersigned height. */
  open(from: Height, to: Height | undefined): Promise<OpenedExport | ExportRefusal>;
}

/** Whom a key stands for when somebody calls. */
export interface Callers {
  /** With what it may do in the next block; `undefined` for a stranger's key. */
  find(publicKey: PublicKey): Promise<ResolvedSigner | undefined>;
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
        | 'journalStalled'
        | 'signerUnavailable';
      /** A sentence for people: what is wrong and what is waited for. */
      readonly detail: string;
    };

/** The newest vote that came from a validator itself since this node started. */
export interface LastVote {
  readonly kind: VoteKind;
  readonly view: View;
  readonly height: Height;
  readonly ageMs: number;
}

export interface ValidatorStatus {
  readonly organisation: OrganisationName;
  /** True for the validator of this node. */
  readonly self: boolean;
  readonly reachable: boolean;
  /** It counts towards the quorum: reachable, and it has not told that it does not vote. */
  readonly voting: boolean;
  /** One of the two is there: since when it is reachable, or is not; a time before the start of this node is not known. */
  readonly reachableSinceMs: TimestampMs | undefined;
  readonly unreachableSinceMs: TimestampMs | undefined;
  /** It is reachable and has said nothing for longer than the signs of life of a sound node are apart. */
  readonly silentSinceMs: TimestampMs | undefined;
  /** What it last told of itself; `undefined` when it has not spoken since this node started. */
  readonly standing: Standing | undefined;
  readonly view: View | undefined;
  readonly phase: Phase | undefined;
  readonly height: Height | undefined;
  readonly lastVote: LastVote | undefined;
  /** That of the last vote. */
  readonly lastVoteHeight: Height | undefined;
  /** Its clock minus ours, milliseconds. */
  readonly clockOffsetMs: number | undefined;
}

/** A height above the executed one of which something is known. */
export interface InFlightHeight {
  readonly height: Height;
  /** `awaited`: others have voted for it, and its proposal has not come. */
  readonly stage: 'awaited' | 'proposed' | 'accepted' | 'prepared' | 'committed';
  /** Whose votes of this view are held; none any more once the height is committed. */
  readonly prepares: readonly OrganisationName[];
  readonly commits: readonly OrganisationName[];
}

export interface ViewChangeStatus {
  /** While the view is being changed to. */
  readonly sinceMs: TimestampMs | undefined;
  /** Whose view changes for this view are held. */
  readonly held: readonly OrganisationName[];
  /** Who wants another primary than that of this view. */
  readonly suspectedBy: readonly OrganisationName[];
}

export interface CatchUpStatus {
  readonly at: Height;
  readonly target: Height;
  /** Over the last seconds; `undefined` when they are too few. */
  readonly blocksPerSecond: number | undefined;
  /** Who was asked last; `undefined` while there is nobody to ask. */
  readonly from: OrganisationName | undefined;
}

export interface QuorumStatus {
  readonly needed: number;
  readonly reachable: number;
  /** Reachable and voting. */
  readonly present: number;
  readonly validators: number;
}

export interface NodeStatusReport {
  /** A member has no vote in this epoch; an observer follows and verifies without a ledger key. */
  readonly role: 'validator' | 'member' | 'observer';
  readonly organisation: OrganisationName;
  readonly standing: Standing;
  /** Executed and durable. */
  readonly height: Height;
  /** Highest countersigned height. */
  readonly certifiedHeight: Height;
  readonly epoch: number;
  readonly view: View;
  readonly phase: Phase;
  readonly primary: OrganisationName;
  readonly quorum: QuorumStatus;
  readonly validators: readonly ValidatorStatus[];
  /** Ascending. */
  readonly inFlight: readonly InFlightHeight[];
  readonly viewChange: ViewChangeStatus;
  readonly catchUp: CatchUpStatus | undefined;
  readonly mempool: { readonly transactions: number; readonly bytes: number };
  /** `undefined` when it is turned off. */
  readonly scrub: ScrubReport | undefined;
  readonly health: NodeHealth;
  /** One sentence: why there is progress, or why there is none. */
  readonly cause: string;
}

export interface NodeStatus {
  read(): NodeStatusReport;
  health(): NodeHealth;
  readiness(): NodeReadiness;
}
