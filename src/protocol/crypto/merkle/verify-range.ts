/**
 * Checks that leaves stand side by side in an RFC 6962 tree. The proof is the roots of the largest subtrees beside them,
 * from left to right: place and size say how many these are, so that exactly one list of hashes proves a range.
 */
import { bytesEqual } from '../../primitives/bytes.js';
import { isCheckedInteger } from '../../primitives/checked-integers.js';
import { HASH_BYTES, nodeHash } from './merkle-hash.js';

export interface RangeClaim {
  /** RFC 6962 leaf hashes, one at least. */
  readonly leafHashes: readonly Uint8Array[];
  /** Position of the first of them. */
  readonly from: number;
  /** Number of leaves of the tree. */
  readonly size: number;
  /** Roots of the subtrees beside them, left to right. */
  readonly path: readonly Uint8Array[];
}

/** Largest power of two below `count`, which is 2 or more. */
function widthOf(count: number): number {
  let width = 1;
  while (2 * width < count) width *= 2;
  return width;
}

/** Root that leaves and path give; `undefined` when the path has not the length that place and size demand. */
export function rootFromRange(claim: RangeClaim): Uint8Array | undefined {
  const { leafHashes, from, size, path } = claim;
  const to = from + leafHashes.length;
  if (![from, to, size].every(isCheckedInteger) || from >= to || to > size) return undefined;
  if (![...leafHashes, ...path].every((hash) => hash.length === HASH_BYTES)) return undefined;
  let used = 0;
  const hashOf = (begin: number, end: number): Uint8Array | undefined => {
    if (end <= from || begin >= to) return path[used++];
    if (end - begin === 1) return leafHashes[begin - from];
    const middle = begin + widthOf(end - begin);
    const left = hashOf(begin, middle);
    const right = left && hashOf(middle, end);
    return left && right && nodeHash(left, right);
  };
  const root = hashOf(0, size);
  return used === path.length ? root : undefined;
}

export function verifyRange(claim: RangeClaim & { readonly root: Uint8Array }): boolean {
  const root = rootFromRange(claim);
  return root !== undefined && bytesEqual(root, claim.root);
}
