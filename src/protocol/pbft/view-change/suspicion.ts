/**
 * Nobody leaves a view alone (PBFT-VIEW-1). A replica that wants another primary says so, goes on voting, and says it again
 * for as long as it is true; f + 1 that say so are joined, and Q of them are the proof with which everybody leaves.
 */
import type { MonotonicMs, Signature, View } from '../../primitives/identifiers.js';
import type { Effect, SignRequest, SuspicionReason } from '../effect.js';
import type { Suspect } from '../message.js';
import type { ReplicaState } from '../state/replica-state.js';
import { maySpeak } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { leaveView } from './leave-view.js';

/** Repetitions of a suspicion that may get lost before it counts no more. */
const LOST_REPETITIONS_MAX = 8;
/** Reasons that end only with the view: the turn is over, or the primary is proven or found to be faulty. */
const LASTING: ReadonlySet<SuspicionReason> = new Set(['rotation', 'equivocation', 'censorship']);

function countedSinceMs(state: ReplicaState): MonotonicMs {
  return state.nowMs - LOST_REPETITIONS_MAX * state.config.statusIntervalMs;
}

/** PBFT-VIEW-1: says once that the primary of `view` should be replaced; `repeatSuspicion` says it again. */
export function suspect(state: ReplicaState, view: View, reason: SuspicionReason, effects: Effect[]): void {
  const { viewState, epoch } = state;
  if (!maySpeak(state) || view < state.view) return;
  const held = viewState.suspicion;
  if (held !== undefined && held.view >= view) {
    if (held.view === view && LASTING.has(reason)) viewState.suspicion = { view, reason };
    return;
  }
  viewState.suspicion = { view, reason };
  trace(state, effects, 'suspected', state.committed.height, reason);
  effects.push({ type: 'sign', request: { type: 'suspect', epoch, view } });
}

export function onSuspectSigned(
  state: ReplicaState,
  { epoch, view }: Extract<SignRequest, { type: 'suspect' }>,
  signature: Signature,
  effects: Effect[],
): void {
  const signer = state.seats.self;
  if (signer === undefined || !maySpeak(state) || view !== state.viewState.suspicion?.view) return;
  const message: Suspect = { type: 'suspect', epoch, view, signer, signature };
  sendSuspect(state, message, effects);
  onSuspect(state, message, effects);
}

function sendSuspect(state: ReplicaState, message: Suspect, effects: Effect[]): void {
  state.viewState.suspectSentAtMs = state.nowMs;
  effects.push({ type: 'send', to: 'all', message });
}

/** With every periodic Status, while the suspicion is held. */
export function repeatSuspicion(state: ReplicaState, effects: Effect[]): void {
  const { suspicion, suspects, suspectSentAtMs } = state.viewState;
  const { self } = state.seats;
  const { statusIntervalMs } = state.config;
  if (suspicion === undefined || self === undefined || !maySpeak(state)) return;
  if (state.nowMs - suspectSentAtMs < statusIntervalMs) return;
  const own = suspects.find(self);
  if (own?.view !== suspicion.view) return;
  sendSuspect(state, own, effects);
  onSuspect(state, own, effects);
}

/** A verified Suspect of anybody. */
export function onSuspect(state: ReplicaState, message: Suspect, effects: Effect[]): void {
  state.viewState.suspects.add(message, state.nowMs);
  countSuspects(state, effects);
}

/** PBFT-VIEW-2: f + 1 suspicions are joined, Q are a timeout certificate; the highest view first. */
function countSuspects(state: ReplicaState, effects: Effect[]): void {
  const { suspects } = state.viewState;
  const sinceMs = countedSinceMs(state);
  for (const view of suspects.views()) {
    if (view < state.view) return;
    const timeout = suspects.certificate(state.epoch, view, state.quorum, sinceMs);
    if (timeout !== undefined) {
      leaveView(state, timeout, effects);
      return;
    }
    if (suspects.signers(view, sinceMs).length >= state.weakQuorum) suspect(state, view, 'followed', effects);
  }
}

/** PBFT-VIEW-1: what was suspected has not come true; reasons that last until the view ends stay. */
export function withdrawSuspicion(state: ReplicaState): void {
  const { suspicion, suspects } = state.viewState;
  if (suspicion === undefined || LASTING.has(suspicion.reason)) return;
  state.viewState.suspicion = undefined;
  if (state.seats.self !== undefined) suspects.remove(state.seats.self);
}
