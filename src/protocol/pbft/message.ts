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
import type { CheckpointCertificate, QuorumCertificate, VoteKind } from './certificate.js';

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
  readonly height: Height;
  readonly root: Digest;
  readonly signer: ValidatorIndex;
  readonly signature: Signature;
}

export interface CheckpointCertified {
  readonly type: 'checkpointCertified';
  readonly certificate: CheckpointCertificate;
}

export type Phase = 'active' | 'changing';

/** Where a replica stands; believed only for liveness: what to send it again (PBFT-STATUS-1). */
export interface Status {
  readonly type: 'status';
  readonly epoch: Epoch;
  readonly view: View;
  readonly phase: Phase;
  readonly committedHeight: Height;
  readonly acceptedHeight: Height;
  /** Proposals of this view are held without a gap up to this height, accepted or waiting. */
  readonly proposalHeight: Height;
  readonly preparedHeight: Height;
  readonly executedHeight: Height;
  readonly certifiedHeight: Height;
  /** For each height from committedHeight + 1: which validators' votes are held, by index. */
  readonly prepareVotes: readonly (readonly boolean[])[];
  readonly commitVotes: readonly (readonly boolean[])[];
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
  PrePrepare | Vote | CheckpointVote | CheckpointCertified | Status | Decided | FetchBlock | BlockReply;

declare const verified: unique symbol;
/** A message whose signatures and form were checked against the set in force; only verify-message.ts makes one. */
export type VerifiedMessage = Message & { readonly [verified]: true };
