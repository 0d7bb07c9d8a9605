import { describe, expect, test } from '@jest/globals';
import { bytesToHex } from '../primitives/bytes.js';
import { sha256 } from '../crypto/sha256.js';
import { stateKey, stateKeyBytes, stateKeyDigest } from './state-key.js';
import { PrefetchedState } from './state-view.js';
import { WriteSet } from './write-set.js';

const [first, second, third] = ['one', 'two', 'three'].map((name) => stateKey('subject', name)) as [
  ReturnType<typeof stateKey>,
  ReturnType<typeof stateKey>,
  ReturnType<typeof stateKey>,
];
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe('state key', () => {
  test('is the kind and the parts with their lengths', () => {
    expect(stateKey('subject', 'ab', bytes(255))).toBe('06' + '00026162' + '0001ff');
    expect(stateKey('parameters')).toBe('01');
    expect(bytesToHex(stateKeyDigest(first))).toBe(bytesToHex(sha256(stateKeyBytes(first))));
  });

  test('parts do not run into each other', () => {
    const keys = [
      stateKey('identity', 'ab', 'c'),
      stateKey('identity', 'a', 'bc'),
      stateKey('identity', 'abc'),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  test('a part beyond 65,535 bytes is a broken invariant', () => {
    expect(() => stateKey('subject', 'x'.repeat(65_536))).toThrow('u16');
  });
});

describe('prefetched state', () => {
  const state = new PrefetchedState([
    [first, bytes(1)],
    [second, undefined],
  ]);

  test('gives declared keys, also absent ones', () => {
    expect(state.get(first)).toEqual(bytes(1));
    expect(state.get(second)).toBeUndefined();
  });

  test('a key that was not declared is a broken invariant, read or written', () => {
    expect(() => state.get(third)).toThrow('not declared');
    expect(() => new WriteSet(state).put(third, bytes(1))).toThrow('not declared');
    expect(() => new WriteSet(state).delete(third)).toThrow('not declared');
  });
});

describe('write set', () => {
  const base = (): WriteSet =>
    new WriteSet(
      new PrefetchedState([
        [first, bytes(1)],
        [second, bytes(2)],
        [third, undefined],
      ]),
    );

  test('is read through to the base and over it', () => {
    const writes = base();
    writes.put(first, bytes(9));
    writes.delete(second);
    expect([writes.get(first), writes.get(second), writes.get(third)]).toEqual([
      bytes(9),
      undefined,
      undefined,
    ]);
    expect(writes.size).toBe(2);
  });

  test('rollback returns to the checkpoint, writes before it stay', () => {
    const writes = base();
    writes.put(first, bytes(9));
    const mark = writes.checkpoint();
    writes.put(first, bytes(10));
    writes.put(third, bytes(3));
    const inner = writes.checkpoint();
    writes.delete(first);
    writes.delete(second);
    writes.rollback(inner);
    expect([writes.get(first), writes.get(second)]).toEqual([bytes(10), bytes(2)]);
    writes.rollback(mark);
    expect([writes.get(first), writes.get(second), writes.get(third)]).toEqual([
      bytes(9),
      bytes(2),
      undefined,
    ]);
    expect(writes.writes().map(({ key }) => key)).toEqual([first]);
    expect(() => writes.rollback(99)).toThrow('checkpoint');
  });

  test('the order of the writes is that of the key digests, whatever the order of writing', () => {
    const keys = Array.from({ length: 40 }, (_, index) => stateKey('subject', `subject ${index}`));
    const state = new PrefetchedState(keys.map((key) => [key, undefined] as const));
    const written = (order: readonly (typeof first)[]): readonly string[] => {
      const writes = new WriteSet(state);
      for (const key of order) writes.put(key, bytes(1));
      return writes.writes().map(({ keyDigest }) => bytesToHex(keyDigest));
    };
    const forwards = written(keys);
    expect(forwards).toEqual([...forwards].sort((left, right) => (left < right ? -1 : 1)));
    expect(written(keys.toReversed())).toEqual(forwards);
  });

  test('a write that changes nothing in the end is none', () => {
    const writes = base();
    writes.put(first, bytes(1));
    writes.put(second, bytes(7));
    writes.put(second, bytes(2));
    writes.put(third, bytes(1));
    writes.delete(third);
    expect(writes.writes()).toEqual([]);
  });
});
