/** What a commit means for the patience with this view's primary, and when its turn is over (PBFT-TIMER-2, PBFT-ROTATE-1). */
import type { Effect } from '../effect.js';
import type { CommittedBlock, ReplicaState } from '../state/replica-state.js';
import { suspect, withdrawSuspicion } from './suspicion.js';

/**
 * Any commit starts a new wait. Only a fresh one (first proposed in this view and committed in it) shows that the view
 * works: it ends the back-off and takes back what was suspected. Of these, every R-th ends the primary's turn.
 */
export function noteCommits(
  state: ReplicaState,
  commits: readonly CommittedBlock[],
  effects: Effect[],
): void {
  if (commits.length === 0) return;
  state.patience.deadlineMs = undefined;
  const fresh = commits.filter(
    ({ block, certificate }) =>
      certificate.epoch === state.epoch &&
      certificate.view === state.view &&
      block.header.originView === state.view,
  );
  if (fresh.length === 0) return;
  state.patience.expiries = 0;
  state.patience.silentViews = 0;
  withdrawSuspicion(state);
  const { rotationBlocks } = state.config;
  const isTurnOver = fresh.some(
    ({ block }) => rotationBlocks > 0 && block.header.height % rotationBlocks === 0,
  );
  if (isTurnOver) suspect(state, state.view, 'rotation', effects);
}
