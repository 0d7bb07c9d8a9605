/** What replicas say to each other. Signer and view inside a message are claims until verify-message.ts has checked them. */
import type { Block } from '../ledger/block.js';
import type { BlockHeader } from '../ledger/block-header.js';
import type {
  BlockHash,
  Digest,
  Epoch,
  Height,
  Signature,
  TimestampMs,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';
import type {
  CheckpointCertificate,
  QuorumCertificate,
  TimeoutCertificate,
  VoteKind,
} from './certificate.js';
import type { Evidence } from './evidence.js';
import type { ViewChange } from './view-change.js';

/** The primary's proposal. Not a vote: the primary sends a PREPARE like everyone else (PBFT-VOTE-2). */
export interface PrePrepare {
  readonly type: 'prePrepare';
  readonly epoch: Epoch;
  readonly view: View;
  readonly block: Block;
  /** PROPOSE over the block hash, by the primary of the view. */
  readonly signature: Signature;
}

export interface Vote {
  readonly type: 'vote';
  readonly kind: VoteKind;
  readonly epoch: Epoch;
  readonly view: View;
  readonly height: Height;
  readonly blockHash: BlockHash;
  readonly signer: ValidatorIndex;
  readonly signature: Signature;
}

/** One organisation's line under the checkpoint of a height. */
export interface CheckpointVote {
  readonly type: 'checkpointVote';
  /** Of the height: says whose places the signers' are. Not signed, since the chain decides it. */
  readonly epoch: Epoch;
  readonly height: Height;
  readonly root: Digest;
  readonly signer: ValidatorIndex;
  readonly signature: Signature;
}

export interface CheckpointCertified {
  readonly type: 'checkpointCertified';
  /** Of the height. */
  readonly epoch: Epoch;
  readonly certificate: CheckpointCertificate;
}

/** "The primary of this view should be replaced." Binds its signer to nothing (PBFT-VIEW-1). */
export interface Suspect {
  readonly type: 'suspect';
  readonly epoch: Epoch;
  readonly view: View;
  readonly signer: ValidatorIndex;
  readonly signature: Signature;
}

/** A replica has left a view, with the proof that it was entitled to: whoever receives it leaves too (PBFT-VIEW-2). */
export interface ViewChangeSent {
  readonly type: 'viewChange';
  /** Of the view before `change.view`. */
  readonly timeout: TimeoutCertificate;
  readonly change: ViewChange;
}

/** The new primary's proof that a view has begun. The chain to go on with is computed by each receiver (PBFT-VIEW-5). */
export interface NewView {
  readonly type: 'newView';
  readonly epoch: Epoch;
  readonly view: View;
  /** Exactly Q, ascending by signer. */
  readonly changes: readonly ViewChange[];
  /** NEWVIEW over the digests of the changes, by the primary of the view. */
  readonly signature: Signature;
}

/** What its sender last received under the receiver's own key: tells a replica what it has forgotten (PBFT-RECOVER-4). */
export interface Echo {
  readonly type: 'echo';
  /** The epoch that its sender is in: it says nothing about another one. */
  readonly epoch: Epoch;
  /** At most one PREPARE and one COMMIT. */
  readonly votes: readonly Vote[];
  readonly change: ViewChange | undefined;
}

export interface EvidenceSent {
  readonly type: 'evidence';
  readonly evidence: Evidence;
}

export type Phase = 'active' | 'changing';

/** Why a replica does or does not vote. `waking`: it waits for the echo of its own words, or for its database. */
export type Standing = 'voting' | 'waking' | 'observing' | 'quarantined' | 'halted';

/** Ends of epochs that one Status asks for; the next ones follow when these are there. */
export const LACKED_ENDS_MAX = 4;

/** Where a replica stands; believed only for liveness: what to send it again (PBFT-STATUS-1). */
export interface Status {
  readonly type: 'status';
  readonly epoch: Epoch;
  readonly view: View;
  readonly phase: Phase;
  readonly standing: Standing;
  readonly committedHeight: Height;
  readonly acceptedHeight: Height;
  /** Proposals of this view are held without a gap up to this height, accepted or waiting. */
  readonly proposalHeight: Height;
  readonly preparedHeight: Height;
  readonly executedHeight: Height;
  readonly certifiedHeight: Height;
  /** Last heights of epochs whose checkpoint certificates it lacks, oldest first, at most LACKED_ENDS_MAX (PBFT-EPOCH-4). */
  readonly lackedEnds: readonly Height[];
  /** For each height from committedHeight + 1: which validators' votes are held, by index. */
  readonly prepareVotes: readonly (readonly boolean[])[];
  readonly commitVotes: readonly (readonly boolean[])[];
  /** Whose view changes for the view are held, by index; all false once it is active. */
  readonly viewChanges: readonly boolean[];
  readonly clockMs: TimestampMs;
  readonly mempoolTransactions: number;
}

/** A committed header with its certificate: lets any replica commit without votes. */
export interface Decided {
  readonly type: 'decided';
  readonly header: BlockHeader;
  readonly blockHash: BlockHash;
  readonly certificate: QuorumCertificate;
}

export interface FetchBlock {
  readonly type: 'fetchBlock';
  readonly blockHash: BlockHash;
}

/** Answer to FetchBlock; content-addressed. */
export interface BlockReply {
  readonly type: 'blockReply';
  readonly block: Block;
}

export type Message =
  | PrePrepare
  | Vote
  | CheckpointVote
  | CheckpointCertified
  | Suspect
  | ViewChangeSent
  | NewView
  | Echo
  | EvidenceSent
  | Status
  | Decided
  | FetchBlock
  | BlockReply;

declare const verified: unique symbol;
/** A message whose signatures and form were checked against the set in force; only verify-message.ts makes one. */
export type VerifiedMessage = Message & { readonly [verified]: true };
