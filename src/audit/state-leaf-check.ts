/** One row of the state against itself: what it is found by must be what it holds. */
import { sha256 } from '../protocol/crypto/sha256.js';
import { bytesEqual, bytesToHex } from '../protocol/primitives/bytes.js';
import { stateBucketOf, type StateLeaf } from '../protocol/state/state-tree.js';
import type { Finding } from './finding.js';
import { stateEntryName } from './state-entry-name.js';
import type { StoredLeaf } from './stored-rows.js';

/** What is wrong with the row alone; `undefined` does not say that it belongs here. */
export function findLeafFault(leaf: StoredLeaf): Finding | undefined {
  const { bucket, keyDigest, key, valueDigest, digestOfValue } = leaf;
  const fault = (problem: string, expected: string, found: string): Finding => ({
    table: 'state',
    row: { bucket, key_digest: bytesToHex(keyDigest), key: stateEntryName(key) },
    heights: [],
    problem,
    expected,
    found,
  });
  const digest = sha256(key);
  if (!bytesEqual(digest, keyDigest))
    return fault('the key is not the one with the digest', bytesToHex(keyDigest), bytesToHex(digest));
  if (stateBucketOf(keyDigest) !== bucket)
    return fault('it is in another bucket than its own', `${stateBucketOf(keyDigest)}`, `${bucket}`);
  if (!bytesEqual(valueDigest, digestOfValue))
    return fault(
      'the value is not the one with the digest',
      bytesToHex(valueDigest),
      bytesToHex(digestOfValue),
    );
  return undefined;
}

/** The leaf that the row is in the state tree: of the value that is there, whatever the column says. */
export function leafOf({ keyDigest, digestOfValue }: StoredLeaf): StateLeaf {
  return { keyDigest, valueDigest: digestOfValue };
}

/** True for a row that can stand in the tree where it lies. */
export function isInItsBucket({ bucket, keyDigest }: Pick<StoredLeaf, 'bucket' | 'keyDigest'>): boolean {
  return stateBucketOf(keyDigest) === bucket;
}
