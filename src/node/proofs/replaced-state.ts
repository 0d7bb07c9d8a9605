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
/** What a map and its entries take besides their content, about. */
const ENTRY_BYTES = 100;

function packLeaves(leaves: readonly StateLeaf[]): Uint8Array {
  const packed = new Uint8Array(leaves.length * LEAF_BYTES);
  let start = 0;
  for (const { keyDigest, valueDigest } of leaves) {
    packed.set(keyDigest, start);
    packed.set(valueDigest, start + DIGEST_BYTES);
    start += LEAF_BYTES;
  }
  return packed;
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

/** Bytes that the leaves before the block will take. */
export function replacedLeafBytes(executed: Pick<ExecutedBlock, 'writes'>, before: BlockState): number {
  let bytes = 0;
  for (const bucket of new Set(executed.writes.map((write) => write.bucket)))
    bytes += (before.leaves.get(bucket)?.length ?? 0) * LEAF_BYTES;
  return bytes;
}

export class ReplacedState {
  readonly bytes: number;
  private readonly leaves = new Map<number, Uint8Array>();
  private readonly values = new Map<StateKey, Uint8Array | undefined>();

  /** `before` is what the block was executed on. */
  constructor(
    readonly height: Height,
    executed: Pick<ExecutedBlock, 'writes'>,
    before: BlockState,
    private readonly nodes: ReplacedNodes,
  ) {
    let bytes = nodes.bytes;
    for (const { key, bucket } of executed.writes) {
      const value = before.view.get(key)?.slice();
      this.values.set(key, value);
      bytes += key.length + (value?.length ?? 0) + ENTRY_BYTES;
      if (this.leaves.has(bucket)) continue;
      const packed = packLeaves(before.leaves.get(bucket) ?? []);
      this.leaves.set(bucket, packed);
      bytes += packed.length + ENTRY_BYTES;
    }
    this.bytes = bytes;
  }

  /** `undefined` when the block left it as it was. */
  nodeBefore(node: number): ReturnType<ReplacedNodes['find']> {
    return this.nodes.find(node);
  }

  /** Leaves of a bucket before the block, ascending; `undefined` when it wrote nothing there. */
  leavesBefore(bucket: number): readonly StateLeaf[] | undefined {
    const packed = this.leaves.get(bucket);
    return packed && unpackLeaves(packed);
  }

  /** Whether the block wrote the key. */
  wrote(key: StateKey): boolean {
    return this.values.has(key);
  }

  /** Value of a written key before the block. */
  valueBefore(key: StateKey): Uint8Array | undefined {
    return this.values.get(key);
  }
}
