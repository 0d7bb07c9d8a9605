/**
 * From waking to voting (PBFT-RECOVER-3): nothing is signed before Q − 1 peers have echoed the own last words, nor before
 * the database holds what it held before. Then what the journal has promised is said again.
 */
import type { Effect } from '../effect.js';
import { resumeCountersigning } from '../checkpoint/countersign.js';
import { forgetBodies } from '../state/chain.js';
import type { ReplicaState } from '../state/replica-state.js';
import { currentPrimary } from '../state/standing.js';
import { askForNewView } from '../view-change/enter-view.js';
import { reportViewChange } from '../view-change/leave-view.js';

export function wakeWhenReady(state: ReplicaState, effects: Effect[]): void {
  if (state.isAwake || state.standing !== 'voting') return;
  if (state.echoes.size < state.quorum - 1 || state.executedHeight < state.knownHeight) return;
  state.isAwake = true;
  forgetBodies(state);
  resumeCountersigning(state, effects);
  const { entered } = state.viewState;
  reportViewChange(state, effects);
  if (entered !== undefined && entered.signature === undefined && currentPrimary(state) === state.seats.self)
    askForNewView(state, entered.changes, effects);
}

/** PBFT-EPOCH-5: whoever has left has no voice to wake up for, and its line may be the one that the others wait for. */
export function resumeFarewell(state: ReplicaState, effects: Effect[]): void {
  if (state.farewell !== undefined && state.seats.self === undefined) resumeCountersigning(state, effects);
}
