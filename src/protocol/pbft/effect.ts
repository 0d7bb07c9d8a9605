/**
 * What a replica asks of the world, and the one ordering contract (PBFT-GATE-1):
 *
 *   the shell appends the records of a batch of steps in order, makes the journal durable once, and only then
 *   performs the other effects of that batch, in order. Nothing a replica says, signs, executes or answers can
 *   be seen outside before every record appended ahead of it is durable.
 *
 * `trace` alone is exempt: it is for people.
 */
import type { Block } from '../ledger/block.js';
import type {
  BlockHash,
  Digest,
  Epoch,
  Height,
  PeerIndex,
  Signature,
  TimestampMs,
  View,
} from '../primitives/identifiers.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  TimeoutCertificate,
  VoteKind,
} from './certificate.js';
import type { Evidence } from './evidence.js';
import type { Message } from './message.js';
import type { ViewChange, ViewChangeContent } from './view-change.js';

/** A journal record; src/journal gives it a position and a checksum. */
export type JournalRecord =
  /** Before PREPARE (and before PRE-PREPARE by the primary): the vote and the block's body. */
  | { readonly type: 'prepared'; readonly epoch: Epoch; readonly view: View; readonly block: Block }
  /** Before COMMIT: the quorum of PREPAREs that permits it. */
  | { readonly type: 'locked'; readonly certificate: QuorumCertificate }
  /** A block is final; lets a restarted node re-apply what its database has not. */
  | {
      readonly type: 'committed';
      readonly certificate: QuorumCertificate;
      /** Only when no 'prepared' record above holds this block: a body is written once. */
      readonly block: Block | undefined;
    }
  /** Before a checkpoint line leaves. */
  | { readonly type: 'checkpointSigned'; readonly height: Height; readonly root: Digest }
  /** Before PREPARE for the first height of an epoch: the certificate of the last height of the one before (PBFT-EPOCH-3). */
  | { readonly type: 'endCertified'; readonly certificate: CheckpointCertificate }
  /** Before VIEWCHANGE: the view is left for good, and what will be said about it, word for word. */
  | {
      readonly type: 'viewLeft';
      readonly timeout: TimeoutCertificate;
      readonly content: ViewChangeContent;
    }
  /** Before any vote of the view, and before its primary signs NEWVIEW: what the view began with. */
  | {
      readonly type: 'viewEntered';
      readonly epoch: Epoch;
      readonly view: View;
      readonly changes: readonly ViewChange[];
      /** The primary's NEWVIEW; `undefined` in its own journal, since it signs what is durable. */
      readonly signature: Signature | undefined;
    };

/** What to sign. The shell builds the bytes with sign-bytes.ts and answers with `signed`. */
export type SignRequest =
  | {
      readonly type: 'propose';
      readonly epoch: Epoch;
      readonly view: View;
      readonly height: Height;
      readonly blockHash: BlockHash;
    }
  | {
      readonly type: 'vote';
      readonly kind: VoteKind;
      readonly epoch: Epoch;
      readonly view: View;
      readonly height: Height;
      readonly blockHash: BlockHash;
    }
  | { readonly type: 'checkpoint'; readonly epoch: Epoch; readonly height: Height; readonly root: Digest }
  | { readonly type: 'suspect'; readonly epoch: Epoch; readonly view: View }
  | {
      readonly type: 'viewChange' | 'newView';
      readonly epoch: Epoch;
      readonly view: View;
      readonly digest: Digest;
    };

export interface ProposalRequest {
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly parentHash: BlockHash;
  /** The new block's time must be later than this. */
  readonly parentTimestampMs: TimestampMs;
  /** Blocks accepted and not yet executed, oldest first: their transactions are taken. */
  readonly ancestors: readonly Block[];
  /** The block is the last one of its epoch. */
  readonly epochFinal: boolean;
  /** A change of the epoch waits for this height: propose even when there is nothing to record (PBFT-EPOCH-2). */
  readonly isDue: boolean;
}

export type HaltReason =
  | 'CONFLICTING_COMMIT_CERTIFICATE'
  | 'CONFLICTING_CHECKPOINT_CERTIFICATE'
  | 'CONFLICTING_NEW_VIEW'
  | 'CONFLICTING_EPOCH';

/**
 * Why a replica wants another primary: nothing is committed although there is work; the primary says nothing; it proposes
 * what must be refused; it signed two proposals; it leaves out a transaction; its turn is over; or f + 1 others want it.
 */
export type SuspicionReason =
  'progress' | 'silence' | 'refusal' | 'equivocation' | 'censorship' | 'rotation' | 'followed';

export type TraceKind =
  | 'proposed'
  | 'accepted'
  | 'prepared'
  | 'committed'
  | 'executed'
  | 'certified'
  | 'proposalRefused'
  | 'messageDropped'
  | 'suspected'
  | 'viewLeft'
  | 'viewEntered'
  | 'epochBegun'
  | 'retired'
  | 'evidence';

export type Effect =
  | { readonly type: 'append'; readonly record: JournalRecord }
  | { readonly type: 'sign'; readonly request: SignRequest }
  | { readonly type: 'send'; readonly to: PeerIndex | 'all'; readonly message: Message }
  /** Give the next block when there is work; replaces an earlier request that is still open. */
  | { readonly type: 'requestProposal'; readonly request: ProposalRequest }
  /** Judge a proposal's content: transactions and roots. Its time is judged here, normal-case/timeliness.ts. */
  | {
      readonly type: 'checkProposal';
      readonly block: Block;
      readonly ancestors: readonly Block[];
    }
  /** Execute a final block; given strictly by height, at most L ahead of the answers. */
  | { readonly type: 'execute'; readonly block: Block; readonly certificate: QuorumCertificate }
  /** A quorum countersigned a height. */
  | { readonly type: 'checkpointCertified'; readonly certificate: CheckpointCertificate }
  /** A proven head lies beyond what messages can bring: fetch blocks up to it. */
  | {
      readonly type: 'catchUp';
      readonly fromHeight: Height;
      readonly provenHeight: Height;
      readonly peer: PeerIndex;
    }
  /** The epoch before is over; what this replica says from here on it says in this one. */
  | {
      readonly type: 'epochBegun';
      readonly epoch: Epoch;
      readonly firstHeight: Height;
      /** Whether it has a voice in it. */
      readonly seated: boolean;
    }
  /**
   * The key that had a voice in the epoch that ended at `lastHeight` is needed no more: its words are with the others, and they
   * go on without it (PBFT-EPOCH-5).
   */
  | { readonly type: 'retired'; readonly epoch: Epoch; readonly lastHeight: Height }
  /** A validator signed what no correct one does: keep it, and tell people. */
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  /** Own words came back that the journal does not have: never vote again with this key, in this life or the next. */
  | { readonly type: 'amnesia'; readonly detail: string }
  /** Own result differs from a certified one: stop voting and countersigning, keep serving reads that say so. */
  | {
      readonly type: 'quarantine';
      readonly height: Height;
      readonly ownRoot: Digest;
      readonly certifiedRoot: Digest;
    }
  /** More than f validators are faulty: stop for good, with a durable marker. */
  | { readonly type: 'halt'; readonly reason: HaltReason; readonly detail: string }
  | {
      readonly type: 'trace';
      readonly kind: TraceKind;
      readonly epoch: Epoch;
      readonly view: View;
      readonly height: Height;
      readonly detail?: string;
    };
