/**
 * The countersignature: the line of this organisation under the checkpoint of a height that it has executed durably
 * (CP-1). Journalled before it is signed, never a second root for one height (PBFT-CHECKPOINT-1).
 */
import type { Digest, Height, Signature } from '../../primitives/identifiers.js';
import { invariant } from '../../primitives/invariant.js';
import type { Effect, SignRequest } from '../effect.js';
import type { EpochSeats } from '../epoch-seats.js';
import type { Input } from '../input.js';
import type { CheckpointVote } from '../message.js';
import { dropUpTo, windowBlocks } from '../state/chain.js';
import { seatsAt } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { mayCountersign, quarantine } from '../state/standing.js';
import { trace } from '../state/trace.js';
import { announceCertified, onCheckpointVote } from './certify.js';

export function onExecuted(
  state: ReplicaState,
  { height, root, scheduled }: Extract<Input, { type: 'executed' }>,
  effects: Effect[],
): void {
  if (height <= state.executedHeight) return;
  invariant(height === state.executedHeight + 1, `executed ${height} after ${state.executedHeight}`);
  invariant(
    height <= state.committed.height,
    `executed ${height} beyond committed ${state.committed.height}`,
  );
  const { checkpoints } = state;
  if (scheduled !== undefined) scheduleEpoch(state, height, scheduled);
  state.executedHeight = height;
  checkpoints.ownRoots.set(height, root);
  const kept = height - windowBlocks(state);
  dropUpTo(checkpoints.ownRoots, kept);
  dropUpTo(checkpoints.signedRoots, kept);
  dropUpTo(checkpoints.certificates, kept);
  checkpoints.lines.dropUpTo(kept);
  trace(state, effects, 'executed', height);
  announceCertified(state, height, root, effects);
  countersign(state, height, root, effects);
}

/** PBFT-EPOCH-2: block g gives its epoch the last height g + L, which nobody accepts before g is executed. */
function scheduleEpoch(state: ReplicaState, height: Height, scheduled: EpochSeats): void {
  const { epoch, firstHeight } = scheduled;
  invariant(state.pending === undefined, `epoch ${epoch} is scheduled while a change is pending`);
  invariant(epoch === state.epoch + 1, `epoch ${epoch} is scheduled in epoch ${state.epoch}`);
  invariant(
    firstHeight === height + state.config.pipelineDepth + 1 && firstHeight > state.acceptedHeight,
    `epoch ${epoch} begins at ${firstHeight}, as block ${height} says, with ${state.acceptedHeight} accepted`,
  );
  state.pending = scheduled;
}

/** PBFT-CHECKPOINT-1: every executed height is signed, unless Q lines are held for it or for a later one. */
export function countersign(state: ReplicaState, height: Height, root: Digest, effects: Effect[]): void {
  const { signedRoots, certifiedHeight } = state.checkpoints;
  const seats = seatsAt(state, height);
  if (seats === undefined || !mayCountersign(state, height) || certifiedHeight >= height) return;
  const signed = signedRoots.get(height);
  if (signed !== undefined && signed !== root) {
    quarantine(state, height, root, signed, effects);
    return;
  }
  if (signed === undefined) {
    signedRoots.set(height, root);
    effects.push({ type: 'append', record: { type: 'checkpointSigned', height, root } });
  }
  effects.push({ type: 'sign', request: { type: 'checkpoint', epoch: seats.epoch, height, root } });
}

/**
 * PBFT-CHECKPOINT-3: after a restart the lines of the journal, and of what was executed since, are signed again and re-enter
 * the pool.
 */
export function resumeCountersigning(state: ReplicaState, effects: Effect[]): void {
  const { signedRoots, ownRoots } = state.checkpoints;
  dropUpTo(signedRoots, state.executedHeight - windowBlocks(state));
  const roots = new Map([...signedRoots, ...ownRoots]);
  for (const [height, root] of [...roots].sort(([left], [right]) => left - right)) {
    if (height > 0 && height <= state.executedHeight) countersign(state, height, root, effects);
  }
}

export function onCheckpointSigned(
  state: ReplicaState,
  request: Extract<SignRequest, { type: 'checkpoint' }>,
  signature: Signature,
  effects: Effect[],
): void {
  const { height, root, epoch } = request;
  const signer = seatsAt(state, height)?.self;
  if (signer === undefined || !mayCountersign(state, height)) return;
  const line: CheckpointVote = { type: 'checkpointVote', epoch, height, root, signer, signature };
  effects.push({ type: 'send', to: 'all', message: line });
  if (height > state.checkpoints.certifiedHeight) onCheckpointVote(state, line, effects);
}
