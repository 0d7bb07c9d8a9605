/**
 * Everything one replica knows between two steps. Plain data, owned by one Replica, changed only by the handlers in
 * normal-case/, checkpoint/ and view-change/. Every map is bounded; the bounds are checked by check-invariants.ts.
 * Heights always obey executed ≤ committed ≤ prepared ≤ accepted ≤ executed + L (PBFT-ORDER-2).
 */
import type { Block } from '../ledger/block.js';
import { primaryOf } from '../ledger/validator-set.js';
import type {
  BlockHash,
  Digest,
  Epoch,
  Height,
  MonotonicMs,
  TimestampMs,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';
import { quorumSize } from '../primitives/quorum.js';
import type { CheckpointCertificate, QuorumCertificate } from './certificate.js';
import { CheckpointPool } from './checkpoint/checkpoint-pool.js';
import type { Effect, TraceKind } from './effect.js';
import type { Phase, PrePrepare, Status } from './message.js';
import type { RecoveredState, ReplicaConfig } from './replica-config.js';
import type { Tip } from './view-change/tips.js';
import { VotePool } from './normal-case/vote-pool.js';

/** A block of the chain, as far as the next one needs to know it. */
export interface ChainPoint {
  readonly height: Height;
  readonly hash: BlockHash;
  readonly timestampMs: TimestampMs;
}

/** A PREPARE that this replica has journalled: its only one for (epoch, view, height), for ever (PBFT-VOTE-3). */
export interface OwnVote {
  readonly view: View;
  readonly block: Block;
  /** When it was accepted and when it was prepared; what is younger than a retransmission is still on its way. */
  readonly acceptedAtMs: MonotonicMs;
  preparedAtMs: MonotonicMs | undefined;
}

/** A proposal that waits for its parent, for execution or for its check. */
export interface BufferedProposal {
  readonly view: View;
  readonly block: Block;
  readonly arrivedAtMs: TimestampMs;
}

export interface CommittedBlock {
  readonly block: Block;
  readonly certificate: QuorumCertificate;
  readonly committedAtMs: MonotonicMs;
}

/** An outstanding FetchBlock. */
export interface BodyFetch {
  readonly blockHash: BlockHash;
  attempts: number;
  retryAtMs: MonotonicMs;
}

/** What retransmission remembers of a peer. */
export interface PeerProgress {
  connected: boolean;
  /** When its stream came up: what was sent before may be lost. */
  connectedAtMs: MonotonicMs;
  /** When proposals were last sent to it again. */
  proposalsSentAtMs: MonotonicMs;
  answeredAtMs: MonotonicMs;
  /** Highest height of the Decided messages in the last answer; 0 when it had none. */
  decidedUpTo: Height;
  /** Bodies sent to this peer since the last periodic Status (PBFT-FETCH-3). */
  bodiesServed: number;
}

export interface CheckpointState {
  /** Highest certificate held. */
  certificate: CheckpointCertificate | undefined;
  certifiedHeight: Height;
  /** Certificates by height: those not yet executed, and the last 3L. */
  readonly certificates: Map<Height, CheckpointCertificate>;
  /** Own roots of the last 3L executed heights. */
  readonly ownRoots: Map<Height, Digest>;
  /** Roots that this replica has signed, from the journal and since; above the certified height. */
  readonly signedRoots: Map<Height, Digest>;
  readonly lines: CheckpointPool;
}

/** Why a replica does or does not vote. */
export type Standing = 'voting' | 'observing' | 'quarantined' | 'halted';

export interface ReplicaState {
  readonly config: ReplicaConfig;
  readonly quorum: number;
  readonly epoch: Epoch;
  view: View;
  phase: Phase;
  standing: Standing;

  nowMs: MonotonicMs;
  wallMs: TimestampMs;
  mempoolTransactions: number;

  executedHeight: Height;
  committed: ChainPoint;
  preparedHeight: Height;
  acceptedHeight: Height;

  /** One proposal a height, heights in (committed, committed + 3L] (PBFT-WINDOW-1). */
  readonly proposals: Map<Height, BufferedProposal>;
  /** Hashes whose check said no; never voted for in this view. */
  readonly refused: Map<Height, BlockHash>;
  /** The proposal that is being checked. */
  checking: { readonly height: Height; readonly blockHash: BlockHash } | undefined;
  /** The open proposal request. */
  requested: { readonly height: Height; readonly parentHash: BlockHash } | undefined;
  /** Own PREPAREs above the committed height, the newest view of each height. */
  readonly voted: Map<Height, OwnVote>;
  /** Own proposals above the committed height, signed. */
  readonly proposed: Map<Height, PrePrepare>;
  readonly votes: VotePool;
  tips: readonly Tip[];

  /** Commit certificates above the committed height: held for their turn (PBFT-COMMIT-3). */
  readonly decided: Map<Height, QuorumCertificate>;
  /** Bodies that came by themselves: fetched, synced or from the journal. */
  readonly bodies: Map<Height, Block>;
  readonly fetches: Map<Height, BodyFetch>;
  /** The last 3L committed blocks, ascending. */
  readonly recent: Map<Height, CommittedBlock>;
  /** Highest height whose commit certificate is already in the journal. */
  journalledHeight: Height;
  lastCommitMs: MonotonicMs;
  /** Highest height that a commit certificate has proven to exist, and who may have it. */
  proven: { readonly height: Height; readonly peer: ValidatorIndex } | undefined;
  catchUp: { readonly toHeight: Height; readonly askedAtMs: MonotonicMs } | undefined;

  readonly checkpoints: CheckpointState;
  readonly peers: readonly PeerProgress[];
  lastStatus: Status | undefined;
  lastStatusMs: MonotonicMs;
  nextStatusMs: MonotonicMs;
}

export function createReplicaState(config: ReplicaConfig, recovered: RecoveredState): ReplicaState {
  const height = recovered.executedHeight;
  return {
    config,
    quorum: quorumSize(config.validators.length),
    epoch: config.epoch,
    view: 0,
    phase: 'active',
    standing: config.self === undefined ? 'observing' : 'voting',
    nowMs: 0,
    wallMs: recovered.executedTimestampMs,
    mempoolTransactions: 0,
    executedHeight: height,
    committed: { height, hash: recovered.executedBlockHash, timestampMs: recovered.executedTimestampMs },
    preparedHeight: height,
    acceptedHeight: height,
    proposals: new Map(),
    refused: new Map(),
    checking: undefined,
    requested: undefined,
    voted: new Map(),
    proposed: new Map(),
    votes: new VotePool(),
    tips: [],
    decided: new Map(),
    bodies: new Map(),
    fetches: new Map(),
    recent: new Map(),
    journalledHeight: height,
    lastCommitMs: 0,
    proven: undefined,
    catchUp: undefined,
    checkpoints: {
      certificate: undefined,
      certifiedHeight: recovered.certifiedHeight,
      certificates: new Map(),
      ownRoots: new Map([[height, recovered.executedRoot]]),
      signedRoots: new Map(),
      lines: new CheckpointPool(),
    },
    peers: config.validators.map(() => ({
      connected: false,
      connectedAtMs: -Infinity,
      proposalsSentAtMs: -Infinity,
      answeredAtMs: -Infinity,
      decidedUpTo: 0,
      bodiesServed: 0,
    })),
    lastStatus: undefined,
    lastStatusMs: -Infinity,
    nextStatusMs: 0,
  };
}

/** Blocks kept and buffered around the committed height: 3L each way (PBFT-WINDOW-1). */
export function windowBlocks(state: ReplicaState): number {
  return 3 * state.config.pipelineDepth;
}

/** True for heights whose proposals, votes and certificates are kept: (committed, committed + 3L]. */
export function isInWindow(state: ReplicaState, height: Height): boolean {
  return height > state.committed.height && height <= state.committed.height + windowBlocks(state);
}

/** Highest height that may be accepted or committed: executed + L (PBFT-ORDER-2). */
export function heightLimit(state: ReplicaState): Height {
  return state.executedHeight + state.config.pipelineDepth;
}

export function currentPrimary(state: ReplicaState): ValidatorIndex {
  return primaryOf(state.config.validators.length, state.epoch, state.view);
}

/** True while this replica may accept, prepare and commit in its view. */
export function mayVote(state: ReplicaState): boolean {
  return state.standing === 'voting' && state.phase === 'active';
}

/** The last accepted block, or the committed one when nothing is accepted above it. */
export function acceptedPoint(state: ReplicaState): ChainPoint {
  if (state.acceptedHeight === state.committed.height) return state.committed;
  const block = state.voted.get(state.acceptedHeight)?.block;
  return block === undefined
    ? state.committed
    : { height: block.header.height, hash: block.hash, timestampMs: block.header.timestampMs };
}

/** Blocks in (executed, accepted], oldest first: their transactions are taken and not yet in the database. */
export function blocksInFlight(state: ReplicaState): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = state.executedHeight + 1; height <= state.acceptedHeight; height++) {
    const block = state.recent.get(height)?.block ?? state.voted.get(height)?.block;
    if (block !== undefined) blocks.push(block);
  }
  return blocks;
}

/** The block of that hash, if this replica holds it: in the window or among the recent ones. */
export function findBlock(state: ReplicaState, hash: BlockHash): Block | undefined {
  for (const { block } of state.voted.values()) if (block.hash === hash) return block;
  for (const { block } of state.proposals.values()) if (block.hash === hash) return block;
  for (const block of state.bodies.values()) if (block.hash === hash) return block;
  for (const { block } of state.recent.values()) if (block.hash === hash) return block;
  return undefined;
}

export function trace(
  state: ReplicaState,
  effects: Effect[],
  kind: TraceKind,
  height: Height,
  detail?: string,
): void {
  const base = { type: 'trace', kind, epoch: state.epoch, view: state.view, height } as const;
  effects.push(detail === undefined ? base : { ...base, detail });
}

/** Removes what lies at or below `height`. */
export function dropUpTo(map: Map<Height, unknown>, height: Height): void {
  for (const key of map.keys()) if (key <= height) map.delete(key);
}
