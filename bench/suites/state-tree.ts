/** Cost of the state tree at one million keys, in batches of one thousand updated keys as a block brings them. */
import { sha256 } from '../../src/protocol/crypto/sha256.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { compareBytes } from '../../src/protocol/primitives/bytes.js';
import { StateTree, type StateLeaf } from '../../src/protocol/state/state-tree.js';
import { median, percentile, round } from '../statistics.js';

const KEYS = 1_000_000;
const BATCH_KEYS = 1_000;
const ROUNDS = 40;

export interface StateTreeResult {
  readonly keys: number;
  readonly batchKeys: number;
  readonly rounds: number;
  readonly loadSeconds: number;
  readonly microsecondsPerKey: { readonly median: number; readonly p95: number };
}

export function measureStateTree(): StateTreeResult {
  const tree = new StateTree();
  const buckets = new Map<number, StateLeaf[]>();
  const digests: Uint8Array[] = [];
  const value = sha256(utf8ToBytes('value'));
  for (let index = 0; index < KEYS; index++) {
    const keyDigest = sha256(utf8ToBytes(`key ${index}`));
    digests.push(keyDigest);
    const bucket = tree.bucketOf(keyDigest);
    const leaves = buckets.get(bucket) ?? [];
    if (leaves.length === 0) buckets.set(bucket, leaves);
    leaves.push({ keyDigest, valueDigest: value });
  }
  for (const leaves of buckets.values())
    leaves.sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));
  const loadStart = performance.now();
  for (const [bucket, leaves] of buckets) tree.loadBucket(bucket, leaves);
  tree.finishLoading();
  const loadSeconds = (performance.now() - loadStart) / 1_000;

  const perKey: number[] = [];
  for (let roundNumber = 0; roundNumber < ROUNDS; roundNumber++) {
    const changed = new Map<number, readonly StateLeaf[]>();
    const newValue = sha256(utf8ToBytes(`value ${roundNumber}`));
    for (let step = 0; step < BATCH_KEYS; step++) {
      // A stride that is prime to the number of keys: every batch touches other buckets.
      const keyDigest = digests[(roundNumber * BATCH_KEYS * 7 + step * 7_919) % KEYS] ?? value;
      const bucket = tree.bucketOf(keyDigest);
      const leaves = (changed.get(bucket) ?? buckets.get(bucket) ?? []).map((leaf) =>
        leaf.keyDigest === keyDigest ? { keyDigest, valueDigest: newValue } : leaf,
      );
      changed.set(bucket, leaves);
    }
    const start = performance.now();
    tree.update(changed);
    perKey.push(((performance.now() - start) * 1_000) / BATCH_KEYS);
  }
  return {
    keys: KEYS,
    batchKeys: BATCH_KEYS,
    rounds: ROUNDS,
    loadSeconds: round(loadSeconds, 2),
    microsecondsPerKey: { median: round(median(perKey)), p95: round(percentile(perKey, 95)) },
  };
}
