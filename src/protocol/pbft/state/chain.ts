/** The chain as one replica sees it: its window, its last points, and where the blocks are that it holds. */
import type { Block } from '../../ledger/block.js';
import type { BlockHash, Height } from '../../primitives/identifiers.js';
import type { ChainPoint, ReplicaState } from './replica-state.js';

/** Blocks kept and buffered around the committed height: 3L each way (PBFT-WINDOW-1). */
export function windowBlocks(state: ReplicaState): number {
  return 3 * state.config.pipelineDepth;
}

/** True for heights whose proposals, votes and certificates are kept: (committed, committed + 3L]. */
export function isInWindow(state: ReplicaState, height: Height): boolean {
  return height > state.committed.height && height <= state.committed.height + windowBlocks(state);
}

/** Highest height that may be accepted or committed: executed + L (PBFT-ORDER-2). */
export function heightLimit(state: ReplicaState): Height {
  return state.executedHeight + state.config.pipelineDepth;
}

/** The last accepted block, or the committed one when nothing is accepted above it. */
export function acceptedPoint(state: ReplicaState): ChainPoint {
  if (state.acceptedHeight === state.committed.height) return state.committed;
  const block = state.voted.get(state.acceptedHeight)?.block;
  return block === undefined
    ? state.committed
    : { height: block.header.height, hash: block.hash, timestampMs: block.header.timestampMs };
}

/** Blocks in (executed, accepted], oldest first: their transactions are taken and not yet in the database. */
export function blocksInFlight(state: ReplicaState): readonly Block[] {
  const blocks: Block[] = [];
  for (let height = state.executedHeight + 1; height <= state.acceptedHeight; height++) {
    const block = state.recent.get(height)?.block ?? state.voted.get(height)?.block;
    if (block !== undefined) blocks.push(block);
  }
  return blocks;
}

/** The block of that hash, if this replica holds it: in the window or among the recent ones. */
export function findBlock(state: ReplicaState, hash: BlockHash): Block | undefined {
  for (const { block } of state.voted.values()) if (block.hash === hash) return block;
  for (const { block } of state.proposals.values()) if (block.hash === hash) return block;
  const body = state.bodies.get(hash);
  if (body !== undefined) return body;
  for (const { block } of state.recent.values()) if (block.hash === hash) return block;
  return undefined;
}

/**
 * Blocks from just above the committed height to the one of that hash, oldest first; `undefined` when one of them is not
 * held or they do not stand on the committed block.
 */
export function chainTo(state: ReplicaState, hash: BlockHash): readonly Block[] | undefined {
  const blocks: Block[] = [];
  for (let wanted = hash; wanted !== state.committed.hash;) {
    const block = findBlock(state, wanted);
    if (block === undefined || block.header.height <= state.committed.height) return undefined;
    blocks.push(block);
    wanted = block.header.parentHash;
  }
  return blocks.reverse();
}

/** Bodies beside those of this view's votes and proposals: what certificates, tips and the beginning of a view can need. */
export function bodiesMax(state: ReplicaState): number {
  const { pipelineDepth } = state.config;
  return windowBlocks(state) + pipelineDepth + pipelineDepth * pipelineDepth;
}

/** Bodies that a certificate, a tip or the beginning of the view refers to. */
function neededBodies(state: ReplicaState): ReadonlySet<BlockHash> {
  const needed = new Set<BlockHash>();
  for (const { blockHash } of state.decided.values()) needed.add(blockHash);
  for (const { hash } of state.viewState.chain.values()) needed.add(hash);
  for (const { blockHash } of state.tips) {
    for (const { hash } of chainTo(state, blockHash) ?? []) needed.add(hash);
  }
  return needed;
}

/** Takes a body as the newest one. */
export function keepBody(state: ReplicaState, block: Block): void {
  state.bodies.delete(block.hash);
  state.bodies.set(block.hash, block);
}

/**
 * Lets go of the bodies that nothing here refers to once their height is committed. Above it they stay while there is room, the
 * newest of them: the own PREPARE of a view that has ended says that the body is here, and the one tip that tells of it may be
 * somebody else's (PBFT-FETCH-2). While waking, the chain below the votes of the journal is not complete, so what lies above
 * it is kept.
 */
export function forgetBodies(state: ReplicaState): void {
  const { bodies, committed, knownHeight } = state;
  if (bodies.size === 0) return;
  const needed = neededBodies(state);
  const isWaking = state.standing === 'voting' && !state.isAwake;
  const spare = [...bodies.values()].filter(
    ({ hash, header }) => !needed.has(hash) && !(isWaking && header.height > knownHeight),
  );
  let excess = bodies.size - bodiesMax(state);
  for (const { hash, header } of spare) {
    if (header.height <= committed.height && bodies.delete(hash)) excess -= 1;
  }
  for (const { hash } of spare) if (excess > 0 && bodies.delete(hash)) excess -= 1;
}

/** Removes what lies at or below `height`. */
export function dropUpTo(map: Map<Height, unknown>, height: Height): void {
  for (const key of map.keys()) if (key <= height) map.delete(key);
}
