/**
 * The primary's part: ask the node for the next block, vote for it like everyone else, and say PRE-PREPARE once the
 * vote is durable. One block at a time is asked for; what is in flight is limited by accepted ≤ executed + L.
 */
import type { Block } from '../../ledger/block.js';
import type { Signature } from '../../primitives/identifiers.js';
import type { Effect, SignRequest } from '../effect.js';
import type { PrePrepare } from '../message.js';
import { acceptedPoint, blocksInFlight, heightLimit } from '../state/chain.js';
import { isBarrierOpen, lastHeight } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { currentPrimary, mayVote } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { acceptBlock } from './accept.js';

/** PBFT-PROPOSE-1: one open request, for the height after the accepted one, while that is within executed + L. */
export function requestProposal(state: ReplicaState, effects: Effect[]): void {
  if (!mayVote(state) || state.seats.self !== currentPrimary(state)) {
    state.requested = undefined;
    return;
  }
  const parent = acceptedPoint(state);
  const height = parent.height + 1;
  if (height > heightLimit(state) || height > lastHeight(state) || !isBarrierOpen(state, height)) return;
  // PBFT-VIEW-6: the view's own beginning comes first.
  if (height <= state.viewState.chainTop) return;
  // PBFT-VOTE-3: a height that this replica has voted on in this view has had its proposal.
  if (state.voted.has(height)) return;
  const isDue = state.pending !== undefined;
  const { requested } = state;
  if (requested?.height === height && requested.parentHash === parent.hash && requested.isDue === isDue)
    return;
  state.requested = { height, parentHash: parent.hash, isDue };
  effects.push({
    type: 'requestProposal',
    request: {
      epoch: state.epoch,
      view: state.view,
      height,
      parentHash: parent.hash,
      parentTimestampMs: parent.timestampMs,
      ancestors: blocksInFlight(state),
      epochFinal: height === lastHeight(state),
      isDue,
    },
  });
}

/** PBFT-PROPOSE-2: an answer counts only for the request that is open, on the parent that is still the accepted one. */
export function onProposalBuilt(state: ReplicaState, block: Block, effects: Effect[]): void {
  const { header } = block;
  const request = state.requested;
  if (request?.height !== header.height || request.parentHash !== header.parentHash) return;
  if (header.originView !== state.view || header.epoch !== state.epoch) return;
  if (header.proposer !== state.seats.self || acceptedPoint(state).hash !== header.parentHash) return;
  state.requested = undefined;
  trace(state, effects, 'proposed', header.height);
  acceptBlock(state, block, effects);
}

export function onProposeSigned(
  state: ReplicaState,
  request: Extract<SignRequest, { type: 'propose' }>,
  signature: Signature,
  effects: Effect[],
): void {
  const own = state.voted.get(request.height);
  if (!mayVote(state) || request.view !== state.view || own?.block.hash !== request.blockHash) return;
  const message: PrePrepare = {
    type: 'prePrepare',
    epoch: request.epoch,
    view: request.view,
    block: own.block,
    signature,
  };
  state.proposed.set(request.height, message);
  effects.push({ type: 'send', to: 'all', message });
}
