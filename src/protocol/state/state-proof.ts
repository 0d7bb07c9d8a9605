/**
 * Proof that a key has a value, or has none, under a state root (STATE-4). The path goes from the root down
 * until it meets the key's leaf, another leaf that shares the path, or an empty subtree.
 */
import { bytesEqual } from '../primitives/bytes.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { invariant } from '../primitives/invariant.js';
import {
  EMPTY_SUBTREE,
  pathBit,
  sharedPathBits,
  splitAt,
  stateInnerHash,
  stateLeafHash,
  STATE_HASH_BYTES,
  STATE_PATH_BITS,
  subtreeHash,
  type StateLeaf,
} from './state-hash.js';
import type { StateTreeView } from './state-tree-view.js';

export interface StateProof {
  /** The other child at each step from the root down. */
  readonly siblings: readonly Uint8Array[];
  /** Where the path ends: the key's leaf, another leaf, or (undefined) an empty subtree. */
  readonly end: StateLeaf | undefined;
}

/** What a proof shows: the digest of the key's value, `undefined` when the key has none. */
export interface ProvenState {
  readonly valueDigest: Uint8Array | undefined;
}

/** Node of the top levels where the path to `keyDigest` leaves them or ends, and the siblings on the way. */
function walkTop(tree: StateTreeView, keyDigest: Uint8Array): { node: number; siblings: Uint8Array[] } {
  const siblings: Uint8Array[] = [];
  let node = 1;
  while (node < tree.bucketCount && tree.occupancyOf(node) === 2) {
    const child = 2 * node + pathBit(keyDigest, siblings.length);
    siblings.push(tree.nodeHash(child % 2 === 0 ? child + 1 : child - 1).slice());
    node = child;
  }
  return { node, siblings };
}

/** Bucket whose leaves `proveState` needs; not always the key's own, when its path ends early in another leaf. */
export function bucketForProof(tree: StateTreeView, keyDigest: Uint8Array): number {
  let { node } = walkTop(tree, keyDigest);
  while (node < tree.bucketCount) node = 2 * node + (tree.occupancyOf(2 * node) > 0 ? 0 : 1);
  return node - tree.bucketCount;
}

/** `bucketLeaves`: the leaves of `bucketForProof(tree, keyDigest)`, ascending by key digest. */
export function proveState(
  tree: StateTreeView,
  bucketLeaves: readonly StateLeaf[],
  keyDigest: Uint8Array,
): StateProof {
  const { node, siblings } = walkTop(tree, keyDigest);
  if (tree.occupancyOf(node) === 0) return { siblings, end: undefined };
  let from = 0;
  let to = bucketLeaves.length;
  while (to - from > 1) {
    const depth = siblings.length;
    const split = splitAt(bucketLeaves, from, to, depth);
    if (pathBit(keyDigest, depth) === 0) {
      siblings.push(subtreeHash(bucketLeaves, split, to, depth + 1));
      to = split;
    } else {
      siblings.push(subtreeHash(bucketLeaves, from, split, depth + 1));
      from = split;
    }
  }
  const end = from < to ? bucketLeaves[from] : undefined;
  invariant(
    end !== undefined || node >= tree.bucketCount,
    'the leaves handed in are not those of the proof’s bucket',
  );
  return { siblings, end };
}

function checkForm(keyDigest: Uint8Array, proof: StateProof): string | undefined {
  const { siblings, end } = proof;
  const hashes = end === undefined ? siblings : [...siblings, end.keyDigest, end.valueDigest];
  if (keyDigest.length !== STATE_HASH_BYTES || hashes.some((hash) => hash.length !== STATE_HASH_BYTES)) {
    return 'every hash of a state proof has 32 bytes';
  }
  if (siblings.length > STATE_PATH_BITS)
    return `a path has ${STATE_PATH_BITS} steps at most, not ${siblings.length}`;
  if (end !== undefined && sharedPathBits(end.keyDigest, keyDigest) < siblings.length) {
    return 'the leaf at the end of the path does not share the path of the key';
  }
  const deepest = siblings.at(-1);
  if (deepest !== undefined && bytesEqual(deepest, EMPTY_SUBTREE)) {
    return 'the last step stands beside an empty subtree, which the tree would have collapsed';
  }
  return undefined;
}

/** Gives the value's digest, or the absence, that the proof shows under `root`; PROOF_INVALID otherwise. */
export function verifyStateProof(
  root: Uint8Array,
  keyDigest: Uint8Array,
  proof: StateProof,
): Result<ProvenState> {
  const { siblings, end } = proof;
  const fault = checkForm(keyDigest, proof);
  if (fault !== undefined) return reject('PROOF_INVALID', fault, 'stateProof');
  let hash = end === undefined ? EMPTY_SUBTREE : stateLeafHash(end);
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] ?? EMPTY_SUBTREE;
    hash = pathBit(keyDigest, depth) === 0 ? stateInnerHash(hash, sibling) : stateInnerHash(sibling, hash);
  }
  if (!bytesEqual(hash, root))
    return reject('PROOF_INVALID', 'the state proof leads to another root', 'stateProof');
  const isPresent = end !== undefined && bytesEqual(end.keyDigest, keyDigest);
  return accept({ valueDigest: isPresent ? end.valueDigest : undefined });
}
