/**
 * Status: where this replica stands and whose votes it holds. It is the only driver of retransmission (PBFT-STATUS-1):
 * sent periodically, and soon after a change, but never more often than the coalescing time allows.
 */
import type { Height, ValidatorIndex } from '../../primitives/identifiers.js';
import type { VoteKind } from '../certificate.js';
import type { Effect } from '../effect.js';
import type { Status } from '../message.js';
import { windowBlocks, type ReplicaState } from '../replica-state.js';

function bitmaps(state: ReplicaState, kind: VoteKind): readonly (readonly boolean[])[] {
  const from = state.committed.height + 1;
  const highest = Math.max(state.acceptedHeight, state.votes.highestHeight());
  const count = Math.min(windowBlocks(state), highest - state.committed.height);
  const validatorCount = state.config.validators.length;
  return Array.from({ length: Math.max(0, count) }, (_, offset) =>
    state.votes.bitmap(kind, state.view, from + offset, validatorCount),
  );
}

function proposalHeight(state: ReplicaState): Height {
  let height = state.acceptedHeight;
  while (state.proposals.get(height + 1)?.view === state.view) height++;
  return height;
}

export function createStatus(state: ReplicaState): Status {
  return {
    type: 'status',
    epoch: state.epoch,
    view: state.view,
    phase: state.phase,
    committedHeight: state.committed.height,
    acceptedHeight: state.acceptedHeight,
    proposalHeight: proposalHeight(state),
    preparedHeight: state.preparedHeight,
    executedHeight: state.executedHeight,
    certifiedHeight: state.checkpoints.certifiedHeight,
    prepareVotes: bitmaps(state, 'prepare'),
    commitVotes: bitmaps(state, 'commit'),
    clockMs: state.wallMs,
    mempoolTransactions: state.mempoolTransactions,
  };
}

function hasChanged(state: ReplicaState): boolean {
  const last = state.lastStatus;
  return (
    last?.view !== state.view ||
    last.phase !== state.phase ||
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
    for (const peer of state.peers) peer.bodiesServed = 0;
  }
  const message = createStatus(state);
  state.lastStatus = message;
  state.lastStatusMs = state.nowMs;
  effects.push({ type: 'send', to: 'all', message });
}

/** A stream that came up has lost what was under way: both sides say at once where they stand. */
export function onPeer(
  state: ReplicaState,
  index: ValidatorIndex,
  connected: boolean,
  effects: Effect[],
): void {
  const peer = state.peers[index];
  if (peer === undefined || index === state.config.self) return;
  peer.connected = connected;
  peer.connectedAtMs = state.nowMs;
  peer.proposalsSentAtMs = -Infinity;
  peer.answeredAtMs = -Infinity;
  if (connected) effects.push({ type: 'send', to: index, message: createStatus(state) });
}
