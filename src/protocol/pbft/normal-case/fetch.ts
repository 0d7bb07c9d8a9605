/** Bodies by hash: asked of the validators that voted for them, in turn; served from what this replica holds. */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, PeerIndex } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import { findBlock, forgetBodies, heightLimit, keepBody, windowBlocks } from '../state/chain.js';
import { ownPeer, peerAt, seatsAt } from '../state/epochs.js';
import type { ReplicaState } from '../state/replica-state.js';

/**
 * PBFT-FETCH-1: the body of a certified block, or of one that the view begins with, that is missing at or below
 * executed + L is asked for, one peer at a time, again on time-out.
 */
export function fetchMissingBodies(state: ReplicaState, effects: Effect[]): void {
  forgetFetches(state);
  for (const [height, { blockHash, signatures }] of state.decided) {
    if (height <= heightLimit(state))
      fetchIfMissing(
        state,
        blockHash,
        signatures.map(({ signer }) => seatsAt(state, height)?.peers[signer] ?? -1),
        effects,
      );
  }
  for (const [height, { hash, holders }] of state.viewState.chain) {
    if (height <= heightLimit(state))
      fetchIfMissing(
        state,
        hash,
        holders.map((holder) => peerAt(state, holder)),
        effects,
      );
  }
}

/** What a view began with that has ended is not looked for any more. */
function forgetFetches(state: ReplicaState): void {
  const { decided, fetches, viewState } = state;
  if (fetches.size === 0) return;
  const wanted = new Set([
    ...[...decided.values()].map(({ blockHash }) => blockHash),
    ...[...viewState.chain.values()].map(({ hash }) => hash),
  ]);
  for (const hash of fetches.keys()) if (!wanted.has(hash)) fetches.delete(hash);
}

/** PBFT-FETCH-2: Q votes come from at least f + 1 correct replicas that hold the body durably. */
function fetchIfMissing(
  state: ReplicaState,
  blockHash: BlockHash,
  voters: readonly PeerIndex[],
  effects: Effect[],
): void {
  if (findBlock(state, blockHash) !== undefined) return;
  const fetch = state.fetches.get(blockHash);
  if (fetch !== undefined && state.nowMs < fetch.retryAtMs) return;
  const attempts = fetch?.attempts ?? 0;
  const holders = voters.filter((peer) => peer !== ownPeer(state));
  const peer = holders[attempts % holders.length];
  if (peer === undefined) return;
  state.fetches.set(blockHash, {
    attempts: attempts + 1,
    retryAtMs: state.nowMs + state.config.fetchRetryMs,
  });
  effects.push({ type: 'send', to: peer, message: { type: 'fetchBlock', blockHash } });
}

/** PBFT-FETCH-3: at most 3L bodies a peer between two periodic Status messages. */
export function mayServeBody(state: ReplicaState, from: PeerIndex): boolean {
  const peer = state.peers.get(from);
  return peer !== undefined && peer.bodiesServed < windowBlocks(state);
}

export function onFetchBlock(
  state: ReplicaState,
  from: PeerIndex,
  blockHash: BlockHash,
  effects: Effect[],
): void {
  const peer = state.peers.get(from);
  const block = findBlock(state, blockHash);
  if (peer === undefined || block === undefined) return;
  peer.bodiesServed += 1;
  effects.push({ type: 'send', to: from, message: { type: 'blockReply', block } });
}

/** True when a body of this hash was asked for. */
export function isFetching(state: ReplicaState, blockHash: BlockHash): boolean {
  return state.fetches.has(blockHash);
}

export function onBlockReply(state: ReplicaState, block: Block): void {
  if (!state.fetches.delete(block.hash)) return;
  keepBody(state, block);
  forgetBodies(state);
}
