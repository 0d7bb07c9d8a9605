/**
 * A commit certificate makes a block final, from wherever it comes: votes, Decided, block sync or the own journal.
 * All of them go through learnCertificate and end in the one commit() below (PBFT-COMMIT-2).
 */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, Height, ValidatorIndex } from '../../primitives/identifiers.js';
import type { QuorumCertificate } from '../certificate.js';
import type { Effect } from '../effect.js';
import {
  dropUpTo,
  findBlock,
  heightLimit,
  isInWindow,
  trace,
  windowBlocks,
  type ReplicaState,
} from '../replica-state.js';
import { halt, isFollowing } from '../standing.js';
import { dropCommittedTips } from '../view-change/tips.js';

/** The hash that this replica knows to be final at a height, committed or certified. */
export function finalHashAt(state: ReplicaState, height: Height): BlockHash | undefined {
  if (height === state.committed.height) return state.committed.hash;
  return state.recent.get(height)?.block.hash ?? state.decided.get(height)?.blockHash;
}

/** Takes note of a verified commit certificate; `from` is the peer that showed it, if a peer did. */
export function learnCertificate(
  state: ReplicaState,
  certificate: QuorumCertificate,
  from: ValidatorIndex | undefined,
  effects: Effect[],
): void {
  const { height, blockHash } = certificate;
  const known = finalHashAt(state, height);
  if (known !== undefined && known !== blockHash) {
    halt(state, 'CONFLICTING_COMMIT_CERTIFICATE', `height ${height}: ${known} and ${blockHash}`, effects);
    return;
  }
  if (height <= state.committed.height) return;
  if (state.proven === undefined || height > state.proven.height) {
    const witness = from ?? certificate.signatures.find(({ signer }) => signer !== state.config.self)?.signer;
    state.proven = { height, peer: witness ?? 0 };
  }
  if (isInWindow(state, height) && !state.decided.has(height)) state.decided.set(height, certificate);
}

/** PBFT-COMMIT-3: commits in height order, never beyond executed + L; what is certified earlier is held. */
export function commitNext(state: ReplicaState, effects: Effect[]): void {
  while (isFollowing(state)) {
    const height = state.committed.height + 1;
    if (height > heightLimit(state)) return;
    const certificate = state.decided.get(height);
    if (certificate === undefined) return;
    const block = findBlock(state, certificate.blockHash);
    if (block === undefined) return;
    commit(state, block, certificate, effects);
  }
}

function commit(state: ReplicaState, block: Block, certificate: QuorumCertificate, effects: Effect[]): void {
  const { height } = certificate;
  const { header, hash } = block;
  if (header.height !== height || header.parentHash !== state.committed.hash) {
    const detail = `certified block ${hash} at height ${height} does not extend ${state.committed.hash}`;
    halt(state, 'CONFLICTING_COMMIT_CERTIFICATE', detail, effects);
    return;
  }
  if (height > state.journalledHeight) {
    const isJournalled = state.voted.get(height)?.block.hash === hash;
    const record = { type: 'committed', certificate, block: isJournalled ? undefined : block } as const;
    effects.push({ type: 'append', record });
    state.journalledHeight = height;
  }
  const acceptedOther = state.acceptedHeight >= height && state.voted.get(height)?.block.hash !== hash;
  state.committed = { height, hash, timestampMs: header.timestampMs };
  state.lastCommitMs = state.nowMs;
  // A chain that was accepted beside the committed one ends here; its votes remain cast (PBFT-VOTE-3).
  state.acceptedHeight = acceptedOther ? height : Math.max(state.acceptedHeight, height);
  state.preparedHeight = acceptedOther ? height : Math.max(state.preparedHeight, height);
  if (acceptedOther || (state.checking?.height ?? Infinity) <= height) state.checking = undefined;
  forgetCommitted(state);
  state.recent.set(height, { block, certificate, committedAtMs: state.nowMs });
  dropUpTo(state.recent, height - windowBlocks(state));
  effects.push({ type: 'execute', block, certificate });
  trace(state, effects, 'committed', height, `view ${certificate.view}`);
}

/** What served to reach the committed height has done so. */
function forgetCommitted(state: ReplicaState): void {
  const { height } = state.committed;
  for (const map of [
    state.proposals,
    state.refused,
    state.voted,
    state.proposed,
    state.decided,
    state.bodies,
    state.fetches,
  ]) {
    dropUpTo(map, height);
  }
  state.votes.dropUpTo(height);
  state.tips = dropCommittedTips(state.tips, height);
}
