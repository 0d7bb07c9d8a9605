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
  PeerIndex,
  PublicKey,
  Signature,
  TimestampMs,
  ValidatorIndex,
  View,
} from '../../primitives/identifiers.js';
import { faultsMax, quorumSize } from '../../primitives/quorum.js';
import type { CheckpointCertificate, QuorumCertificate, TimeoutCertificate } from '../certificate.js';
import { CheckpointPool } from '../checkpoint/checkpoint-pool.js';
import type { JournalRecord, SuspicionReason } from '../effect.js';
import type { EndedEpoch, EpochSeats } from '../epoch-seats.js';
import type { Phase, PrePrepare, Standing, Status, Vote } from '../message.js';
import { VotePool } from '../normal-case/vote-pool.js';
import type { RecoveredState, ReplicaConfig } from '../replica-config.js';
import type { ViewChange, ViewChangeContent } from '../view-change.js';
import { SuspectPool } from '../view-change/suspect-pool.js';
import type { Tip } from '../view-change/tips.js';

/** Ends of epochs that are kept to be shown; who is further behind than that needs a backup. */
export const ENDED_EPOCHS_MAX = 1_024;

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

/** The end of an epoch that this replica has committed; kept for peers that have not. */
export interface KeptEnd extends EndedEpoch {
  checkpoint: CheckpointCertificate | undefined;
}

export interface ReplicaState {
  readonly config: ReplicaConfig;
  /** The validators of the present epoch, that of the height above the committed one. */
  seats: EpochSeats;
  quorum: number;
  /** f + 1: at least one of so many is correct. */
  weakQuorum: number;
  epoch: Epoch;
  /** The next epoch, once an executed block has scheduled it. */
  pending: EpochSeats | undefined;
  /** Epochs that are over, oldest first; at most ENDED_EPOCHS_MAX. */
  readonly ended: KeptEnd[];
  /** The epoch that ended without this replica's key among its successors, until the key is needed no more (PBFT-EPOCH-5). */
  farewell: { readonly epoch: Epoch; readonly lastHeight: Height } | undefined;
  /** Journal records of epochs that are not reached again yet after a restart. */
  later: readonly JournalRecord[];
  view: View;
  phase: Phase;
  standing: Exclude<Standing, 'waking'>;
  /** The key under which words came back that the journal does not know; it signs nothing any more (PBFT-RECOVER-4). */
  muteKey: PublicKey | undefined;

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
  requested: { readonly height: Height; readonly parentHash: BlockHash; readonly isDue: boolean } | undefined;
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
  proven: { readonly height: Height; readonly peer: PeerIndex } | undefined;
  catchUp: { readonly toHeight: Height; readonly askedAtMs: MonotonicMs } | undefined;

  readonly checkpoints: CheckpointState;
  viewState: ViewState;
  patience: Patience;
  /** False from the start until restart/wake.ts finds that the journal and the database are what they were. */
  isAwake: boolean;
  /** Committed before the restart, as the journal knows: nothing is signed before the database holds it again. */
  knownHeight: Height;
  /** Peers whose echo of this epoch has come in this life. */
  readonly echoes: Set<PeerIndex>;
  /** By place in the present epoch. */
  lastWords: readonly LastWords[];
  /** Slots of evidence that is known (evidence.ts), with their offenders. */
  readonly accused: Map<string, ValidatorIndex>;
  readonly peers: Map<PeerIndex, PeerProgress>;
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

export function createViewState(): ViewState {
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

export function createPatience(): Patience {
  return { expiries: 0, silentViews: 0, lastSilentView: undefined, deadlineMs: undefined };
}

export function createLastWords(validatorCount: number): readonly LastWords[] {
  return Array.from({ length: validatorCount }, () => ({
    prepare: undefined,
    commit: undefined,
    change: undefined,
  }));
}

/** The seats of the epoch that a replica begins in. */
function firstSeats({ epoch, validators, self, firstHeight = 1, peers }: ReplicaConfig): EpochSeats {
  return { epoch, firstHeight, validators, self, peers: peers ?? validators.map((_, index) => index) };
}

export function createReplicaState(config: ReplicaConfig, recovered: RecoveredState): ReplicaState {
  const height = recovered.executedHeight;
  const seats = firstSeats(config);
  const validatorCount = seats.validators.length;
  return {
    config,
    seats,
    quorum: quorumSize(validatorCount),
    weakQuorum: faultsMax(validatorCount) + 1,
    epoch: seats.epoch,
    pending: recovered.pending,
    ended: (recovered.endedEpochs ?? []).slice(-ENDED_EPOCHS_MAX).map((ended) => ({ ...ended })),
    farewell: undefined,
    later: [],
    view: 0,
    phase: 'active',
    standing: seats.self === undefined ? 'observing' : 'voting',
    muteKey: undefined,
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
    patience: createPatience(),
    isAwake: false,
    knownHeight: Math.max(height, recovered.appliedHeight),
    echoes: new Set(),
    lastWords: createLastWords(validatorCount),
    accused: new Map(),
    peers: new Map(seats.peers.map((peer) => [peer, createPeerProgress()])),
    lastStatus: undefined,
    lastStatusMs: -Infinity,
    nextStatusMs: 0,
  };
}
