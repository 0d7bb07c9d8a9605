/** Everything that can happen to a replica. `step` is total: no input makes it throw but a broken invariant. */
import type { Block } from '../ledger/block.js';
import type {
  BlockHash,
  Digest,
  Height,
  MonotonicMs,
  PeerIndex,
  Signature,
  TimestampMs,
  View,
} from '../primitives/identifiers.js';
import type { CheckpointCertificate, QuorumCertificate } from './certificate.js';
import type { EpochSeats } from './epoch-seats.js';
import type { SignRequest, SuspicionReason } from './effect.js';
import type { VerifiedMessage } from './message.js';

export type Input =
  /** Monotonic time has reached `nowMs`; deadlines live in the state. */
  | {
      readonly type: 'tick';
      readonly nowMs: MonotonicMs;
      readonly wallMs: TimestampMs;
      readonly mempoolTransactions: number;
      /** True while a transaction waits of which the node knows that it can be proposed: the primary owes progress. */
      readonly hasWork: boolean;
    }
  /** The node's own reason to want another primary, for the view in which it has found it. */
  | { readonly type: 'distrust'; readonly view: View; readonly reason: SuspicionReason }
  /** A verified message; `arrivedAtMs` is the wall clock when its last byte arrived (block time is judged on arrival). */
  | {
      readonly type: 'message';
      readonly from: PeerIndex;
      readonly message: VerifiedMessage;
      readonly arrivedAtMs: TimestampMs;
    }
  /** Answer to requestProposal; answers to a request that no longer stands are ignored. */
  | { readonly type: 'proposalBuilt'; readonly block: Block }
  /** Answer to checkProposal. */
  | {
      readonly type: 'proposalChecked';
      readonly blockHash: BlockHash;
      readonly valid: boolean;
      readonly reason?: string;
    }
  /** Answer to sign; everything appended before the request is durable by now. */
  | { readonly type: 'signed'; readonly request: SignRequest; readonly signature: Signature }
  /** Block `height` is executed and durable; `root` is the result log's root of size height + 1. */
  | {
      readonly type: 'executed';
      readonly height: Height;
      readonly root: Digest;
      /** The next epoch, when this block has scheduled it: it begins L + 1 heights later (PBFT-EPOCH-2). */
      readonly scheduled?: EpochSeats | undefined;
    }
  /** A block that catch-up fetched, its certificate, links and transactions verified; consecutive heights. */
  | {
      readonly type: 'synced';
      readonly block: Block;
      readonly certificate: QuorumCertificate;
      /** With the last block of an epoch, when the peer had it: verified like the rest. */
      readonly checkpoint?: CheckpointCertificate | undefined;
    }
  /** The node has found its own state to be wrong: nothing that it would compute from it may be signed (PBFT-CHECKPOINT-6). */
  | { readonly type: 'stateDamaged' }
  /** A peer's stream came up or went down. */
  | { readonly type: 'peer'; readonly index: PeerIndex; readonly connected: boolean };
