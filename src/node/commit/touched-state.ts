/**
 * The part of the state that a few blocks in a row touch: read once, and carried on from block to block, because what
 * they write is in the database only later.
 */
import { mergeLeaves } from '../../protocol/execution/commit-writes.js';
import type { ExecutedWrite } from '../../protocol/execution/executed-block.js';
import { PrefetchedState, type StateView } from '../../protocol/state/state-view.js';
import { stateKeyDigest, type StateKey } from '../../protocol/state/state-key.js';
import type { StateLeaf, StateTree } from '../../protocol/state/state-tree.js';
import type { StateRow } from '../ports.js';

export interface TouchedKey {
  readonly key: StateKey;
  readonly keyDigest: Uint8Array;
  readonly bucket: number;
}

/** What the execution of one block may see. */
export interface BlockState {
  /** The declared keys and no others. */
  readonly view: StateView;
  /** Content of every bucket that a declared key falls into, ascending by key digest; empty where it has none. */
  readonly leaves: ReadonlyMap<number, readonly StateLeaf[]>;
}

/** Each declared key once. */
export function touchedKeys(
  declared: Iterable<StateKey>,
  tree: Pick<StateTree, 'bucketOf'>,
): readonly TouchedKey[] {
  return [...new Set(declared)].map((key) => {
    const keyDigest = stateKeyDigest(key);
    return { key, keyDigest, bucket: tree.bucketOf(keyDigest) };
  });
}

export class TouchedState {
  private readonly values = new Map<StateKey, Uint8Array | undefined>();
  private readonly leaves = new Map<number, readonly StateLeaf[]>();

  /** `rows` is what the store has answered for `keys`. */
  constructor(keys: readonly TouchedKey[], rows: readonly StateRow[]) {
    const leaves = new Map<number, StateLeaf[]>();
    for (const { key, bucket } of keys) {
      this.values.set(key, undefined);
      leaves.set(bucket, []);
    }
    for (const { key, value, bucket, keyDigest, valueDigest } of rows) {
      if (key !== undefined) this.values.set(key, value);
      leaves.get(bucket)?.push({ keyDigest, valueDigest });
    }
    this.leaves = leaves;
  }

  /** Carries a block's writes in, ascending by key digest; rows that hold them already stay as they are. */
  apply(writes: readonly ExecutedWrite[]): void {
    const byBucket = new Map<number, ExecutedWrite[]>();
    for (const write of writes) {
      if (this.values.has(write.key)) this.values.set(write.key, write.value);
      if (!this.leaves.has(write.bucket)) continue;
      const others = byBucket.get(write.bucket);
      if (others === undefined) byBucket.set(write.bucket, [write]);
      else others.push(write);
    }
    for (const [bucket, bucketWrites] of byBucket)
      this.leaves.set(bucket, mergeLeaves(this.leaves.get(bucket) ?? [], bucketWrites));
  }

  /** State for a block that has declared `keys`, all of them among those of the constructor. */
  stateOf(keys: readonly TouchedKey[]): BlockState {
    return {
      view: new PrefetchedState(keys.map(({ key }) => [key, this.values.get(key)])),
      leaves: new Map(keys.map(({ bucket }) => [bucket, this.leaves.get(bucket) ?? []])),
    };
  }
}
