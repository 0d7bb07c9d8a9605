/**
 * Status: where this replica stands and whose votes it holds. It is the only driver of retransmission (PBFT-STATUS-1):
 * sent periodically, and soon after a change, but never more often than the coalescing time allows.
 */
import type { Height, PeerIndex } from '../../primitives/identifiers.js';
import type { VoteKind } from '../certificate.js';
import type { Effect } from '../effect.js';
import type { Status } from '../message.js';
import { windowBlocks } from '../state/chain.js';
import { lackedEnds, ownPeer, seatOf } from '../state/epochs.js';
import { createPeerProgress, type ReplicaState } from '../state/replica-state.js';
import { shownStanding } from '../state/standing.js';
import { repeatSuspicion } from '../view-change/suspicion.js';

function bitmaps(state: ReplicaState, kind: VoteKind): readonly (readonly boolean[])[] {
  const from = state.committed.height + 1;
  const highest = Math.max(state.acceptedHeight, state.votes.highestHeight());
  const count = Math.min(windowBlocks(state), highest - state.committed.height);
  const validatorCount = state.seats.validators.length;
  return Array.from({ length: Math.max(0, count) }, (_, offset) =>
    state.votes.bitmap(kind, state.view, from + offset, validatorCount),
  );
}

function proposalHeight(state: ReplicaState): Height {
  let height = state.acceptedHeight;
  while (state.proposals.has(height + 1)) height++;
  return height;
}

export function createStatus(state: ReplicaState): Status {
  const { changes } = state.viewState;
  return {
    type: 'status',
    epoch: state.epoch,
    view: state.view,
    phase: state.phase,
    standing: shownStanding(state),
    committedHeight: state.committed.height,
    acceptedHeight: state.acceptedHeight,
    proposalHeight: proposalHeight(state),
    preparedHeight: state.preparedHeight,
    executedHeight: state.executedHeight,
    certifiedHeight: state.checkpoints.certifiedHeight,
    lackedEnds: lackedEnds(state),
    prepareVotes: bitmaps(state, 'prepare'),
    commitVotes: bitmaps(state, 'commit'),
    viewChanges: state.seats.validators.map((_, index) => changes.get(index)?.view === state.view),
    clockMs: state.wallMs,
    mempoolTransactions: state.mempoolTransactions,
  };
}

function hasChanged(state: ReplicaState): boolean {
  const last = state.lastStatus;
  return (
    last?.epoch !== state.epoch ||
    last.view !== state.view ||
    last.phase !== state.phase ||
    last.standing !== shownStanding(state) ||
    last.committedHeight !== state.committed.height ||
    last.acceptedHeight !== state.acceptedHeight ||
    last.preparedHeight !== state.preparedHeight ||
    last.executedHeight !== state.executedHeight ||
    last.certifiedHeight !== state.checkpoints.certifiedHeight
  );
}

export function sendStatusWhenDue(state: ReplicaState, effects: Effect[]): void {
  const isPeriodic = state.nowMs >= state.nextStatusMs;
  const mayFollowChange = state.nowMs >= state.lastStatusMs + state.config.statusCoalesceMs;
  if (!isPeriodic && !(mayFollowChange && hasChanged(state))) return;
  if (isPeriodic) {
    state.nextStatusMs = state.nowMs + state.config.statusIntervalMs;
    for (const peer of state.peers.values()) peer.bodiesServed = 0;
  }
  const message = createStatus(state);
  state.lastStatus = message;
  state.lastStatusMs = state.nowMs;
  effects.push({ type: 'send', to: 'all', message });
  if (isPeriodic) repeatSuspicion(state, effects);
}

/** A stream that came up has lost what was under way: both sides say at once where they stand. */
export function onPeer(state: ReplicaState, index: PeerIndex, connected: boolean, effects: Effect[]): void {
  if (index === ownPeer(state)) return;
  if (!connected && seatOf(state, index) === undefined) {
    state.peers.delete(index);
    return;
  }
  const peer = state.peers.get(index) ?? createPeerProgress();
  state.peers.set(index, peer);
  peer.connected = connected;
  if (!connected) {
    peer.disconnectedAtMs = state.nowMs;
    return;
  }
  peer.connectedAtMs = state.nowMs;
  peer.heardAtMs = state.nowMs;
  peer.activeIn = undefined;
  peer.proposalsSentAtMs = -Infinity;
  peer.viewSentAtMs = -Infinity;
  peer.answeredAtMs = -Infinity;
  effects.push({ type: 'send', to: index, message: createStatus(state) });
}
