import { describe, expect, it } from '@jest/globals';
import type { ExecutedWrite } from '../../protocol/execution/executed-block.js';
import { compareBytes, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { stateKey, stateKeyDigest, type StateKey } from '../../protocol/state/state-key.js';
import { TouchedState, touchedKeys } from './touched-state.js';

const [first, second, neighbour] = ['a', 'b', 'c'].map((name) => stateKey('subject', name)) as [
  StateKey,
  StateKey,
  StateKey,
];
/** `first` and `neighbour` fall into bucket 1, everything else into bucket 2. */
const firstDigest = stateKeyDigest(first);
const neighbourDigest = stateKeyDigest(neighbour);
const tree = {
  bucketOf: (digest: Uint8Array) =>
    digest[0] === firstDigest[0] || digest[0] === neighbourDigest[0] ? 1 : 2,
};
const digest = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
const keys = touchedKeys([first, second], tree);
const rows = [
  { key: first, value: utf8ToBytes('value'), keyDigest: firstDigest, valueDigest: digest(1), bucket: 1 },
  { keyDigest: neighbourDigest, valueDigest: digest(2), bucket: 1 },
].sort((left, right) => compareBytes(left.keyDigest, right.keyDigest));

function writeOf(key: StateKey, value: string | undefined, seed = 9): ExecutedWrite {
  const keyDigest = stateKeyDigest(key);
  const bucket = tree.bucketOf(keyDigest);
  return value === undefined
    ? { key, keyDigest, bucket, value, valueDigest: undefined }
    : { key, keyDigest, bucket, value: utf8ToBytes(value), valueDigest: digest(seed) };
}

describe('touchedKeys', () => {
  it('names each declared key once', () => {
    expect(touchedKeys([first, second, first], tree)).toEqual([
      { key: first, keyDigest: firstDigest, bucket: 1 },
      { key: second, keyDigest: stateKeyDigest(second), bucket: 2 },
    ]);
  });
});

describe('TouchedState', () => {
  it('gives the values of the declared keys, and every leaf of their buckets', () => {
    const { view, leaves } = new TouchedState(keys, rows).stateOf(keys);
    expect(view.get(first)).toEqual(utf8ToBytes('value'));
    expect(view.get(second)).toBeUndefined();
    expect([...leaves]).toEqual([
      [1, rows.map(({ keyDigest, valueDigest }) => ({ keyDigest, valueDigest }))],
      [2, []],
    ]);
  });

  it('lets no block read what another one declared', () => {
    const { view, leaves } = new TouchedState(keys, rows).stateOf(keys.slice(0, 1));
    expect(() => view.get(second)).toThrow();
    expect(leaves.has(2)).toBe(false);
  });

  it('carries writes on: replaced, added, removed, and those of keys that nobody asked for', () => {
    const state = new TouchedState(keys, rows);
    const before = state.stateOf(keys);
    state.apply([writeOf(first, 'newer')]);
    state.apply([writeOf(second, 'new')]);
    state.apply([writeOf(neighbour, undefined)]);
    const { view, leaves } = state.stateOf(keys);
    expect([view.get(first), view.get(second)]).toEqual([utf8ToBytes('newer'), utf8ToBytes('new')]);
    expect([...leaves]).toEqual([
      [1, [{ keyDigest: firstDigest, valueDigest: digest(9) }]],
      [2, [{ keyDigest: stateKeyDigest(second), valueDigest: digest(9) }]],
    ]);
    expect(before.view.get(first)).toEqual(utf8ToBytes('value'));
    expect(before.leaves.get(2)).toEqual([]);
  });

  it('is not changed by writes that it holds already, nor by writes to other buckets', () => {
    const state = new TouchedState(keys.slice(0, 1), rows);
    state.apply([writeOf(first, 'newer')]);
    const once = state.stateOf(keys.slice(0, 1));
    state.apply([writeOf(first, 'newer')]);
    state.apply([writeOf(second, 'elsewhere')]);
    const twice = state.stateOf(keys.slice(0, 1));
    expect([...twice.leaves]).toEqual([...once.leaves]);
    expect(twice.view.get(first)).toEqual(once.view.get(first));
  });
});
