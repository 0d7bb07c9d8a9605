import { describe, expect, test } from '@jest/globals';
import { bytesToHex, hexToBytes } from '../../src/protocol/primitives/bytes.js';
import { StateTree, type StateLeaf } from '../../src/protocol/state/state-tree.js';
import { readVectors } from '../support/vector-files.js';

interface StateTreeCases {
  readonly cases: readonly {
    name: string;
    leaves: readonly { keyDigest: string; valueDigest: string }[];
    root: string;
  }[];
}

const { cases } = readVectors<StateTreeCases>('state-tree');

describe.each([0, 1, 4, 9])('state tree of %i bucket bits, known answers', (bucketBits) => {
  test.each(cases)('$name', ({ leaves, root }) => {
    const tree = new StateTree(bucketBits);
    const buckets = new Map<number, StateLeaf[]>();
    for (const { keyDigest, valueDigest } of leaves) {
      const leaf = { keyDigest: hexToBytes(keyDigest), valueDigest: hexToBytes(valueDigest) };
      const bucket = tree.bucketOf(leaf.keyDigest);
      buckets.set(bucket, [...(buckets.get(bucket) ?? []), leaf]);
    }
    expect(bytesToHex(tree.update(buckets))).toBe(root);
  });
});
