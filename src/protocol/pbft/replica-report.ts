/** Where a replica stands: briefly for the node's own use, and at length for the page that says why there is no progress. */
import type { BlockHash, Epoch, Height, PeerIndex, ValidatorIndex, View } from '../primitives/identifiers.js';
import type { Phase, Standing } from './message.js';
import { isTooEarly } from './normal-case/timeliness.js';
import { windowBlocks } from './state/chain.js';
import { isBarrierOpen, lackedEnds, lastHeight } from './state/epochs.js';
import type { OwnSuspicion, ReplicaState } from './state/replica-state.js';
import { currentPrimary, shownStanding } from './state/standing.js';
import type { Tip } from './view-change/tips.js';

export interface ReplicaView {
  readonly epoch: Epoch;
  readonly view: View;
  readonly phase: Phase;
  readonly standing: Standing;
  readonly primary: ValidatorIndex;
  readonly isPrimary: boolean;
  /** Own place in the present epoch. */
  readonly self: ValidatorIndex | undefined;
  readonly executedHeight: Height;
  readonly committedHeight: Height;
  readonly committedHash: BlockHash;
  readonly preparedHeight: Height;
  readonly acceptedHeight: Height;
  readonly certifiedHeight: Height;
  /** Last height of the present epoch, once its end is scheduled. */
  readonly lastHeight: Height | undefined;
  /** Last heights of ended epochs whose checkpoint certificate is not there yet. */
  readonly lackedEnds: readonly Height[];
  /** It waits for the certificate of the epoch before: nothing is agreed on until it is there (PBFT-EPOCH-3). */
  readonly atBarrier: boolean;
  /** It has left the validators, and is still needed by them. */
  readonly isLeaving: boolean;
  /** Highest height whose proposals, votes and synced blocks are taken now: committed + 3L. */
  readonly windowEnd: Height;
  readonly tips: readonly Tip[];
}

/** A height above the committed one of which something is known. */
export interface HeightInFlight {
  readonly height: Height;
  readonly isProposed: boolean;
  readonly isAccepted: boolean;
  /** Whose votes of this view are held, by index. */
  readonly prepares: readonly boolean[];
  readonly commits: readonly boolean[];
}

export interface ReplicaReport extends ReplicaView {
  readonly inFlight: readonly HeightInFlight[];
  readonly suspicion: OwnSuspicion | undefined;
  /** Who has said that the primary of this view should be replaced. */
  readonly suspectedBy: readonly ValidatorIndex[];
  /** Whose view changes for this view are held, by index; all false while it is active. */
  readonly viewChanges: readonly boolean[];
  /** While waking: the peers whose echo has come, and up to where the database has to come. */
  readonly echoedBy: readonly PeerIndex[];
  readonly knownHeight: Height;
  /** A proposal that waits for the own clock; how far its time lies ahead of it. */
  readonly early: { readonly height: Height; readonly aheadMs: number } | undefined;
  /** The next height, when its proposal was refused. */
  readonly refusedHeight: Height | undefined;
  /** Height that the view stands on; above the committed one while that is still being fetched. */
  readonly baseHeight: Height;
}

export function viewReplica(state: ReplicaState): ReplicaView {
  const primary = currentPrimary(state);
  return {
    epoch: state.epoch,
    view: state.view,
    phase: state.phase,
    standing: shownStanding(state),
    primary,
    isPrimary: primary === state.seats.self,
    self: state.seats.self,
    executedHeight: state.executedHeight,
    committedHeight: state.committed.height,
    committedHash: state.committed.hash,
    preparedHeight: state.preparedHeight,
    acceptedHeight: state.acceptedHeight,
    certifiedHeight: state.checkpoints.certifiedHeight,
    lastHeight: state.pending === undefined ? undefined : lastHeight(state),
    lackedEnds: lackedEnds(state),
    atBarrier: !isBarrierOpen(state, state.committed.height + 1),
    isLeaving: state.farewell !== undefined,
    windowEnd: state.committed.height + windowBlocks(state),
    tips: state.tips,
  };
}

function heightsInFlight(state: ReplicaState): readonly HeightInFlight[] {
  const { votes, view, committed, acceptedHeight } = state;
  const validatorCount = state.seats.validators.length;
  const highest = Math.max(acceptedHeight, votes.highestHeight(), ...state.proposals.keys());
  return Array.from({ length: Math.max(0, highest - committed.height) }, (_, offset) => {
    const height = committed.height + 1 + offset;
    return {
      height,
      isProposed: state.proposals.has(height) || state.voted.has(height) || state.viewState.chain.has(height),
      isAccepted: height <= acceptedHeight,
      prepares: votes.bitmap('prepare', view, height, validatorCount),
      commits: votes.bitmap('commit', view, height, validatorCount),
    };
  });
}

export function reportReplica(state: ReplicaState): ReplicaReport {
  const { viewState, wallMs } = state;
  const next = state.acceptedHeight + 1;
  const header = state.proposals.get(next)?.block.header;
  const isEarly = header !== undefined && isTooEarly(state, header);
  return {
    ...viewReplica(state),
    inFlight: heightsInFlight(state),
    suspicion: viewState.suspicion,
    suspectedBy: viewState.suspects.signers(state.view, -Infinity),
    viewChanges: state.seats.validators.map((_, index) => viewState.changes.get(index)?.view === state.view),
    echoedBy: [...state.echoes],
    knownHeight: state.knownHeight,
    early: isEarly ? { height: next, aheadMs: header.timestampMs - wallMs } : undefined,
    refusedHeight: state.refused.has(next) ? next : undefined,
    baseHeight: viewState.baseHeight,
  };
}
