/**
 * What must hold after every step. The order of heights and the bounds of all pools cost a few comparisons and are
 * checked in production; checkChain also walks the accepted chain and is for the simulator.
 */
import type { Height } from '../../primitives/identifiers.js';
import { invariant } from '../../primitives/invariant.js';
import { EVIDENCE_EACH_MAX } from '../evidence/accuse.js';
import { bodiesMax, heightLimit, windowBlocks } from './chain.js';
import { lastHeight } from './epochs.js';
import { ENDED_EPOCHS_MAX, type ReplicaState } from './replica-state.js';
import { isFollowing, maySpeak } from './standing.js';

/** PBFT-ORDER-2 and the pool bounds of PBFT-WINDOW-1. Throws InvariantViolation. */
export function checkInvariants(state: ReplicaState): void {
  const { executedHeight, committed, preparedHeight, acceptedHeight } = state;
  invariant(
    executedHeight <= committed.height &&
      committed.height <= preparedHeight &&
      preparedHeight <= acceptedHeight &&
      acceptedHeight <= heightLimit(state) &&
      acceptedHeight <= lastHeight(state),
    `heights out of order: executed ${executedHeight}, committed ${committed.height}, ` +
      `prepared ${preparedHeight}, accepted ${acceptedHeight}, limit ${heightLimit(state)}, last ${lastHeight(state)}`,
  );
  // PBFT-TIMER-1: whoever may speak and changes its view waits for something (Concord #805).
  invariant(
    state.phase === 'active' ||
      !maySpeak(state) ||
      !isFollowing(state) ||
      state.patience.deadlineMs !== undefined,
    'a replica changes its view and waits for nothing',
  );
  checkBounds(state);
}

function checkBounds(state: ReplicaState): void {
  const window = windowBlocks(state);
  const depth = state.config.pipelineDepth;
  const validatorCount = Math.max(
    state.seats.validators.length,
    state.ended.at(-1)?.seats.validators.length ?? 0,
  );
  const { certificates, ownRoots, lines } = state.checkpoints;
  const { suspects, changes, chain } = state.viewState;
  checkBound('proposals', state.proposals.size, window);
  checkBound('proposals of the next view', state.nextProposals.size, window);
  checkBound('refused proposals', state.refused.size, window);
  checkBound('own votes', state.voted.size, window);
  checkBound('own proposals', state.proposed.size, window);
  checkBound('commit certificates', state.decided.size, window);
  checkBound('tips', state.tips.length, depth);
  checkBound('blocks to begin with', chain.size, depth);
  // What the journal holds of earlier views is let go of on waking.
  if (state.isAwake) checkBound('bodies', state.bodies.size, bodiesMax(state));
  checkBound('fetches', state.fetches.size, window + depth);
  checkBound('recent blocks', state.recent.size, window);
  checkBound('votes', state.votes.size, 4 * validatorCount * window);
  checkBound('suspicions', suspects.size, validatorCount);
  checkBound('view changes', changes.size, validatorCount);
  checkBound('evidence', state.accused.size, EVIDENCE_EACH_MAX * validatorCount);
  checkBound('echoes', state.echoes.size, validatorCount);
  checkBound('ended epochs', state.ended.length, ENDED_EPOCHS_MAX);
  checkBound('own roots', ownRoots.size, window + 1);
  checkBound('checkpoint certificates', certificates.size, 3 * window);
  checkBound('checkpoint lines', lines.size, 3 * validatorCount * window);
}

function checkBound(name: string, size: number, max: number): void {
  invariant(size <= max, `${name}: ${size} held, bound ${max}`);
}

/** The accepted chain is linked, and every tip lies above the committed height with views against heights. */
export function checkChain(state: ReplicaState): void {
  let parent = state.committed.hash;
  for (let height: Height = state.committed.height + 1; height <= state.acceptedHeight; height++) {
    const own = state.voted.get(height);
    invariant(own !== undefined, `no own vote of this view at accepted height ${height}`);
    invariant(own.block.header.parentHash === parent, `accepted chain is broken at height ${height}`);
    parent = own.block.hash;
  }
  const tips = [...state.tips].sort((left, right) => left.view - right.view);
  for (const [index, tip] of tips.entries()) {
    invariant(tip.height > state.committed.height, `tip at committed height ${tip.height}`);
    invariant(tip.view <= state.view, `tip of view ${tip.view} in view ${state.view}`);
    const newer = tips[index + 1];
    invariant(newer === undefined || newer.height < tip.height, `tip ${tip.view}/${tip.height} is dominated`);
  }
}
