import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { stateKey, stateKeyDigest } from '../../protocol/state/state-key.js';
import { touchedBuckets } from './touched-buckets.js';

const [first, second, neighbour] = ['a', 'b', 'c'].map((name) => stateKey('subject', name)) as [
  ReturnType<typeof stateKey>,
  ReturnType<typeof stateKey>,
  ReturnType<typeof stateKey>,
];
/** `first` and `neighbour` fall into bucket 1, everything else into bucket 2. */
const firstDigest = stateKeyDigest(first);
const neighbourDigest = stateKeyDigest(neighbour);
const tree = {
  bucketOf: (digest: Uint8Array) =>
    digest[0] === firstDigest[0] || digest[0] === neighbourDigest[0] ? 1 : 2,
};
const digest = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);

describe('touchedBuckets', () => {
  it('asks for each declared key once', () => {
    const { keys } = touchedBuckets([first, second, first], tree);
    expect(keys).toEqual([
      { key: first, keyDigest: firstDigest, bucket: 1 },
      { key: second, keyDigest: stateKeyDigest(second), bucket: 2 },
    ]);
  });

  it('gives the values of the declared keys, and every leaf of their buckets', () => {
    const touched = touchedBuckets([first, second], tree);
    const { view, leaves } = touched.read([
      { key: first, value: utf8ToBytes('value'), keyDigest: firstDigest, valueDigest: digest(1), bucket: 1 },
      { keyDigest: neighbourDigest, valueDigest: digest(2), bucket: 1 },
    ]);
    expect(view.get(first)).toEqual(utf8ToBytes('value'));
    expect(view.get(second)).toBeUndefined();
    expect([...leaves]).toEqual([
      [
        1,
        [
          { keyDigest: firstDigest, valueDigest: digest(1) },
          { keyDigest: neighbourDigest, valueDigest: digest(2) },
        ],
      ],
      [2, []],
    ]);
  });

  it('lets nobody read what was not declared', () => {
    const { view } = touchedBuckets([first], tree).read([]);
    expect(() => view.get(second)).toThrow();
  });
});
