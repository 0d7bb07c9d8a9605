/**
 * When the primary is suspected without a complaint from elsewhere (PBFT-TIMER-1 to -3): deadlines in the state, looked at
 * after every step. A wait that ends with a commit begins anew, a wait that ends without one is twice as long the next time.
 */
import type { Effect } from '../effect.js';
import type { MonotonicMs } from '../../primitives/identifiers.js';
import { faultsMax } from '../../primitives/quorum.js';
import { heightLimit } from '../state/chain.js';
import { isBarrierOpen, peerAt } from '../state/epochs.js';
import type { PeerProgress, ReplicaState } from '../state/replica-state.js';
import { currentPrimary, maySpeak } from '../state/standing.js';
import { suspect, withdrawSuspicion } from './suspicion.js';

/** PBFT-TIMER-2: doubled for each expiry since the last fresh commit, up to the maximum. */
function progressTimeoutMs(state: ReplicaState): number {
  const { progressTimeoutMs: first, progressTimeoutMsMax: most } = state.config;
  return Math.min(first * 2 ** state.patience.expiries, most);
}

/** Something that another primary might bring about is due. */
function isProgressOwed(state: ReplicaState): boolean {
  if (state.phase === 'changing') return true;
  // What waits for the own execution waits for no primary.
  if (state.committed.height >= heightLimit(state)) return false;
  // No primary brings about what the validators of the epoch before owe.
  if (!isBarrierOpen(state, state.committed.height + 1)) return false;
  // PBFT-EPOCH-2: a change that is scheduled is work, whether there is anything to record or not.
  if (state.pending !== undefined) return true;
  return state.hasWork || state.acceptedHeight > state.committed.height || state.viewState.chain.size > 0;
}

export function watchPrimary(state: ReplicaState, effects: Effect[]): void {
  if (!maySpeak(state)) {
    // While nothing can be agreed on, nobody is late.
    state.patience.deadlineMs = undefined;
    state.viewState.enteredAtMs = state.nowMs;
    return;
  }
  watchProgress(state, effects);
  watchSilence(state, effects);
}

function watchProgress(state: ReplicaState, effects: Effect[]): void {
  const { patience } = state;
  if (!isProgressOwed(state)) {
    patience.deadlineMs = undefined;
    return;
  }
  patience.deadlineMs ??= state.nowMs + progressTimeoutMs(state);
  if (state.nowMs < patience.deadlineMs) return;
  patience.expiries += 1;
  patience.deadlineMs = state.nowMs + progressTimeoutMs(state);
  suspect(state, state.view, 'progress', effects);
}

function primaryProgress(state: ReplicaState): PeerProgress | undefined {
  return state.peers.get(peerAt(state, currentPrimary(state)));
}

/** When the present primary last gave a sign of life; before its view it owed none. */
function primaryHeardAtMs(state: ReplicaState): MonotonicMs {
  const heardAtMs = primaryProgress(state)?.heardAtMs ?? -Infinity;
  return Math.max(heardAtMs, state.viewState.enteredAtMs);
}

/** A stream that broke, and did not come back in this part of the time, says the same as silence for the whole of it. */
const BROKEN_STREAM_SHARE = 1 / 3;

/** f primaries may be dead. When more seem to be before a block is committed, the network is slower than that: doubled for each of them. */
function silenceTimeoutMs(state: ReplicaState): number {
  const { silenceTimeoutMs: first, progressTimeoutMsMax } = state.config;
  const { silentViews, lastSilentView } = state.patience;
  const before = lastSilentView === state.view ? silentViews - 1 : silentViews;
  const tooMany = Math.max(0, before - faultsMax(state.seats.validators.length));
  return Math.min(first * 2 ** tooMany, Math.max(first, progressTimeoutMsMax));
}

function onSilence(state: ReplicaState, effects: Effect[]): void {
  const { patience, view } = state;
  if (patience.lastSilentView !== view) {
    patience.lastSilentView = view;
    patience.silentViews += 1;
  }
  suspect(state, view, 'silence', effects);
}

/** PBFT-TIMER-3: a primary that says nothing at all is replaced even when there is no work, so that the next work need not wait. */
function watchSilence(state: ReplicaState, effects: Effect[]): void {
  const primary = primaryProgress(state);
  if (primary === undefined || currentPrimary(state) === state.seats.self) return;
  const timeoutMs = silenceTimeoutMs(state);
  const isStreamBroken = !primary.connected && primary.disconnectedAtMs > -Infinity;
  const brokenSinceMs = Math.max(primary.disconnectedAtMs, state.viewState.enteredAtMs);
  const isSilent =
    state.nowMs - primaryHeardAtMs(state) >= timeoutMs ||
    (isStreamBroken && state.nowMs - brokenSinceMs >= BROKEN_STREAM_SHARE * timeoutMs);
  const { suspicion } = state.viewState;
  if (isSilent) onSilence(state, effects);
  else if (suspicion?.reason === 'silence' && suspicion.view === state.view) withdrawSuspicion(state);
}
