/** The two ways in which a replica stops voting: more than f others are faulty, or its own result is not the certified one. */
import type { Digest, Height } from '../primitives/identifiers.js';
import type { Effect, HaltReason } from './effect.js';
import type { ReplicaState } from './replica-state.js';

/** True while this replica commits and executes: it votes, or it observes. */
export function isFollowing(state: ReplicaState): boolean {
  return state.standing === 'voting' || state.standing === 'observing';
}

/** PBFT-COMMIT-4: two certificates that cannot both be; nothing follows in this process. */
export function halt(state: ReplicaState, reason: HaltReason, detail: string, effects: Effect[]): void {
  if (state.standing === 'halted') return;
  state.standing = 'halted';
  effects.push({ type: 'halt', reason, detail });
}

/** PBFT-CHECKPOINT-5: stops voting, countersigning, committing and executing; goes on answering peers. */
export function quarantine(
  state: ReplicaState,
  height: Height,
  ownRoot: Digest,
  certifiedRoot: Digest,
  effects: Effect[],
): void {
  if (!isFollowing(state)) return;
  state.standing = 'quarantined';
  effects.push({ type: 'quarantine', height, ownRoot, certifiedRoot });
}
