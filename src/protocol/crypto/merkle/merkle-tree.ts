/**
 * Root and inclusion proofs of an RFC 6962 tree whose leaf hashes are all at hand (section 2.1.1). Level by level:
 * pairs are hashed, an odd last node moves up unchanged, which gives the same tree as the recursive definition.
 */
import { invariant } from '../../primitives/invariant.js';
import { EMPTY_TREE_ROOT, nodeHash } from './merkle-hash.js';

function parentLevel(level: readonly Uint8Array[]): Uint8Array[] {
  const parents: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const left = level[index];
    const right = level[index + 1];
    if (left !== undefined) parents.push(right === undefined ? left : nodeHash(left, right));
  }
  return parents;
}

/** Root over leaf hashes in order; 32 bytes. */
export function merkleRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  let level = leafHashes;
  while (level.length > 1) level = parentLevel(level);
  return level[0] ?? EMPTY_TREE_ROOT;
}

/** Sibling hashes from the leaf's level up, without the leaf and the root; `0 ≤ index < leafHashes.length`. */
export function inclusionProof(leafHashes: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  invariant(
    Number.isInteger(index) && index >= 0 && index < leafHashes.length,
    `no leaf ${index} among ${leafHashes.length}`,
  );
  const path: Uint8Array[] = [];
  let level = leafHashes;
  let position = index;
  while (level.length > 1) {
    const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
    if (sibling !== undefined) path.push(sibling);
    level = parentLevel(level);
    position = Math.floor(position / 2);
  }
  return path;
}
