/**
 * From a proposal to the own PREPARE. Fresh proposals are buffered, one a height, until their parent is accepted, their
 * time has come and the execution is near enough; blocks that the view began with wait for nothing but their bodies. Then the
 * content is checked by the node, and only then accepted, strictly by height: a vote for a block is thereby a vote for all
 * its ancestors (PBFT-ORDER-1).
 */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, Height, TimestampMs } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import { detectConflictingProposal } from '../evidence/detect.js';
import type { PrePrepare } from '../message.js';
import { acceptedPoint, blocksInFlight, findBlock, heightLimit } from '../state/chain.js';
import { isBarrierOpen, lastHeight } from '../state/epochs.js';
import type { ChainPoint, ReplicaState } from '../state/replica-state.js';
import { currentPrimary, mayVote } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { suspect } from '../view-change/suspicion.js';
import { isLaterThanParent, isTooEarly, isTooOld } from './timeliness.js';

/** PBFT-WINDOW-1: an early proposal is buffered, never dropped; the first of a height stays, a second is evidence. */
export function onPrePrepare(
  state: ReplicaState,
  message: PrePrepare,
  arrivedAtMs: TimestampMs,
  effects: Effect[],
): void {
  const { block, signature, view } = message;
  if (view > state.view) {
    state.nextProposals.set(block.header.height, { block, signature, arrivedAtMs });
    return;
  }
  if (state.proposals.has(block.header.height)) {
    if (detectConflictingProposal(state, message, effects))
      suspect(state, state.view, 'equivocation', effects);
    return;
  }
  state.proposals.set(block.header.height, { block, signature, arrivedAtMs });
}

/** PBFT-PROPOSE-4, PBFT-TIMER-4: what is refused is never voted for in this view, and its primary is suspected. */
function refuse(state: ReplicaState, block: Block, reason: string, effects: Effect[]): void {
  const { height } = block.header;
  state.refused.set(height, block.hash);
  trace(state, effects, 'proposalRefused', height, reason);
  suspect(state, state.view, 'refusal', effects);
}

/** What is wrong with a fresh proposal, apart from its content; `undefined` when nothing is. */
function freshProblem(
  state: ReplicaState,
  { header }: Block,
  parent: ChainPoint,
  arrivedAtMs: TimestampMs,
): string | undefined {
  // PBFT-PROPOSE-3: a fresh proposal names the view and the primary that first proposed it.
  if (header.originView !== state.view || header.proposer !== currentPrimary(state))
    return 'not first proposed in this view by its primary';
  // PBFT-EPOCH-2: the end is where execution has scheduled it, and nowhere else.
  if (header.epochFinal !== (header.height === lastHeight(state)))
    return header.epochFinal ? 'ends the epoch too early' : 'does not end the epoch where it ends';
  if (!isLaterThanParent(header, parent.timestampMs)) return 'not later than its parent';
  return isTooOld(state, header, arrivedAtMs) ? 'too old on arrival' : undefined;
}

/** The block to be judged next at `height`; `undefined` while there is none that may be. */
function nextCandidate(
  state: ReplicaState,
  height: Height,
  parent: ChainPoint,
  effects: Effect[],
): Block | undefined {
  const { viewState } = state;
  // PBFT-VIEW-6: up to here the view has what it began with and nothing else; below its base, nothing at all.
  if (height <= viewState.chainTop) {
    const again = viewState.chain.get(height);
    return again === undefined ? undefined : findBlock(state, again.hash);
  }
  const proposal = state.proposals.get(height);
  if (proposal?.block.header.parentHash !== parent.hash || isTooEarly(state, proposal.block.header))
    return undefined;
  const problem = freshProblem(state, proposal.block, parent, proposal.arrivedAtMs);
  if (problem === undefined) return proposal.block;
  if (state.refused.get(height) !== proposal.block.hash) refuse(state, proposal.block, problem, effects);
  return undefined;
}

/** Asks the node to judge the next block, once its parent is accepted (PBFT-ORDER-1) and height ≤ executed + L. */
export function checkNextProposal(state: ReplicaState, effects: Effect[]): void {
  const parent = acceptedPoint(state);
  const height = parent.height + 1;
  if (!mayVote(state) || state.checking !== undefined || height > heightLimit(state)) return;
  if (height > lastHeight(state) || !isBarrierOpen(state, height)) return;
  // PBFT-VOTE-3: at most one PREPARE for (epoch, view, height), whatever arrives.
  if (state.voted.has(height)) return;
  const block = nextCandidate(state, height, parent, effects);
  if (block?.header.parentHash !== parent.hash || state.refused.get(height) === block.hash) return;
  state.checking = { height, blockHash: block.hash };
  effects.push({ type: 'checkProposal', block, ancestors: blocksInFlight(state) });
}

/** PBFT-PROPOSE-4: an answer about anything but the open check is late. */
export function onProposalChecked(
  state: ReplicaState,
  answer: { readonly blockHash: BlockHash; readonly valid: boolean; readonly reason?: string },
  effects: Effect[],
): void {
  if (state.checking?.blockHash !== answer.blockHash) return;
  state.checking = undefined;
  const block = findBlock(state, answer.blockHash);
  if (block === undefined || !mayVote(state)) return;
  if (!answer.valid) {
    refuse(state, block, answer.reason ?? 'refused by the proposal check', effects);
    return;
  }
  const parent = acceptedPoint(state);
  if (block.header.height === parent.height + 1 && block.header.parentHash === parent.hash)
    acceptBlock(state, block, effects);
}

/** PBFT-VOTE-5: the vote and the body are journalled before the vote is signed; it counts when it comes back signed. */
export function acceptBlock(state: ReplicaState, block: Block, effects: Effect[]): void {
  const { epoch, view } = state;
  const { height } = block.header;
  state.voted.set(height, { block, acceptedAtMs: state.nowMs, preparedAtMs: undefined });
  state.acceptedHeight = height;
  effects.push({ type: 'append', record: { type: 'prepared', epoch, view, block } });
  trace(state, effects, 'accepted', height);
  askForPrepare(state, block, effects);
}

/** Asks for the signatures that an accepted block needs: PROPOSE when it is a fresh one of its own, and PREPARE. */
export function askForPrepare(state: ReplicaState, block: Block, effects: Effect[]): void {
  const { epoch, view } = state;
  const { height, originView, proposer } = block.header;
  const subject = { epoch, view, height, blockHash: block.hash };
  if (proposer === state.seats.self && originView === view) {
    effects.push({ type: 'sign', request: { type: 'propose', ...subject } });
  }
  effects.push({ type: 'sign', request: { type: 'vote', kind: 'prepare', ...subject } });
}
