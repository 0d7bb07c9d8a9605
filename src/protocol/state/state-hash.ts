/**
 * Hashes of the state tree, a compact sparse Merkle tree over key digests (STATE-2): an empty subtree is 32 zero
 * bytes, a subtree with one leaf is H(0x02 ‖ key digest ‖ value digest) whatever its height, any other subtree is
 * H(0x03 ‖ left ‖ right).
 */
import { sha256 } from '../crypto/sha256.js';

export const STATE_HASH_BYTES = 32;
/** Length of a path: bits of a key digest. */
export const STATE_PATH_BITS = 256;

/** Never written to. */
export const EMPTY_SUBTREE: Uint8Array = new Uint8Array(STATE_HASH_BYTES);

export interface StateLeaf {
  /** SHA-256 of the key's bytes (state-key.ts). */
  readonly keyDigest: Uint8Array;
  /** SHA-256 of the value's bytes. */
  readonly valueDigest: Uint8Array;
}

const leafInput = new Uint8Array(1 + 2 * STATE_HASH_BYTES);
leafInput[0] = 2;
const innerInput = new Uint8Array(1 + 2 * STATE_HASH_BYTES);
innerInput[0] = 3;

export function stateLeafHash(leaf: StateLeaf): Uint8Array {
  leafInput.set(leaf.keyDigest, 1);
  leafInput.set(leaf.valueDigest, 1 + STATE_HASH_BYTES);
  return sha256(leafInput);
}

/** Hash of a subtree with two leaves or more. */
export function stateInnerHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  innerInput.set(left, 1);
  innerInput.set(right, 1 + STATE_HASH_BYTES);
  return sha256(innerInput);
}

/** The same for two children that lie side by side in 64 bytes. */
export function stateNodeHash(children: Uint8Array): Uint8Array {
  innerInput.set(children, 1);
  return sha256(innerInput);
}

/** Bit of the path at `depth`, the most significant bit of the first byte first: 0 is left, 1 is right. */
export function pathBit(keyDigest: Uint8Array, depth: number): number {
  return ((keyDigest[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1;
}

/** Number of leading bits that two key digests share, 256 when they are equal. */
export function sharedPathBits(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < STATE_HASH_BYTES; index++) {
    const difference = (left[index] ?? 0) ^ (right[index] ?? 0);
    if (difference !== 0) return 8 * index + Math.clz32(difference) - 24;
  }
  return STATE_PATH_BITS;
}

/** First position in `from..to` whose leaf goes right at `depth`; the leaves are sorted and share their first `depth` bits. */
export function splitAt(leaves: readonly StateLeaf[], from: number, to: number, depth: number): number {
  let split = from;
  for (let leaf = leaves[split]; split < to && leaf !== undefined; leaf = leaves[split]) {
    if (pathBit(leaf.keyDigest, depth) === 1) break;
    split++;
  }
  return split;
}

/** Root of the subtree at `depth` that holds exactly the sorted leaves `from..to`. */
export function subtreeHash(
  leaves: readonly StateLeaf[],
  from: number,
  to: number,
  depth: number,
): Uint8Array {
  const first = leaves[from];
  if (from >= to || first === undefined) return EMPTY_SUBTREE;
  if (to - from === 1) return stateLeafHash(first);
  const split = splitAt(leaves, from, to, depth);
  return stateInnerHash(
    subtreeHash(leaves, from, split, depth + 1),
    subtreeHash(leaves, split, to, depth + 1),
  );
}
