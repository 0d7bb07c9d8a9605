/**
 * The state root, kept up to date block by block. The top `bucketBits` levels lie in one buffer as a perfect binary
 * tree (18 bits: 16 MiB whatever the number of keys); the leaves below them are handed in for the touched buckets
 * only, read with the block's other state. Hashes: state-hash.ts.
 */
import { compareBytes } from '../primitives/bytes.js';
import { invariant } from '../primitives/invariant.js';
import type { CopiedNodes, ReplacedNodes } from './replaced-nodes.js';
import type { StateTreeView } from './state-tree-view.js';
import { stateNodeHash, STATE_HASH_BYTES, subtreeHash, type StateLeaf } from './state-hash.js';

export type { StateLeaf } from './state-hash.js';

export const DEFAULT_BUCKET_BITS = 18;
const BUCKET_BITS_MAX = 24;
const WORDS_PER_HASH = STATE_HASH_BYTES / 4;

/** Leaves under a node, as far as the form of its hash depends on it: 0, 1, or 2 for more. */
type Occupancy = 0 | 1 | 2;

function occupancyOf(count: number): Occupancy {
  return count === 0 ? 0 : count === 1 ? 1 : 2;
}

/** Number of the bucket of a key: the first `bucketBits` bits of its digest. */
export function stateBucketOf(keyDigest: Uint8Array, bucketBits: number = DEFAULT_BUCKET_BITS): number {
  const leading = ((keyDigest[0] ?? 0) << 16) | ((keyDigest[1] ?? 0) << 8) | (keyDigest[2] ?? 0);
  return leading >>> (BUCKET_BITS_MAX - bucketBits);
}

/** Each parent of the ascending nodes once, ascending, in the place of the nodes. */
function parentsOf(nodes: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  let parents = 0;
  let previous = 0;
  for (const node of nodes) {
    const parent = node >>> 1;
    if (parent === previous) continue;
    nodes[parents++] = parent;
    previous = parent;
  }
  return nodes.subarray(0, parents);
}

export class StateTree implements StateTreeView {
  readonly bucketBits: number;
  readonly bucketCount: number;
  /** Node i has the children 2i and 2i+1; the root is 1, bucket b is bucketCount + b. */
  private readonly hashes: Uint8Array;
  private readonly occupancy: Uint8Array;
  /** The same bytes as `hashes`. */
  private readonly words: Uint32Array;
  private loading = false;

  constructor(bucketBits: number = DEFAULT_BUCKET_BITS) {
    invariant(Number.isInteger(bucketBits) && bucketBits >= 0 && bucketBits <= BUCKET_BITS_MAX, 'bucketBits');
    this.bucketBits = bucketBits;
    this.bucketCount = 2 ** bucketBits;
    this.words = new Uint32Array(2 * this.bucketCount * WORDS_PER_HASH);
    this.hashes = new Uint8Array(this.words.buffer);
    this.occupancy = new Uint8Array(2 * this.bucketCount);
  }

  /** Number of the bucket of a key. */
  bucketOf(keyDigest: Uint8Array): number {
    return stateBucketOf(keyDigest, this.bucketBits);
  }

  /** Sets one bucket's content at start; `finishLoading` follows the last one. */
  loadBucket(bucket: number, leaves: readonly StateLeaf[]): void {
    this.loading = true;
    this.setBucket(bucket, leaves);
  }

  /** Computes every level above the buckets. */
  finishLoading(): void {
    for (let node = this.bucketCount - 1; node >= 1; node--) this.joinChildren(node);
    this.loading = false;
  }

  /** State root; a copy. */
  root(): Uint8Array {
    invariant(!this.loading, 'the state tree is still being loaded');
    return this.nodeHash(1).slice();
  }

  /**
   * New root after a block. The leaves of each touched bucket are its full new content, ascending by key digest; so
   * the same update may be repeated. One pass for each level, each parent hashed once. `replaced` takes up every node as it
   * was before.
   */
  update(buckets: ReadonlyMap<number, readonly StateLeaf[]>, replaced?: ReplacedNodes): Uint8Array {
    invariant(!this.loading, 'the state tree is still being loaded');
    const touched = Uint32Array.from(buckets.keys()).sort((left, right) => left - right);
    let level = touched.map((bucket) => this.bucketCount + bucket);
    replaced?.add(this.bucketBits, level, this);
    for (const bucket of touched) this.setBucket(bucket, buckets.get(bucket) ?? []);
    for (let depth = this.bucketBits; depth > 0; depth--) {
      level = parentsOf(level);
      replaced?.add(depth - 1, level, this);
      for (const node of level) this.joinChildren(node);
    }
    return this.root();
  }

  /** Hash of a node of the top levels; a view of the buffer, valid until the next update. */
  nodeHash(node: number): Uint8Array {
    return this.hashes.subarray(node * STATE_HASH_BYTES, (node + 1) * STATE_HASH_BYTES);
  }

  /** Word by word: each block copies thousands of nodes, and a view of each would cost more than its bytes. */
  copyNodes(nodes: Uint32Array): CopiedNodes {
    const { words, occupancy } = this;
    const copied = new Uint32Array(nodes.length * WORDS_PER_HASH);
    const occupancies = new Uint8Array(nodes.length);
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index] ?? 0;
      const from = node * WORDS_PER_HASH;
      const to = index * WORDS_PER_HASH;
      for (let word = 0; word < WORDS_PER_HASH; word++) copied[to + word] = words[from + word] ?? 0;
      occupancies[index] = occupancy[node] ?? 0;
    }
    return { hashes: new Uint8Array(copied.buffer), occupancies };
  }

  /** Leaves under a node of the top levels: 0, 1, or 2 for more. */
  occupancyOf(node: number): number {
    return this.occupancy[node] ?? 0;
  }

  private setBucket(bucket: number, leaves: readonly StateLeaf[]): void {
    invariant(bucket >= 0 && bucket < this.bucketCount, 'no such bucket');
    let previous: StateLeaf | undefined;
    for (const leaf of leaves) {
      invariant(
        this.bucketOf(leaf.keyDigest) === bucket,
        'a leaf was handed in for a bucket that is not its own',
      );
      invariant(
        previous === undefined || compareBytes(previous.keyDigest, leaf.keyDigest) < 0,
        'the leaves of a bucket are not ascending by key digest',
      );
      previous = leaf;
    }
    const node = this.bucketCount + bucket;
    this.hashes.set(subtreeHash(leaves, 0, leaves.length, this.bucketBits), node * STATE_HASH_BYTES);
    this.occupancy[node] = occupancyOf(leaves.length);
  }

  private joinChildren(node: number): void {
    const left = 2 * node;
    const leftCount = this.occupancyOf(left);
    const rightCount = this.occupancyOf(left + 1);
    this.occupancy[node] = occupancyOf(leftCount + rightCount);
    const start = node * STATE_HASH_BYTES;
    if (leftCount + rightCount > 1) {
      const children = this.hashes.subarray(left * STATE_HASH_BYTES, (left + 2) * STATE_HASH_BYTES);
      this.hashes.set(stateNodeHash(children), start);
      return;
    }
    // One leaf below keeps its own hash; without one, both children are zero.
    this.hashes.set(this.nodeHash(leftCount === 1 ? left : left + 1), start);
  }
}
