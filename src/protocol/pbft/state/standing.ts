/** Who may do what: a replica commits, votes or speaks, and the ways in which it stops doing so. */
import { primaryOf } from '../../ledger/validator-set.js';
import type { Digest, Height, PublicKey, ValidatorIndex } from '../../primitives/identifiers.js';
import type { Effect, HaltReason } from '../effect.js';
import type { EpochSeats } from '../epoch-seats.js';
import type { Standing } from '../message.js';
import { seatsAt } from './epochs.js';
import type { ReplicaState } from './replica-state.js';

/** The key of the own place; `undefined` without one. */
export function ownKey({ validators, self }: EpochSeats): PublicKey | undefined {
  return self === undefined ? undefined : validators[self]?.ledgerKey;
}

export function currentPrimary(state: ReplicaState): ValidatorIndex {
  return primaryOf(state.seats.validators.length, state.epoch, state.view);
}

/** True while this replica commits and executes: it votes, or it observes. */
export function isFollowing(state: ReplicaState): boolean {
  return state.standing === 'voting' || state.standing === 'observing';
}

/** True when this replica may sign, in whatever phase (PBFT-RECOVER-3). */
export function maySpeak(state: ReplicaState): boolean {
  return state.standing === 'voting' && state.isAwake;
}

/** True while this replica may accept, prepare and commit in its view. */
export function mayVote(state: ReplicaState): boolean {
  return state.phase === 'active' && maySpeak(state);
}

/**
 * True when this replica may sign the checkpoint of `height`: whoever had a voice in its epoch, also after the end of that
 * (PBFT-EPOCH-5). What it signs of a height is fixed by what it has executed, so it need not wait for the echo of its words
 * when its voice is over.
 */
export function mayCountersign(state: ReplicaState, height: Height): boolean {
  const seats = seatsAt(state, height);
  const key = seats && ownKey(seats);
  if (key === undefined || key === state.muteKey || !isFollowing(state)) return false;
  return state.isAwake || state.seats.self === undefined;
}

/** As it is told to others. */
export function shownStanding(state: ReplicaState): Standing {
  return state.standing === 'voting' && !state.isAwake ? 'waking' : state.standing;
}

/** PBFT-COMMIT-4: two things that cannot both be; nothing follows in this process. */
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

/** PBFT-CHECKPOINT-6: the same, on the word of the node, which has said by itself why. */
export function stopVoting(state: ReplicaState): void {
  if (isFollowing(state)) state.standing = 'quarantined';
}

/** PBFT-RECOVER-4: this key has said what the journal does not know; it follows from now on, and signs nothing. */
export function becomeAmnesiac(state: ReplicaState, detail: string, effects: Effect[]): void {
  if (state.standing !== 'voting') return;
  state.standing = 'observing';
  state.muteKey = ownKey(state.seats);
  effects.push({ type: 'amnesia', detail });
}
