/**
 * A commit certificate makes a block final, from wherever it comes: votes, Decided, view changes, block sync or the own
 * journal. All of them go through learnCertificate and end in the one commit() below (PBFT-COMMIT-2).
 */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, Height, PeerIndex } from '../../primitives/identifiers.js';
import type { QuorumCertificate } from '../certificate.js';
import type { Effect } from '../effect.js';
import { endEpoch } from '../epoch/end-epoch.js';
import { dropUpTo, findBlock, forgetBodies, heightLimit, isInWindow, windowBlocks } from '../state/chain.js';
import { lastHeight, ownPeer, seatsAt } from '../state/epochs.js';
import type { CommittedBlock, ReplicaState } from '../state/replica-state.js';
import { halt, isFollowing } from '../state/standing.js';
import { trace } from '../state/trace.js';
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
  from: PeerIndex | undefined,
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
    const signers = certificate.signatures.map(({ signer }) => seatsAt(state, height)?.peers[signer]);
    const witness = from ?? signers.find((peer) => peer !== undefined && peer !== ownPeer(state));
    state.proven = { height, peer: witness ?? 0 };
  }
  if (isInWindow(state, height) && !state.decided.has(height)) state.decided.set(height, certificate);
}

/**
 * PBFT-COMMIT-3: commits in height order, never beyond executed + L; what is certified earlier is held. Returns what was
 * committed, oldest first.
 */
export function commitNext(state: ReplicaState, effects: Effect[]): readonly CommittedBlock[] {
  const committed: CommittedBlock[] = [];
  while (isFollowing(state)) {
    const height = state.committed.height + 1;
    if (height > heightLimit(state)) break;
    const certificate = state.decided.get(height);
    const block = certificate && findBlock(state, certificate.blockHash);
    if (certificate === undefined || block === undefined) break;
    if (block.header.height !== height || block.header.parentHash !== state.committed.hash) {
      const detail = `certified block ${block.hash} at height ${height} does not extend ${state.committed.hash}`;
      halt(state, 'CONFLICTING_COMMIT_CERTIFICATE', detail, effects);
      break;
    }
    const { pending } = state;
    if (block.header.epochFinal !== (height === lastHeight(state))) {
      const detail = `certified block ${block.hash} at height ${height} ${block.header.epochFinal ? 'ends the epoch' : 'goes on'}, which is not what execution has scheduled`;
      halt(state, 'CONFLICTING_EPOCH', detail, effects);
      break;
    }
    const last = commit(state, block, certificate, effects);
    committed.push(last);
    if (pending !== undefined && block.header.epochFinal) endEpoch(state, last, pending, effects);
  }
  return committed;
}

function commit(
  state: ReplicaState,
  block: Block,
  certificate: QuorumCertificate,
  effects: Effect[],
): CommittedBlock {
  const { header, hash } = block;
  const { height } = header;
  const own = state.voted.get(height);
  if (!state.journalled.delete(height)) {
    const record = {
      type: 'committed',
      certificate,
      block: own?.block.hash === hash ? undefined : block,
    } as const;
    effects.push({ type: 'append', record });
  }
  const acceptedOther = state.acceptedHeight >= height && own?.block.hash !== hash;
  state.committed = { height, hash, timestampMs: header.timestampMs };
  state.lastCommitMs = state.nowMs;
  // A chain that was accepted beside the committed one ends here; its votes remain cast (PBFT-VOTE-3).
  state.acceptedHeight = acceptedOther ? height : Math.max(state.acceptedHeight, height);
  state.preparedHeight = acceptedOther ? height : Math.max(state.preparedHeight, height);
  if (acceptedOther || (state.checking?.height ?? Infinity) <= height) state.checking = undefined;
  const entry = { block, certificate, committedAtMs: state.nowMs };
  state.recent.set(height, entry);
  dropUpTo(state.recent, height - windowBlocks(state));
  forgetCommitted(state);
  effects.push({ type: 'execute', block, certificate });
  trace(state, effects, 'committed', height, `view ${certificate.view}`);
  return entry;
}

/** What served to reach the committed height has done so. */
function forgetCommitted(state: ReplicaState): void {
  const { height, hash } = state.committed;
  const { voted, proposals, nextProposals, refused, proposed, decided, viewState } = state;
  for (const map of [proposals, nextProposals, refused, voted, proposed, decided, viewState.chain])
    dropUpTo(map, height);
  state.fetches.delete(hash);
  state.votes.dropUpTo(height);
  state.tips = dropCommittedTips(state.tips, height);
  forgetBodies(state);
}
