/**
 * Leaving a view (PBFT-VIEW-3): what was prepared is written down, journalled, signed and sent, together with the proof that
 * leaving was right, which takes everybody along. No vote of the view or of one below it is signed after that.
 */
import type { Signature } from '../../primitives/identifiers.js';
import { invariant } from '../../primitives/invariant.js';
import type { TimeoutCertificate } from '../certificate.js';
import type { Effect, SignRequest } from '../effect.js';
import { detectConcealedCommit, detectConflictingChange } from '../evidence/detect.js';
import type { ViewChangeSent } from '../message.js';
import { learnCertificate } from '../normal-case/commit.js';
import { rememberChange } from '../restart/last-words.js';
import { chainTo, forgetBodies, keepBody } from '../state/chain.js';
import { peerAt } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { isFollowing, maySpeak } from '../state/standing.js';
import { trace } from '../state/trace.js';
import {
  viewChangeDigest,
  type PreparedTip,
  type ViewChange,
  type ViewChangeContent,
} from '../view-change.js';

/** PBFT-VIEW-2: the view of the certificate is over. */
export function leaveView(state: ReplicaState, timeout: TimeoutCertificate, effects: Effect[]): void {
  const view = timeout.view + 1;
  if (view <= state.view || !isFollowing(state)) return;
  const reason =
    state.viewState.suspicion?.view === timeout.view ? state.viewState.suspicion.reason : 'followed';
  beginView(state, view, 'changing');
  trace(state, effects, 'viewLeft', state.committed.height, reason);
  state.viewState.timeout = timeout;
  reportViewChange(state, effects);
}

/**
 * PBFT-VIEW-4: what this replica says of the view that it leaves is fixed in the journal once, and signed alike ever after.
 * A replica that is waking does not know yet what it has committed, and says nothing.
 */
export function reportViewChange(state: ReplicaState, effects: Effect[]): void {
  const { viewState } = state;
  if (!maySpeak(state) || viewState.timeout === undefined) return;
  if (viewState.ownChange === undefined) {
    const content = describeStanding(state);
    viewState.ownChange = content;
    effects.push({ type: 'append', record: { type: 'viewLeft', timeout: viewState.timeout, content } });
  }
  const { epoch, view } = viewState.ownChange;
  const request = { type: 'viewChange', epoch, view, digest: viewChangeDigest(viewState.ownChange) } as const;
  effects.push({ type: 'sign', request });
}

/** Everything that belongs to one view ends; votes stay in the journal, and tips stay, and the bodies of both. */
export function beginView(state: ReplicaState, view: number, phase: 'active' | 'changing'): void {
  const { viewState } = state;
  takeProposals(state, view);
  state.view = view;
  state.phase = phase;
  for (const { block } of state.voted.values()) keepBody(state, block);
  for (const map of [state.voted, state.refused, state.proposed, viewState.chain]) map.clear();
  state.checking = undefined;
  state.requested = undefined;
  state.acceptedHeight = state.committed.height;
  state.preparedHeight = state.committed.height;
  viewState.timeout = undefined;
  viewState.ownChange = undefined;
  viewState.entered = undefined;
  viewState.baseHeight = 0;
  viewState.chainTop = 0;
  viewState.enteredAtMs = state.nowMs;
  viewState.suspects.dropBelow(view);
  if (viewState.suspicion !== undefined && viewState.suspicion.view < view) viewState.suspicion = undefined;
  dropChangesBelow(state, phase === 'active' ? view + 1 : view);
  forgetBodies(state);
  state.patience.deadlineMs = undefined;
}

/** PBFT-WINDOW-1: what came too early for the view before is not lost. */
function takeProposals(state: ReplicaState, view: number): void {
  if (view === state.view) return;
  const early = view === state.view + 1 ? [...state.nextProposals] : [];
  state.proposals.clear();
  state.nextProposals.clear();
  for (const [height, proposal] of early) state.proposals.set(height, proposal);
}

function dropChangesBelow(state: ReplicaState, view: number): void {
  const { changes } = state.viewState;
  for (const [signer, change] of changes) if (change.view < view) changes.delete(signer);
}

/** Base and tips, as they are at this moment. A tip beside the committed chain can never be committed and is left out. */
function describeStanding(state: ReplicaState): ViewChangeContent {
  const { epoch, view, committed } = state;
  const certificate = state.recent.get(committed.height)?.certificate;
  invariant(
    committed.height === 0 || certificate !== undefined,
    `no certificate of height ${committed.height}`,
  );
  const tips: PreparedTip[] = [];
  for (const tip of state.tips) {
    const blocks = chainTo(state, tip.blockHash);
    if (blocks !== undefined)
      tips.push({ ...tip, headers: blocks.map(({ header, hash }) => ({ header, hash })) });
  }
  tips.sort((left, right) => right.view - left.view);
  return { epoch, view, base: { height: committed.height, blockHash: committed.hash, certificate }, tips };
}

export function onViewChangeSigned(
  state: ReplicaState,
  request: Extract<SignRequest, { type: 'viewChange' | 'newView' }>,
  signature: Signature,
  effects: Effect[],
): void {
  const signer = state.seats.self;
  const { timeout, ownChange, changes } = state.viewState;
  if (signer === undefined || timeout === undefined || ownChange === undefined) return;
  if (request.view !== state.view || !maySpeak(state)) return;
  const change: ViewChange = { ...ownChange, signer, signature };
  changes.set(signer, change);
  effects.push({ type: 'send', to: 'all', message: { type: 'viewChange', timeout, change } });
}

/** A verified view change: its certificate takes this replica along, and its base is a commit like any other. */
export function onViewChange(
  state: ReplicaState,
  { timeout, change }: ViewChangeSent,
  effects: Effect[],
): void {
  const { certificate } = change.base;
  if (certificate !== undefined) learnCertificate(state, certificate, peerAt(state, change.signer), effects);
  if (state.standing === 'halted') return;
  leaveView(state, timeout, effects);
  if (change.view < state.view || change.signer === state.seats.self) return;
  if (detectConflictingChange(state, change, effects)) return;
  detectConcealedCommit(state, change, effects);
  rememberChange(state, change);
  const { changes } = state.viewState;
  const known = changes.get(change.signer);
  if (state.phase === 'active' && change.view === state.view) return;
  if (known === undefined || known.view < change.view) changes.set(change.signer, change);
}
