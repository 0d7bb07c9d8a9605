/**
 * What one executed block has replaced in the state: nodes of the tree, the leaves of every bucket it wrote to, the value of
 * every key it wrote. Copied, since what execution reads with are views of much larger answers of the database.
 */
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { ReplacedNodes } from '../../protocol/state/replaced-nodes.js';
import type { StateKey } from '../../protocol/state/state-key.js';
import type { StateLeaf } from '../../protocol/state/state-tree.js';
import type { BlockState } from '../commit/touched-state.js';

const DIGEST_BYTES = 32;
const LEAF_BYTES = 2 * DIGEST_BYTES;
/** What an entry of a map takes besides its key, about. */
const ENTRY_BYTES = 60;

/** Pieces of bytes in one buffer: thousands of small arrays would cost more than what is in them. */
class Pieces {
  private readonly packed: Uint8Array;
  private readonly ends: Uint32Array;
  private count = 0;
  private written = 0;

  constructor(bytes: number, pieces: number) {
    this.packed = new Uint8Array(bytes);
    this.ends = new Uint32Array(pieces);
  }

  append(part: Uint8Array): void {
    this.packed.set(part, this.written);
    this.written += part.length;
  }

  /** What was appended since the piece before is one; gives its number. */
  close(): number {
    this.ends[this.count] = this.written;
    return this.count++;
  }

  piece(number: number): Uint8Array {
    return this.packed.subarray(number === 0 ? 0 : this.ends[number - 1], this.ends[number]);
  }
}

function unpackLeaves(packed: Uint8Array): readonly StateLeaf[] {
  return Array.from({ length: packed.length / LEAF_BYTES }, (_, index) => {
    const middle = index * LEAF_BYTES + DIGEST_BYTES;
    return {
      keyDigest: packed.subarray(middle - DIGEST_BYTES, middle),
      valueDigest: packed.subarray(middle, middle + DIGEST_BYTES),
    };
  });
}

interface Sizes {
  readonly keyBytes: number;
  readonly buckets: number;
  readonly leafBytes: number;
  readonly valueBytes: number;
}

function sizesOf({ writes }: Pick<ExecutedBlock, 'writes'>, before: BlockState): Sizes {
  const buckets = new Set<number>();
  let keyBytes = 0;
  let leafBytes = 0;
  let valueBytes = 0;
  for (const { key, bucket } of writes) {
    keyBytes += key.length;
    valueBytes += before.view.get(key)?.length ?? 0;
    if (buckets.has(bucket)) continue;
    buckets.add(bucket);
    leafBytes += (before.leaves.get(bucket)?.length ?? 0) * LEAF_BYTES;
  }
  return { buckets: buckets.size, keyBytes, leafBytes, valueBytes };
}

export class ReplacedState {
  /** Number of each bucket's piece. */
  private readonly buckets = new Map<number, number>();
  private readonly leaves: Pieces;
  /** Number of each written key's piece; -1 where it had no value. */
  private readonly keys = new Map<StateKey, number>();
  private readonly values: Pieces;

  private constructor(
    readonly height: Height,
    /** What all of it takes, about. */
    readonly bytes: number,
    executed: Pick<ExecutedBlock, 'writes'>,
    before: BlockState,
    private readonly nodes: ReplacedNodes,
    sizes: Sizes,
  ) {
    this.leaves = new Pieces(sizes.leafBytes, sizes.buckets);
    this.values = new Pieces(sizes.valueBytes, executed.writes.length);
    for (const { key, bucket } of executed.writes) {
      const value = before.view.get(key);
      if (value !== undefined) this.values.append(value);
      this.keys.set(key, value === undefined ? -1 : this.values.close());
      if (this.buckets.has(bucket)) continue;
      for (const { keyDigest, valueDigest } of before.leaves.get(bucket) ?? []) {
        this.leaves.append(keyDigest);
        this.leaves.append(valueDigest);
      }
      this.buckets.set(bucket, this.leaves.close());
    }
  }

  /** `before` is what the block was executed on. `undefined`, and nothing copied, when it would take more than `bytesMax`. */
  static of(
    height: Height,
    executed: Pick<ExecutedBlock, 'writes'>,
    before: BlockState,
    nodes: ReplacedNodes,
    bytesMax: number,
  ): ReplacedState | undefined {
    const sizes = sizesOf(executed, before);
    const entries = executed.writes.length + sizes.buckets;
    const { keyBytes, leafBytes, valueBytes } = sizes;
    const bytes = nodes.bytes + keyBytes + leafBytes + valueBytes + entries * ENTRY_BYTES;
    return bytes > bytesMax ? undefined : new ReplacedState(height, bytes, executed, before, nodes, sizes);
  }

  /** `undefined` when the block left it as it was. */
  nodeBefore(node: number): ReturnType<ReplacedNodes['find']> {
    return this.nodes.find(node);
  }

  /** Leaves of a bucket before the block, ascending; `undefined` when it wrote nothing there. */
  leavesBefore(bucket: number): readonly StateLeaf[] | undefined {
    const number = this.buckets.get(bucket);
    return number === undefined ? undefined : unpackLeaves(this.leaves.piece(number));
  }

  /** Whether the block wrote the key. */
  wrote(key: StateKey): boolean {
    return this.keys.has(key);
  }

  /** Value of a written key before the block. */
  valueBefore(key: StateKey): Uint8Array | undefined {
    const number = this.keys.get(key) ?? -1;
    return number < 0 ? undefined : this.values.piece(number);
  }
}
