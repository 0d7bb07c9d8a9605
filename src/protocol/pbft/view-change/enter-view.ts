/**
 * Entering a view: its primary collects Q view changes and signs NEWVIEW over them, once, since they are journalled before;
 * everybody computes the chain that they give and begins with it (PBFT-VIEW-5, PBFT-VIEW-6).
 */
import type { Signature } from '../../primitives/identifiers.js';
import type { Effect, SignRequest } from '../effect.js';
import { detectConflictingNewView } from '../evidence/detect.js';
import type { NewView } from '../message.js';
import { learnCertificate } from '../normal-case/commit.js';
import { peerAt } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { currentPrimary, halt, isFollowing, maySpeak } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { newViewDigest, type ViewChange } from '../view-change.js';
import { beginView } from './leave-view.js';
import { selectChain, type SelectedChain } from './select-chain.js';

/** PBFT-VIEW-6: the primary of a view that is being changed to begins it as soon as Q view changes are there. */
export function startView(state: ReplicaState, effects: Effect[]): void {
  const { self } = state.seats;
  if (state.phase !== 'changing' || self !== currentPrimary(state) || !maySpeak(state)) return;
  const { view, viewState, quorum } = state;
  const own = viewState.changes.get(self);
  if (own?.view !== view) return;
  const others = [...viewState.changes.values()].filter((change) => change.view === view && change !== own);
  if (others.length < quorum - 1) return;
  const changes = [own, ...others.slice(0, quorum - 1)].sort((left, right) => left.signer - right.signer);
  if (enterView(state, view, changes, undefined, effects)) askForNewView(state, changes, effects);
}

/** After the view was journalled, and again after a restart: the same bytes. */
export function askForNewView(state: ReplicaState, changes: readonly ViewChange[], effects: Effect[]): void {
  const { epoch, view } = state;
  effects.push({ type: 'sign', request: { type: 'newView', epoch, view, digest: newViewDigest(changes) } });
}

export function onNewViewSigned(
  state: ReplicaState,
  request: Extract<SignRequest, { type: 'viewChange' | 'newView' }>,
  signature: Signature,
  effects: Effect[],
): void {
  const { entered } = state.viewState;
  if (request.view !== state.view || entered === undefined || !maySpeak(state)) return;
  entered.signature = signature;
  const message = newViewMessage(state);
  if (message !== undefined) effects.push({ type: 'send', to: 'all', message });
}

/** The proof of the present view, for whoever is behind; `undefined` in view 0 and while it is being changed to. */
export function newViewMessage(state: ReplicaState): NewView | undefined {
  const { epoch, view } = state;
  const { entered } = state.viewState;
  if (entered?.signature === undefined) return undefined;
  return { type: 'newView', epoch, view, changes: entered.changes, signature: entered.signature };
}

/** A verified NEWVIEW, from whomever it comes. */
export function onNewView(state: ReplicaState, message: NewView, effects: Effect[]): void {
  const { view, changes, signature } = message;
  if (view === state.view && state.phase === 'active') {
    detectConflictingNewView(state, message, effects);
    return;
  }
  if (view >= state.view && isFollowing(state)) enterView(state, view, changes, signature, effects);
}

/** False when what the view begins with shows that more than f validators are faulty. */
function enterView(
  state: ReplicaState,
  view: number,
  changes: readonly ViewChange[],
  signature: Signature | undefined,
  effects: Effect[],
): boolean {
  const selected = selectChain(changes);
  const { certificate } = selected.base;
  if (certificate !== undefined) {
    const witness = changes.find(({ base }) => base.certificate === certificate)?.signer;
    learnCertificate(state, certificate, witness === undefined ? undefined : peerAt(state, witness), effects);
  }
  if (contradictsCommit(state, view, selected)) {
    halt(state, 'CONFLICTING_NEW_VIEW', `view ${view} begins beside what is committed`, effects);
  }
  if (state.standing === 'halted') return false;
  beginView(state, view, 'active');
  restoreView(state, changes, signature);
  if (state.standing === 'voting') {
    const { epoch } = state;
    effects.push({ type: 'append', record: { type: 'viewEntered', epoch, view, changes, signature } });
  }
  trace(state, effects, 'viewEntered', selected.base.height, `${selected.chain.length} blocks again`);
  return true;
}

/** Takes up what the view began with: when it is entered, and after a restart in it. */
export function restoreView(
  state: ReplicaState,
  changes: readonly ViewChange[],
  signature: Signature | undefined,
): void {
  const { viewState } = state;
  const { base, chain } = selectChain(changes);
  viewState.entered = { changes, signature };
  viewState.baseHeight = base.height;
  viewState.chainTop = base.height + chain.length;
  for (const { header, hash, tip } of chain) {
    if (header.height <= state.committed.height) continue;
    const holders = tip.certificate.signatures.map(({ signer }) => signer);
    viewState.chain.set(header.height, { header, hash, holders });
  }
}

/**
 * PBFT-COMMIT-4: a new view contains whatever an earlier view committed, or more than f validators are faulty. What a view
 * at or after the new one committed may rightly differ from it: an old NEWVIEW that arrives late (docs/adr/0016).
 */
function contradictsCommit(state: ReplicaState, view: number, { base, chain }: SelectedChain): boolean {
  return [
    { height: base.height, hash: base.blockHash },
    ...chain.map(({ header, hash }) => ({ height: header.height, hash })),
  ].some(({ height, hash }) => {
    const committed = state.recent.get(height);
    if (committed === undefined || committed.block.hash === hash) return false;
    return committed.certificate.epoch < state.epoch || committed.certificate.view < view;
  });
}
