/** The part of the state that one block touches: its declared keys, and all leaves of the buckets that they fall into. */
import { PrefetchedState, type StateView } from '../../protocol/state/state-view.js';
import { stateKeyDigest, type StateKey } from '../../protocol/state/state-key.js';
import type { StateLeaf, StateTree } from '../../protocol/state/state-tree.js';
import type { StateRow } from '../ports.js';

export interface TouchedKey {
  readonly key: StateKey;
  readonly keyDigest: Uint8Array;
  readonly bucket: number;
}

export interface TouchedState {
  readonly view: StateView;
  /** Content of every touched bucket before the block, ascending by key digest; empty where it has none. */
  readonly leaves: ReadonlyMap<number, readonly StateLeaf[]>;
}

export interface TouchedBuckets {
  readonly keys: readonly TouchedKey[];
  /** Puts together what the store answered for `keys`. */
  read(rows: readonly StateRow[]): TouchedState;
}

export function touchedBuckets(
  declared: Iterable<StateKey>,
  tree: Pick<StateTree, 'bucketOf'>,
): TouchedBuckets {
  const keys: TouchedKey[] = [];
  for (const key of new Set(declared)) {
    const keyDigest = stateKeyDigest(key);
    keys.push({ key, keyDigest, bucket: tree.bucketOf(keyDigest) });
  }
  return {
    keys,
    read(rows) {
      const values = new Map<StateKey, Uint8Array | undefined>();
      const leaves = new Map<number, StateLeaf[]>();
      for (const { key, bucket } of keys) {
        values.set(key, undefined);
        leaves.set(bucket, []);
      }
      for (const row of rows) {
        if (row.key !== undefined) values.set(row.key, row.value);
        leaves.get(row.bucket)?.push({ keyDigest: row.keyDigest, valueDigest: row.valueDigest });
      }
      return { view: new PrefetchedState(values), leaves };
    },
  };
}
