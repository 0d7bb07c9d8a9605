/** Carries a block's writes into the state tree: what each touched bucket holds afterwards, and the new root. */
import { bytesToHex, compareBytes } from '../primitives/bytes.js';
import type { Digest } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateValueDigest } from '../state/state-key.js';
import type { ReplacedNodes } from '../state/replaced-nodes.js';
import type { StateLeaf, StateTree } from '../state/state-tree.js';
import type { StateWrite } from '../state/write-set.js';
import type { ExecutedWrite } from './executed-block.js';

/** Merges two lists that ascend by key digest; a write replaces, adds or (without value) removes its leaf. */
export function mergeLeaves(
  before: readonly StateLeaf[],
  writes: readonly ExecutedWrite[],
): readonly StateLeaf[] {
  const merged: StateLeaf[] = [];
  let next = 0;
  for (const { keyDigest, valueDigest } of writes) {
    for (let leaf = before[next]; leaf !== undefined; leaf = before[next]) {
      const order = compareBytes(leaf.keyDigest, keyDigest);
      if (order > 0) break;
      next++;
      if (order === 0) break;
      merged.push(leaf);
    }
    if (valueDigest !== undefined) merged.push({ keyDigest, valueDigest });
  }
  for (let leaf = before[next]; leaf !== undefined; leaf = before[++next]) merged.push(leaf);
  return merged;
}

/**
 * Updates the tree. `bucketLeaves` holds the content before the block of every bucket that a write falls into,
 * ascending by key digest.
 */
export function commitWrites(
  stateWrites: readonly StateWrite[],
  stateTree: StateTree,
  bucketLeaves: ReadonlyMap<number, readonly StateLeaf[]>,
  replaced?: ReplacedNodes,
): { readonly writes: readonly ExecutedWrite[]; readonly stateRoot: Digest } {
  const byBucket = new Map<number, ExecutedWrite[]>();
  const writes = stateWrites.map(({ key, keyDigest, value }): ExecutedWrite => {
    const bucket = stateTree.bucketOf(keyDigest);
    const valueDigest = value === undefined ? undefined : stateValueDigest(value);
    const write = { key, keyDigest, value, valueDigest, bucket };
    const others = byBucket.get(bucket);
    if (others === undefined) byBucket.set(bucket, [write]);
    else others.push(write);
    return write;
  });
  const buckets = new Map<number, readonly StateLeaf[]>();
  for (const [bucket, bucketWrites] of byBucket) {
    const before = bucketLeaves.get(bucket);
    invariant(before !== undefined, `bucket ${bucket} of the state tree is written but was not read`);
    buckets.set(bucket, mergeLeaves(before, bucketWrites));
  }
  return { writes, stateRoot: bytesToHex(stateTree.update(buckets, replaced)) as Digest };
}
