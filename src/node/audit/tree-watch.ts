/**
 * What blocks have written into the state tree that a read of the database may not have seen yet. With it a bucket that was read
 * a moment ago can be held against the tree as it is now, although blocks are executed and saved all the time.
 */
import { mergeLeaves } from '../../protocol/execution/commit-writes.js';
import type { ExecutedBlock, ExecutedWrite } from '../../protocol/execution/executed-block.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { StateLeaf } from '../../protocol/state/state-tree.js';

/** While a read is open; beyond it the read is of no use, and is made again. */
const HELD_WRITES_MAX = 100_000;

interface HeightWrites {
  readonly height: Height;
  readonly writes: readonly ExecutedWrite[];
}

export class TreeWatch {
  private held: HeightWrites[] = [];
  private heldWrites = 0;
  private durableHeight: Height = 0;
  private openReads = 0;
  /** Writes above the durable height were let go: reads that are open now cannot be completed. */
  private overflows = 0;

  /** The tree has been brought to the block's root, in the same turn. */
  onTreeChanged({ block, writes }: Pick<ExecutedBlock, 'block' | 'writes'>): void {
    this.held.push({ height: block.header.height, writes });
    this.heldWrites += writes.length;
    if (this.openReads === 0 || this.heldWrites <= HELD_WRITES_MAX) return;
    this.overflows++;
    this.letGo();
  }

  onDurable(height: Height): void {
    this.durableHeight = height;
    if (this.openReads === 0) this.letGo();
  }

  /** To be called before the read begins, and `close` after its rows were compared. */
  open(): TreeRead {
    this.openReads++;
    return new TreeRead(this, this.overflows);
  }

  /** Writes above the head of a read, oldest first; `undefined` when they are not all held any more. */
  writesAbove(height: Height, overflows: number): readonly HeightWrites[] | undefined {
    if (overflows !== this.overflows) return undefined;
    return this.held.filter((each) => each.height > height);
  }

  close(): void {
    this.openReads--;
    if (this.openReads === 0) this.letGo();
  }

  private letGo(): void {
    this.held = this.held.filter(({ height }) => height > this.durableHeight);
    this.heldWrites = this.held.reduce((sum, { writes }) => sum + writes.length, 0);
  }
}

/** One read of buckets, from before it began. */
export class TreeRead {
  constructor(
    private readonly watch: TreeWatch,
    private readonly overflows: number,
  ) {}

  /**
   * Carries into the leaves of the buckets [from, to), read at `height`, what blocks above have written: what the tree holds at
   * this moment. A bucket that is not in the map is empty. `undefined` when that is not known any more.
   */
  carryOn(
    height: Height,
    { from, to }: { readonly from: number; readonly to: number },
    buckets: ReadonlyMap<number, readonly StateLeaf[]>,
  ): ReadonlyMap<number, readonly StateLeaf[]> | undefined {
    const later = this.watch.writesAbove(height, this.overflows);
    if (later === undefined) return undefined;
    const carried = new Map(buckets);
    for (const { writes } of later) {
      const byBucket = new Map<number, ExecutedWrite[]>();
      for (const write of writes) {
        if (write.bucket < from || write.bucket >= to) continue;
        const others = byBucket.get(write.bucket);
        if (others === undefined) byBucket.set(write.bucket, [write]);
        else others.push(write);
      }
      for (const [bucket, own] of byBucket) carried.set(bucket, mergeLeaves(carried.get(bucket) ?? [], own));
    }
    return carried;
  }

  close(): void {
    this.watch.close();
  }
}
