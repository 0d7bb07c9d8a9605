/**
 * Consistency of two sizes of one RFC 6962 tree: nothing that was in the smaller was changed or removed.
 * Proof: RFC 6962 section 2.1.2; check: RFC 9162 section 2.1.4.2, on numbers up to 2^53 − 1.
 */
import { bytesEqual } from '../../primitives/bytes.js';
import { isCheckedInteger } from '../../primitives/checked-integers.js';
import { invariant } from '../../primitives/invariant.js';
import { EMPTY_TREE_ROOT, HASH_BYTES, nodeHash } from './merkle-hash.js';
import { merkleRoot } from './merkle-tree.js';

export interface ConsistencyClaim {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly path: readonly Uint8Array[];
}

function subproof(leafHashes: readonly Uint8Array[], size1: number, isWhole: boolean): readonly Uint8Array[] {
  if (size1 === leafHashes.length) return isWhole ? [] : [merkleRoot(leafHashes)];
  let width = 1;
  while (2 * width < leafHashes.length) width *= 2;
  const left = leafHashes.slice(0, width);
  const right = leafHashes.slice(width);
  if (size1 <= width) return [...subproof(left, size1, isWhole), merkleRoot(right)];
  return [...subproof(right, size1 - width, false), merkleRoot(left)];
}

/** Proof from the first `size1` to the first `size2` of the leaves; empty when size1 is 0 or equals size2. */
export function consistencyProof(
  leafHashes: readonly Uint8Array[],
  size1: number,
  size2: number,
): readonly Uint8Array[] {
  invariant(
    isCheckedInteger(size1) && isCheckedInteger(size2) && size1 <= size2 && size2 <= leafHashes.length,
    `no consistency from ${size1} to ${size2} among ${leafHashes.length} leaves`,
  );
  return size1 === 0 ? [] : subproof(leafHashes.slice(0, size2), size1, true);
}

interface Walk {
  /** Node of the old tree's last leaf, and of the new tree's, at the level reached. */
  node: number;
  last: number;
}

function moveUp(walk: Walk): void {
  walk.node = Math.floor(walk.node / 2);
  walk.last = Math.floor(walk.last / 2);
}

function rootsFromPath(claim: ConsistencyClaim): { root1: Uint8Array; root2: Uint8Array } | undefined {
  const walk: Walk = { node: claim.size1 - 1, last: claim.size2 - 1 };
  while (walk.node % 2 === 1) moveUp(walk);
  // A smaller tree that is perfect is itself the first node.
  const path = walk.node === 0 ? [claim.root1, ...claim.path] : claim.path;
  const first = path[0];
  if (first === undefined) return undefined;
  let root1 = first;
  let root2 = first;
  for (const hash of path.slice(1)) {
    if (walk.last === 0) return undefined;
    if (walk.node % 2 === 1 || walk.node === walk.last) {
      root1 = nodeHash(hash, root1);
      root2 = nodeHash(hash, root2);
      while (walk.node % 2 === 0 && walk.node !== 0) moveUp(walk);
    } else {
      root2 = nodeHash(root2, hash);
    }
    moveUp(walk);
  }
  return walk.last === 0 ? { root1, root2 } : undefined;
}

/** Total: a malformed claim is false. The empty tree (size1 = 0) is the beginning of every tree, by an empty path. */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { size1, size2, path } = claim;
  if (!isCheckedInteger(size1) || !isCheckedInteger(size2) || size1 > size2) return false;
  if (![claim.root1, claim.root2, ...path].every((hash) => hash.length === HASH_BYTES)) return false;
  if (size1 === size2) {
    const isEmptyRight = size1 > 0 || bytesEqual(claim.root1, EMPTY_TREE_ROOT);
    return path.length === 0 && isEmptyRight && bytesEqual(claim.root1, claim.root2);
  }
  if (size1 === 0) return path.length === 0 && bytesEqual(claim.root1, EMPTY_TREE_ROOT);
  const roots = rootsFromPath(claim);
  return roots !== undefined && bytesEqual(roots.root1, claim.root1) && bytesEqual(roots.root2, claim.root2);
}
