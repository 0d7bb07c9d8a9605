/**
 * Checks that a leaf is in an RFC 6962 tree (RFC 9162 section 2.1.3.2). Arithmetic on numbers, not on 32-bit
 * integers: sizes go up to 2^53 − 1. Total: anything malformed is simply not included.
 */
import { bytesEqual } from '../../primitives/bytes.js';
import { isCheckedInteger } from '../../primitives/checked-integers.js';
import { HASH_BYTES, nodeHash } from './merkle-hash.js';

export interface InclusionClaim {
  /** RFC 6962 leaf hash, 32 bytes. */
  readonly leafHash: Uint8Array;
  readonly index: number;
  /** Number of leaves of the tree. */
  readonly size: number;
  /** Sibling hashes from the leaf up. */
  readonly path: readonly Uint8Array[];
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES;
}

/** Root that the path leads to; `undefined` when the path has not the length that index and size demand. */
export function rootFromInclusion(claim: InclusionClaim): Uint8Array | undefined {
  const { index, size, path } = claim;
  if (!isCheckedInteger(index) || !isCheckedInteger(size) || index >= size) return undefined;
  if (!isHash(claim.leafHash) || !path.every(isHash)) return undefined;
  let position = index;
  let last = size - 1;
  let hash = claim.leafHash;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      // An odd last node has moved up unchanged to the first level where it is a right child.
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}

export function verifyInclusion(claim: InclusionClaim & { readonly root: Uint8Array }): boolean {
  const root = rootFromInclusion(claim);
  return root !== undefined && bytesEqual(root, claim.root);
}
