/**
 * Has this key said more than the journal knows? Peers echo the last that they heard under it (PBFT-RECOVER-4). A journal
 * that was set back with its whole machine, or a second process with the same key, shows here, before the first vote.
 */
import type { PeerIndex } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import type { Echo, Vote } from '../message.js';
import type { ReplicaState } from '../state/replica-state.js';
import { becomeAmnesiac } from '../state/standing.js';
import { viewChangeDigest, type ViewChange } from '../view-change.js';

export function onEcho(state: ReplicaState, from: PeerIndex, echo: Echo, effects: Effect[]): void {
  for (const vote of echo.votes) {
    if (isForgottenVote(state, vote)) {
      const { kind, view, height } = vote;
      becomeAmnesiac(state, `${kind} of view ${view} at height ${height}, shown by peer ${from}`, effects);
    }
  }
  if (echo.change !== undefined && isForgottenChange(state, echo.change)) {
    becomeAmnesiac(state, `view change to view ${echo.change.view}, shown by peer ${from}`, effects);
  }
  if (state.standing === 'voting') state.echoes.add(from);
}

/**
 * True for an own vote of this epoch that the journal should have and has not: of a height that is neither committed here
 * nor known to have been.
 */
function isForgottenVote(state: ReplicaState, vote: Vote): boolean {
  const { kind, epoch, view, height, blockHash, signer } = vote;
  if (signer !== state.seats.self || epoch !== state.epoch) return false;
  if (height <= Math.max(state.committed.height, state.knownHeight)) return false;
  if (view !== state.view) return view > state.view;
  if (kind === 'prepare') return state.voted.get(height)?.block.hash !== blockHash;
  return !state.tips.some((tip) => tip.view === view && tip.height >= height);
}

function isForgottenChange(state: ReplicaState, change: ViewChange): boolean {
  if (change.signer !== state.seats.self || change.epoch !== state.epoch) return false;
  if (change.view !== state.view) return change.view > state.view;
  const { ownChange } = state.viewState;
  return ownChange !== undefined && viewChangeDigest(ownChange) !== viewChangeDigest(change);
}
