/**
 * The cheap filter before any signature is checked, and again before a message is handled: stale, doubled, reflected and
 * out-of-window messages end here (PBFT-FILTER-1). What lets a replica discover that more than f are faulty passes.
 */
import type { ValidatorIndex } from '../../primitives/identifiers.js';
import type { CheckpointCertified, CheckpointVote, Decided, Message, PrePrepare, Vote } from '../message.js';
import { currentPrimary, isInWindow, windowBlocks, type ReplicaState } from '../replica-state.js';
import { finalHashAt } from './commit.js';
import { isFetching, mayServeBody } from './fetch.js';

export function wantsMessage(state: ReplicaState, from: ValidatorIndex, message: Message): boolean {
  if (state.standing === 'halted' || from === state.config.self) return false;
  switch (message.type) {
    case 'prePrepare':
      return wantsProposal(state, from, message);
    case 'vote':
      return wantsVote(state, message);
    case 'checkpointVote':
      return wantsCheckpointVote(state, message);
    case 'checkpointCertified':
      return wantsCheckpoint(state, message);
    case 'decided':
      return wantsDecided(state, message);
    case 'status':
      return true;
    case 'fetchBlock':
      return mayServeBody(state, from);
    case 'blockReply':
      return isFetching(state, message.block.hash);
  }
}

function wantsProposal(
  state: ReplicaState,
  from: ValidatorIndex,
  { epoch, view, block }: PrePrepare,
): boolean {
  const { height } = block.header;
  if (epoch !== state.epoch || view !== state.view || from !== currentPrimary(state)) return false;
  if (!isInWindow(state, height) || state.proposals.get(height)?.view === view) return false;
  return state.voted.get(height)?.view !== view && state.refused.get(height) !== block.hash;
}

/** PBFT-FILTER-2: an own vote counts when it comes back signed, never when a peer reflects it. */
function wantsVote(state: ReplicaState, { kind, epoch, view, height, blockHash, signer }: Vote): boolean {
  if (epoch !== state.epoch || signer === state.config.self || !isInWindow(state, height)) return false;
  if (kind === 'prepare' && (view < state.view || (view === state.view && height <= state.preparedHeight)))
    return false;
  if (kind === 'commit' && state.decided.get(height)?.blockHash === blockHash) return false;
  return state.votes.find(kind, view, height, signer) === undefined;
}

function wantsDecided(state: ReplicaState, { certificate: { height, blockHash, epoch } }: Decided): boolean {
  if (epoch !== state.epoch) return false;
  const known = finalHashAt(state, height);
  if (known !== undefined) return known !== blockHash;
  if (height <= state.committed.height) return false;
  return isInWindow(state, height) || height > (state.proven?.height ?? 0);
}

function wantsCheckpointVote(state: ReplicaState, { height, signer }: CheckpointVote): boolean {
  const { certifiedHeight, lines } = state.checkpoints;
  const lowest = Math.max(certifiedHeight, state.executedHeight - windowBlocks(state));
  if (signer === state.config.self || height <= lowest) return false;
  return height <= state.committed.height + windowBlocks(state) && lines.find(height, signer) === undefined;
}

function wantsCheckpoint(
  state: ReplicaState,
  { certificate: { height, root } }: CheckpointCertified,
): boolean {
  const { certifiedHeight, certificates, ownRoots } = state.checkpoints;
  if (height > certifiedHeight) return true;
  const known = certificates.get(height)?.root ?? ownRoots.get(height);
  return known !== undefined && known !== root;
}
