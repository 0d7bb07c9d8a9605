/**
 * The right edge of a growing RFC 6962 tree: the roots of its perfect subtrees, largest (leftmost) first, one for
 * each 1 in the binary form of the size. Enough to append and to know the root; 53 hashes at most.
 */
import { concatBytes } from '../../primitives/bytes.js';
import { checkedInteger, isCheckedInteger } from '../../primitives/checked-integers.js';
import { invariant } from '../../primitives/invariant.js';
import { EMPTY_TREE_ROOT, HASH_BYTES, nodeHash } from './merkle-hash.js';

export interface MerkleFrontier {
  /** Number of leaves. */
  readonly size: number;
  /** Roots of the perfect subtrees, largest first. */
  readonly hashes: readonly Uint8Array[];
}

/** Where a perfect subtree stands: its leaves are index·2^level … (index+1)·2^level − 1. */
export interface MerkleNodeId {
  readonly level: number;
  readonly index: number;
}

export interface MerkleNode extends MerkleNodeId {
  readonly hash: Uint8Array;
}

const SIZE_BYTES = 8;

export const EMPTY_FRONTIER: MerkleFrontier = { size: 0, hashes: [] };

function subtreeCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Appends a leaf; `completed` are the perfect subtrees that it completes, itself (level 0) first. */
export function appendLeaf(
  frontier: MerkleFrontier,
  leafHash: Uint8Array,
): { readonly frontier: MerkleFrontier; readonly completed: readonly MerkleNode[] } {
  const size = checkedInteger(frontier.size + 1, 'tree size');
  const hashes = [...frontier.hashes];
  let node: MerkleNode = { level: 0, index: frontier.size, hash: leafHash };
  const completed = [node];
  while (node.index % 2 === 1) {
    const left = hashes.pop();
    invariant(left !== undefined, `frontier of ${frontier.size} leaves lacks a subtree`);
    node = { level: node.level + 1, index: (node.index - 1) / 2, hash: nodeHash(left, node.hash) };
    completed.push(node);
  }
  hashes.push(node.hash);
  return { frontier: { size, hashes }, completed };
}

/** Which perfect subtrees the frontier of `size` leaves consists of, in its order. */
export function frontierNodes(size: number): readonly MerkleNodeId[] {
  const nodes: MerkleNodeId[] = [];
  let level = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
    // The last subtree of its level: those to its right are smaller.
    if (rest % 2 === 1) nodes.unshift({ level, index: rest - 1 });
    level++;
  }
  return nodes;
}

/** RFC 6962 root of the tree. */
export function frontierRoot(frontier: MerkleFrontier): Uint8Array {
  if (frontier.hashes.length === 0) return EMPTY_TREE_ROOT;
  return frontier.hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** Canonical bytes: size u64 ‖ the hashes; their number follows from the size. */
export function encodeFrontier(frontier: MerkleFrontier): Uint8Array {
  invariant(frontier.hashes.length === subtreeCount(frontier.size), 'frontier and its size disagree');
  const size = new DataView(new ArrayBuffer(SIZE_BYTES));
  size.setUint32(0, Math.floor(frontier.size / 0x1_0000_0000));
  size.setUint32(4, frontier.size % 0x1_0000_0000);
  return concatBytes(new Uint8Array(size.buffer), ...frontier.hashes);
}

/** `undefined` for anything that encodeFrontier does not write. */
export function decodeFrontier(bytes: Uint8Array): MerkleFrontier | undefined {
  if (bytes.length < SIZE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SIZE_BYTES);
  const size = view.getUint32(0) * 0x1_0000_0000 + view.getUint32(4);
  if (!isCheckedInteger(size) || bytes.length !== SIZE_BYTES + HASH_BYTES * subtreeCount(size))
    return undefined;
  const hashes: Uint8Array[] = [];
  for (let start = SIZE_BYTES; start < bytes.length; start += HASH_BYTES) {
    hashes.push(bytes.slice(start, start + HASH_BYTES));
  }
  return { size, hashes };
}
