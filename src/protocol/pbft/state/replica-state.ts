/**
 * Everything one replica knows between two steps. Plain data, owned by one Replica, changed only by the handlers in
 * normal-case/, checkpoint/, view-change/, evidence/ and restart/. Every map is bounded; check-invariants.ts checks the
 * bounds. Heights always obey executed ≤ committed ≤ prepared ≤ accepted ≤ executed + L (PBFT-ORDER-2).
 */
import type { Block } from '../../ledger/block.js';
import type { BlockHeader } from '../../ledger/block-header.js';
import type {
  BlockHash,
  Digest,
  Epoch,
  Height,
  MonotonicMs,
  Signature,
  TimestampMs,
  ValidatorIndex,
  View,
} from '../../primitives/identifiers.js';
import { faultsMax, quorumSize } from '../../primitives/quorum.js';
import type { CheckpointCertificate, QuorumCertificate, TimeoutCertificate } from '../certificate.js';
import { CheckpointPool } from '../checkpoint/checkpoint-pool.js';
import type { SuspicionReason } from '../effect.js';
import type { Phase, PrePrepare, Standing, Status, Vote } from '../message.js';
import { VotePool } from '../normal-case/vote-pool.js';
import type { RecoveredState, ReplicaConfig } from '../replica-config.js';
import type { ViewChange, ViewChangeContent } from '../view-change.js';
import { SuspectPool } from '../view-change/suspect-pool.js';
import type { Tip } from '../view-change/tips.js';

/** A block of the chain, as far as the next one needs to know it. */
export interface ChainPoint {
  readonly height: Height;
  readonly hash: BlockHash;
  readonly timestampMs: TimestampMs;
}

/** A PREPARE of this view that the journal has: the only one for (epoch, view, height), for ever (PBFT-VOTE-3). */
export interface OwnVote {
  readonly block: Block;
  /** When it was accepted and when it was prepared; what is younger than a retransmission is still on its way. */
  readonly acceptedAtMs: MonotonicMs;
  preparedAtMs: MonotonicMs | undefined;
}

/** A fresh proposal of this view that waits for its parent, for its time, for execution or for its check. */
export interface BufferedProposal {
  readonly block: Block;
  /** The primary's PROPOSE; with another one for the same height it is evidence. */
  readonly signature: Signature;
  readonly arrivedAtMs: TimestampMs;
}

export interface CommittedBlock {
  readonly block: Block;
  readonly certificate: QuorumCertificate;
  readonly committedAtMs: MonotonicMs;
}

/** An outstanding FetchBlock. */
export interface BodyFetch {
  attempts: number;
  retryAtMs: MonotonicMs;
}

/** What this replica remembers of a peer's stream. Validators have an entry always, observers while they are connected. */
export interface PeerProgress {
  connected: boolean;
  /** When its stream came up: what was sent before may be lost. */
  connectedAtMs: MonotonicMs;
  /** When it last went down; long ago when it never did. */
  disconnectedAtMs: MonotonicMs;
  /** When it last said anything. */
  heardAtMs: MonotonicMs;
  /** The view in which its Status showed it active, and since when: proposals of before may have come too early for it. */
  activeIn: { readonly view: View; readonly sinceMs: MonotonicMs } | undefined;
  /** When proposals, and the proof of this view, were last sent to it again. */
  proposalsSentAtMs: MonotonicMs;
  viewSentAtMs: MonotonicMs;
  answeredAtMs: MonotonicMs;
  /** Highest height of the Decided messages in the last answer; 0 when it had none. */
  decidedUpTo: Height;
  /** Bodies sent to this peer since the last periodic Status (PBFT-FETCH-3). */
  bodiesServed: number;
}

/** The newest thing of each kind under a validator's key: the echo for when it has restarted (PBFT-RECOVER-4). */
export interface LastWords {
  prepare: Vote | undefined;
  commit: Vote | undefined;
  change: ViewChange | undefined;
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

/** A block that the new view begins with: proposed again by the NEWVIEW itself, never by a message. */
export interface Reproposal {
  readonly header: BlockHeader;
  readonly hash: BlockHash;
  /** Signers of the PREPARE certificate that covers it: f + 1 of them are correct and hold its body (PBFT-FETCH-2). */
  readonly holders: readonly ValidatorIndex[];
}

export interface OwnSuspicion {
  readonly view: View;
  readonly reason: SuspicionReason;
}

/** How the present view began, and who wants to leave it. */
export interface ViewState {
  suspicion: OwnSuspicion | undefined;
  /** When the own Suspect was last sent. */
  suspectSentAtMs: MonotonicMs;
  readonly suspects: SuspectPool;
  /** While changing: the proof that the view before has ended. */
  timeout: TimeoutCertificate | undefined;
  /** While changing: what this replica says about it, word for word as in the journal; not before it is awake. */
  ownChange: ViewChangeContent | undefined;
  /** The newest view change of each validator, for this view or a later one; the own one when it is signed. */
  readonly changes: Map<ValidatorIndex, ViewChange>;
  /** While active: what the view began with (none in view 0), and NEWVIEW's signature once it is there. */
  entered: { readonly changes: readonly ViewChange[]; signature: Signature | undefined } | undefined;
  /** Height of the commit that the view stands on; nothing is accepted before it is reached. */
  baseHeight: Height;
  /** Blocks that the view begins with, above the committed height. */
  readonly chain: Map<Height, Reproposal>;
  /** Last height of that chain; fresh proposals lie above. */
  chainTop: Height;
  /** When this view was entered, changing or active. */
  enteredAtMs: MonotonicMs;
}

/** When the primary owes something (PBFT-TIMER-1). */
export interface Patience {
  /** Expiries since the last fresh commit: the exponent of the back-off. */
  expiries: number;
  /** Views whose primary was found silent since the last fresh commit, and the last of them. */
  silentViews: number;
  lastSilentView: View | undefined;
  /** When progress is overdue; `undefined` while nothing is waited for. */
  deadlineMs: MonotonicMs | undefined;
}

export interface ReplicaState {
  readonly config: ReplicaConfig;
  readonly quorum: number;
  /** f + 1: at least one of so many is correct. */
  readonly weakQuorum: number;
  readonly epoch: Epoch;
  view: View;
  phase: Phase;
  standing: Exclude<Standing, 'waking'>;

  nowMs: MonotonicMs;
  wallMs: TimestampMs;
  mempoolTransactions: number;
  hasWork: boolean;

  executedHeight: Height;
  committed: ChainPoint;
  preparedHeight: Height;
  acceptedHeight: Height;

  /** One fresh proposal of this view a height, heights in (committed, committed + 3L] (PBFT-WINDOW-1). */
  readonly proposals: Map<Height, BufferedProposal>;
  /** The same for the view after this one, whose primary may be faster than we are. */
  readonly nextProposals: Map<Height, BufferedProposal>;
  /** Hashes whose check said no; never voted for in this view. */
  readonly refused: Map<Height, BlockHash>;
  /** The proposal that is being checked. */
  checking: { readonly height: Height; readonly blockHash: BlockHash } | undefined;
  /** The open proposal request. */
  requested: { readonly height: Height; readonly parentHash: BlockHash } | undefined;
  /** Own PREPAREs of this view above the committed height. */
  readonly voted: Map<Height, OwnVote>;
  /** Own fresh proposals of this view above the committed height, signed. */
  readonly proposed: Map<Height, PrePrepare>;
  readonly votes: VotePool;
  tips: readonly Tip[];

  /** Commit certificates above the committed height: held for their turn (PBFT-COMMIT-3). */
  readonly decided: Map<Height, QuorumCertificate>;
  /** Bodies that no vote or proposal of this view holds: asked for, synced, or kept for a tip of an earlier view. */
  readonly bodies: Map<BlockHash, Block>;
  readonly fetches: Map<BlockHash, BodyFetch>;
  /** The last 3L committed blocks, ascending. */
  readonly recent: Map<Height, CommittedBlock>;
  /** Heights above the committed one whose commit is in the journal already, from before the restart. */
  readonly journalled: Set<Height>;
  lastCommitMs: MonotonicMs;
  /** Highest height that a commit certificate has proven to exist, and who may have it. */
  proven: { readonly height: Height; readonly peer: ValidatorIndex } | undefined;
  catchUp: { readonly toHeight: Height; readonly askedAtMs: MonotonicMs } | undefined;

  readonly checkpoints: CheckpointState;
  readonly viewState: ViewState;
  readonly patience: Patience;
  /** False from the start until restart/wake.ts finds that the journal and the database are what they were. */
  isAwake: boolean;
  /** Committed before the restart, as the journal knows: nothing is signed before the database holds it again. */
  knownHeight: Height;
  /** Peers whose echo has come in this life. */
  readonly echoes: Set<ValidatorIndex>;
  readonly lastWords: readonly LastWords[];
  /** Slots of evidence that is known (evidence.ts), with their offenders. */
  readonly accused: Map<string, ValidatorIndex>;
  readonly peers: Map<ValidatorIndex, PeerProgress>;
  lastStatus: Status | undefined;
  lastStatusMs: MonotonicMs;
  nextStatusMs: MonotonicMs;
}

export function createPeerProgress(): PeerProgress {
  return {
    connected: false,
    connectedAtMs: -Infinity,
    disconnectedAtMs: -Infinity,
    heardAtMs: -Infinity,
    activeIn: undefined,
    proposalsSentAtMs: -Infinity,
    viewSentAtMs: -Infinity,
    answeredAtMs: -Infinity,
    decidedUpTo: 0,
    bodiesServed: 0,
  };
}

function createViewState(): ViewState {
  return {
    suspicion: undefined,
    suspectSentAtMs: -Infinity,
    suspects: new SuspectPool(),
    timeout: undefined,
    ownChange: undefined,
    changes: new Map(),
    entered: undefined,
    baseHeight: 0,
    chain: new Map(),
    chainTop: 0,
    enteredAtMs: 0,
  };
}

function createCheckpointState(recovered: RecoveredState): CheckpointState {
  return {
    certificate: undefined,
    certifiedHeight: recovered.certifiedHeight,
    certificates: new Map(),
    ownRoots: new Map([[recovered.executedHeight, recovered.executedRoot]]),
    signedRoots: new Map(),
    lines: new CheckpointPool(),
  };
}

export function createReplicaState(config: ReplicaConfig, recovered: RecoveredState): ReplicaState {
  const height = recovered.executedHeight;
  const validatorCount = config.validators.length;
  return {
    config,
    quorum: quorumSize(validatorCount),
    weakQuorum: faultsMax(validatorCount) + 1,
    epoch: config.epoch,
    view: 0,
    phase: 'active',
    standing: config.self === undefined ? 'observing' : 'voting',
    nowMs: 0,
    wallMs: recovered.executedTimestampMs,
    mempoolTransactions: 0,
    hasWork: false,
    executedHeight: height,
    committed: { height, hash: recovered.executedBlockHash, timestampMs: recovered.executedTimestampMs },
    preparedHeight: height,
    acceptedHeight: height,
    proposals: new Map(),
    nextProposals: new Map(),
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
    journalled: new Set(),
    lastCommitMs: 0,
    proven: undefined,
    catchUp: undefined,
    checkpoints: createCheckpointState(recovered),
    viewState: createViewState(),
    patience: { expiries: 0, silentViews: 0, lastSilentView: undefined, deadlineMs: undefined },
    isAwake: false,
    knownHeight: Math.max(height, recovered.appliedHeight),
    echoes: new Set(),
    lastWords: config.validators.map(() => ({ prepare: undefined, commit: undefined, change: undefined })),
    accused: new Map(),
    peers: new Map(config.validators.map((_, index) => [index, createPeerProgress()])),
    lastStatus: undefined,
    lastStatusMs: -Infinity,
    nextStatusMs: 0,
  };
}
