/** Bodies by hash: asked of the validators that voted for them, in turn; served from what this replica holds. */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, ValidatorIndex } from '../../primitives/identifiers.js';
import type { QuorumCertificate } from '../certificate.js';
import type { Effect } from '../effect.js';
import { findBlock, heightLimit, windowBlocks, type ReplicaState } from '../replica-state.js';

/** PBFT-FETCH-1: a certified body that is missing below executed + L is asked for, one peer at a time, again on time-out. */
export function fetchMissingBodies(state: ReplicaState, effects: Effect[]): void {
  for (const [height, certificate] of state.decided) {
    if (height > heightLimit(state) || findBlock(state, certificate.blockHash) !== undefined) continue;
    const fetch = state.fetches.get(height);
    if (fetch !== undefined && state.nowMs < fetch.retryAtMs) continue;
    const attempts = fetch?.attempts ?? 0;
    const peer = holderInTurn(state, certificate, attempts);
    if (peer === undefined) continue;
    const { blockHash } = certificate;
    const retryAtMs = state.nowMs + state.config.fetchRetryMs;
    state.fetches.set(height, { blockHash, attempts: attempts + 1, retryAtMs });
    effects.push({ type: 'send', to: peer, message: { type: 'fetchBlock', blockHash } });
  }
}

/** PBFT-FETCH-2: Q COMMITs come from at least f + 1 correct replicas that hold the body durably. */
function holderInTurn(
  state: ReplicaState,
  certificate: QuorumCertificate,
  attempts: number,
): ValidatorIndex | undefined {
  const holders = certificate.signatures
    .map(({ signer }) => signer)
    .filter((signer) => signer !== state.config.self);
  return holders[attempts % holders.length];
}

/** PBFT-FETCH-3: at most 3L bodies a peer between two periodic Status messages. */
export function mayServeBody(state: ReplicaState, from: ValidatorIndex): boolean {
  const peer = state.peers[from];
  return peer !== undefined && peer.bodiesServed < windowBlocks(state);
}

export function onFetchBlock(
  state: ReplicaState,
  from: ValidatorIndex,
  blockHash: BlockHash,
  effects: Effect[],
): void {
  const peer = state.peers[from];
  const block = findBlock(state, blockHash);
  if (peer === undefined || block === undefined) return;
  peer.bodiesServed += 1;
  effects.push({ type: 'send', to: from, message: { type: 'blockReply', block } });
}

/** True when a body of this hash was asked for. */
export function isFetching(state: ReplicaState, blockHash: BlockHash): boolean {
  for (const fetch of state.fetches.values()) if (fetch.blockHash === blockHash) return true;
  return false;
}

export function onBlockReply(state: ReplicaState, block: Block): void {
  for (const [height, fetch] of state.fetches) {
    if (fetch.blockHash !== block.hash) continue;
    state.bodies.set(height, block);
    state.fetches.delete(height);
  }
}
