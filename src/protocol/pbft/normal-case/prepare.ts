/** From Q PREPAREs to the own COMMIT, by height; and what happens to a vote, own or foreign, when it is there. */
import type { Signature } from '../../primitives/identifiers.js';
import type { Effect, SignRequest } from '../effect.js';
import type { Vote } from '../message.js';
import { detectConcealingChange, detectConflictingVotes } from '../evidence/detect.js';
import { isInWindow } from '../state/chain.js';
import type { OwnVote, ReplicaState } from '../state/replica-state.js';
import { mayVote } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { rememberVote } from '../restart/last-words.js';
import { addTip } from '../view-change/tips.js';
import { learnCertificate } from './commit.js';

/** A verified vote of any validator. A quorum of COMMITs is final, whatever its view (PBFT-COMMIT-1). */
export function onVote(state: ReplicaState, vote: Vote, effects: Effect[]): void {
  const { kind, epoch, view, height, blockHash, signer } = vote;
  const held = state.votes.find(kind, view, height, signer);
  if (held !== undefined) {
    detectConflictingVotes(state, held, vote, effects);
    return;
  }
  if (!state.votes.add(vote)) return;
  rememberVote(state, vote);
  detectConcealingChange(state, vote, effects);
  if (kind !== 'commit') return;
  const certificate = state.votes.certificate({ kind, epoch, view, height, blockHash }, state.quorum);
  if (certificate !== undefined) learnCertificate(state, certificate, undefined, effects);
}

/** PBFT-VOTE-5: the own vote is a vote from here on, for itself as for the others. */
export function onVoteSigned(
  state: ReplicaState,
  request: Extract<SignRequest, { type: 'vote' }>,
  signature: Signature,
  effects: Effect[],
): void {
  const signer = state.seats.self;
  if (signer === undefined || !mayVote(state) || request.view !== state.view) return;
  const vote: Vote = { ...request, signer, signature };
  if (isInWindow(state, vote.height)) onVote(state, vote, effects);
  effects.push({ type: 'send', to: 'all', message: vote });
}

/** PBFT-PREPARE-1: prepared(h) needs Q PREPAREs for the hash accepted at h in this view, and prepared(h − 1). */
export function prepareNext(state: ReplicaState, effects: Effect[]): void {
  while (mayVote(state) && state.preparedHeight < state.acceptedHeight) {
    const height = state.preparedHeight + 1;
    const own = state.voted.get(height);
    if (own === undefined) return;
    const { epoch, view } = state;
    const subject = { kind: 'prepare', epoch, view, height, blockHash: own.block.hash } as const;
    const certificate = state.votes.certificate(subject, state.quorum);
    if (certificate === undefined) return;
    // PBFT-PREPARE-2: the quorum that permits the COMMIT is journalled before it, and reported when the view ends.
    effects.push({ type: 'append', record: { type: 'locked', certificate } });
    state.tips = addTip(state.tips, certificate);
    trace(state, effects, 'prepared', height);
    askForCommit(state, own, effects);
  }
}

/** Moves the prepared height onto `own` and asks for its COMMIT. */
export function askForCommit(state: ReplicaState, own: OwnVote, effects: Effect[]): void {
  const { epoch, view } = state;
  const { height } = own.block.header;
  state.preparedHeight = height;
  own.preparedAtMs = state.nowMs;
  const request = { type: 'vote', kind: 'commit', epoch, view, height, blockHash: own.block.hash } as const;
  effects.push({ type: 'sign', request });
}
