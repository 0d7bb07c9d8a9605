/**
 * The hashes of an RFC 6962 Merkle tree (section 2.1, kept by RFC 9162): leaf = H(0x00 ‖ data),
 * node = H(0x01 ‖ left ‖ right). The prefix keeps a node from passing for a leaf; nothing is ever duplicated.
 */
import { sha256 } from '../sha256.js';
import { invariant } from '../../primitives/invariant.js';

export const HASH_BYTES = 32;

const LEAF_PREFIX = Uint8Array.of(0);
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
nodeInput[0] = 1;

/** Root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_TREE_ROOT: Uint8Array = sha256(new Uint8Array(0));

export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(LEAF_PREFIX, data);
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  invariant(left.length === HASH_BYTES && right.length === HASH_BYTES, 'a tree hash has 32 bytes');
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}
