/**
 * From a PRE-PREPARE to the own PREPARE. Proposals are buffered, one a height, until their parent is accepted and the
 * execution is near enough; then their content is checked by the node, and only then accepted, strictly by height:
 * a vote for a block is thereby a vote for all its ancestors (PBFT-ORDER-1).
 */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, TimestampMs } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import type { PrePrepare } from '../message.js';
import {
  acceptedPoint,
  blocksInFlight,
  currentPrimary,
  heightLimit,
  mayVote,
  trace,
  type BufferedProposal,
  type ReplicaState,
} from '../replica-state.js';

/** PBFT-WINDOW-1: an early proposal is buffered, never dropped; the first of a height stays. */
export function onPrePrepare(state: ReplicaState, message: PrePrepare, arrivedAtMs: TimestampMs): void {
  const { block, view } = message;
  state.proposals.set(block.header.height, { view, block, arrivedAtMs });
}

/** PBFT-PROPOSE-3: a fresh proposal names the view and the primary that first proposed it. */
function isFresh(state: ReplicaState, { block, view }: BufferedProposal): boolean {
  return block.header.originView === view && block.header.proposer === currentPrimary(state);
}

function refuse(state: ReplicaState, block: Block, reason: string, effects: Effect[]): void {
  const { height } = block.header;
  state.proposals.delete(height);
  state.refused.set(height, block.hash);
  trace(state, effects, 'proposalRefused', height, reason);
}

/** Asks the node to judge the next proposal, once its parent is accepted (PBFT-ORDER-1) and height ≤ executed + L. */
export function checkNextProposal(state: ReplicaState, effects: Effect[]): void {
  const parent = acceptedPoint(state);
  const height = parent.height + 1;
  if (!mayVote(state) || state.checking !== undefined || height > heightLimit(state)) return;
  // PBFT-VOTE-3: at most one PREPARE for (epoch, view, height), whatever arrives.
  if (state.voted.get(height)?.view === state.view) return;
  const proposal = state.proposals.get(height);
  if (proposal?.view !== state.view || proposal.block.header.parentHash !== parent.hash) return;
  if (!isFresh(state, proposal)) {
    refuse(state, proposal.block, 'not first proposed in this view by its primary', effects);
    return;
  }
  state.checking = { height, blockHash: proposal.block.hash };
  effects.push({
    type: 'checkProposal',
    block: proposal.block,
    ancestors: blocksInFlight(state),
    parentTimestampMs: parent.timestampMs,
    arrivedAtMs: proposal.arrivedAtMs,
  });
}

/** PBFT-PROPOSE-4: what the node refuses is never voted for; an answer about anything but the open check is late. */
export function onProposalChecked(
  state: ReplicaState,
  answer: { readonly blockHash: BlockHash; readonly valid: boolean; readonly reason?: string },
  effects: Effect[],
): void {
  if (state.checking?.blockHash !== answer.blockHash) return;
  const { height } = state.checking;
  state.checking = undefined;
  const proposal = state.proposals.get(height);
  if (proposal?.block.hash !== answer.blockHash || proposal.view !== state.view || !mayVote(state)) return;
  if (!answer.valid) {
    refuse(state, proposal.block, answer.reason ?? 'refused by the proposal check', effects);
    return;
  }
  if (acceptedPoint(state).hash === proposal.block.header.parentHash)
    acceptBlock(state, proposal.block, effects);
}

/** PBFT-VOTE-5: the vote and the body are journalled before the vote is signed; it counts when it comes back signed. */
export function acceptBlock(state: ReplicaState, block: Block, effects: Effect[]): void {
  const { epoch, view } = state;
  const { height } = block.header;
  state.voted.set(height, { view, block, acceptedAtMs: state.nowMs, preparedAtMs: undefined });
  state.acceptedHeight = height;
  effects.push({ type: 'append', record: { type: 'prepared', epoch, view, block } });
  trace(state, effects, 'accepted', height);
  askForPrepare(state, block, effects);
}

/** Asks for the signatures that an accepted block needs: PROPOSE when it is the own one, and PREPARE. */
export function askForPrepare(state: ReplicaState, block: Block, effects: Effect[]): void {
  const { epoch, view } = state;
  const { height, originView, proposer } = block.header;
  const subject = { epoch, view, height, blockHash: block.hash };
  if (proposer === state.config.self && originView === view) {
    effects.push({ type: 'sign', request: { type: 'propose', ...subject } });
  }
  effects.push({ type: 'sign', request: { type: 'vote', kind: 'prepare', ...subject } });
}
