/** From lines to a checkpoint certificate, and what a certificate says about the own result. */
import type { Digest, Height } from '../../primitives/identifiers.js';
import type { CheckpointCertificate } from '../certificate.js';
import type { Effect } from '../effect.js';
import { keepEndCertificate } from '../epoch/end-epoch.js';
import { detectConflictingLines } from '../evidence/detect.js';
import type { CheckpointVote } from '../message.js';
import { dropUpTo, windowBlocks } from '../state/chain.js';
import { quorumAt } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { halt, quarantine } from '../state/standing.js';
import { trace } from '../state/trace.js';

/** PBFT-CHECKPOINT-2: one line for each signer and height; Q lines under one root are a certificate. */
export function onCheckpointVote(state: ReplicaState, line: CheckpointVote, effects: Effect[]): void {
  const { lines } = state.checkpoints;
  const held = lines.find(line.height, line.signer);
  if (held !== undefined) {
    detectConflictingLines(state, held, line, effects);
    return;
  }
  lines.add(line);
  const certificate = lines.certificate(line.height, line.root, quorumAt(state, line.height));
  if (certificate !== undefined) learnCheckpoint(state, certificate, effects);
}

/** PBFT-CHECKPOINT-4: certificates of one height agree, or more than f validators are faulty. */
export function learnCheckpoint(
  state: ReplicaState,
  certificate: CheckpointCertificate,
  effects: Effect[],
): void {
  const { checkpoints } = state;
  const { height, root } = certificate;
  const known = checkpoints.certificates.get(height);
  if (known !== undefined && known.root !== root) {
    halt(state, 'CONFLICTING_CHECKPOINT_CERTIFICATE', `height ${height}: ${known.root} and ${root}`, effects);
    return;
  }
  const window = windowBlocks(state);
  if (height > state.executedHeight - window && height <= state.committed.height + window)
    checkpoints.certificates.set(height, certificate);
  if (height > checkpoints.certifiedHeight) {
    checkpoints.certificate = certificate;
    checkpoints.certifiedHeight = height;
    checkpoints.lines.dropUpTo(height);
    dropUpTo(checkpoints.signedRoots, height);
  }
  keepEndCertificate(state, certificate, effects);
  const ownRoot = checkpoints.ownRoots.get(height);
  if (ownRoot !== undefined) announceCertified(state, height, ownRoot, effects);
}

/** Tells the node that an executed height is certified, or that its result is not the certified one. */
export function announceCertified(
  state: ReplicaState,
  height: Height,
  ownRoot: Digest,
  effects: Effect[],
): void {
  const { certificate: highest, certificates } = state.checkpoints;
  const certificate = certificates.get(height) ?? (highest?.height === height ? highest : undefined);
  if (certificate === undefined) return;
  if (certificate.root !== ownRoot) {
    quarantine(state, height, ownRoot, certificate.root, effects);
    return;
  }
  effects.push({ type: 'checkpointCertified', certificate });
  trace(state, effects, 'certified', height);
}
