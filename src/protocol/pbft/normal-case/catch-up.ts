/** When messages cannot bring a replica to a proven head any more, and what block sync hands back. */
import { learnCheckpoint } from '../checkpoint/certify.js';
import type { Effect } from '../effect.js';
import type { Input } from '../input.js';
import { forgetBodies, heightLimit, isInWindow, keepBody, windowBlocks } from '../state/chain.js';
import type { ReplicaState } from '../state/replica-state.js';
import { isFollowing } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { learnCertificate } from './commit.js';

/** Status intervals without a commit after which a gap in the window, or a stalled range, is asked for. */
const STALLED_STATUS_INTERVALS = 4;

/**
 * PBFT-SYNC-1: the target is a height that a commit certificate proves, never one that a peer claims. A range is asked
 * for once; again only when nothing has been committed for four Status intervals.
 */
export function requestCatchUp(state: ReplicaState, effects: Effect[]): void {
  const { proven, committed, nowMs } = state;
  if (state.catchUp !== undefined && committed.height >= state.catchUp.toHeight) state.catchUp = undefined;
  if (proven === undefined || proven.height <= committed.height) return;
  if (!isFollowing(state)) return;
  // While execution is what is waited for, blocks would not help.
  if (committed.height >= heightLimit(state)) return;
  const patienceMs = STALLED_STATUS_INTERVALS * state.config.statusIntervalMs;
  const isStalled = nowMs - Math.max(state.lastCommitMs, state.catchUp?.askedAtMs ?? 0) >= patienceMs;
  const isBeyondWindow = proven.height > committed.height + windowBlocks(state);
  if (!isStalled && (!isBeyondWindow || state.catchUp !== undefined)) return;
  state.catchUp = { toHeight: proven.height, askedAtMs: nowMs };
  effects.push({
    type: 'catchUp',
    fromHeight: committed.height + 1,
    provenHeight: proven.height,
    peer: proven.peer,
  });
}

/** PBFT-SYNC-2: a synced block waits like any certified one; beyond the window it is dropped and asked for again. */
export function onSynced(
  state: ReplicaState,
  { block, certificate, checkpoint }: Extract<Input, { type: 'synced' }>,
  effects: Effect[],
): void {
  const { height } = certificate;
  if (height > state.committed.height && !isInWindow(state, height)) {
    trace(state, effects, 'messageDropped', height, 'synced beyond the window');
  }
  learnCertificate(state, certificate, undefined, effects);
  if (checkpoint !== undefined && state.standing !== 'halted') learnCheckpoint(state, checkpoint, effects);
  if (state.decided.get(height)?.blockHash !== block.hash) return;
  keepBody(state, block);
  forgetBodies(state);
}
