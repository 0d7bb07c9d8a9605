import { describe, expect, it } from '@jest/globals';
import { NonceMemory } from './nonce-memory.js';

const memory = (): NonceMemory =>
  new NonceMemory({ windowMs: 100, entriesMax: 5, ownerEntriesMax: 3 }, 1_000);

describe('NonceMemory', () => {
  it('knows a nonce for at least one window, and forgets it after two', () => {
    for (const [laterMs, expected] of [
      [0, 'known'],
      [99, 'known'],
      [100, 'known'],
      [199, 'known'],
      [300, 'new'],
    ] as const) {
      const nonces = memory();
      expect(nonces.add('a', 'n', 1_000)).toBe('new');
      expect([laterMs, nonces.add('a', 'n', 1_000 + laterMs)]).toEqual([laterMs, expected]);
    }
    const kept = memory();
    expect(kept.add('a', 'n', 1_099)).toBe('new');
    expect(kept.add('a', 'other', 1_100)).toBe('new');
    expect(kept.add('a', 'n', 1_199)).toBe('known');
  });

  it('keeps the nonces of two owners apart', () => {
    const nonces = memory();
    expect([nonces.add('a', 'n', 1_000), nonces.add('b', 'n', 1_000)]).toEqual(['new', 'new']);
  });

  it('is full for an owner that has had its share, and not for others', () => {
    const nonces = memory();
    for (const nonce of ['1', '2', '3']) expect(nonces.add('a', nonce, 1_000)).toBe('new');
    expect([nonces.add('a', '4', 1_000), nonces.add('a', '1', 1_000)]).toEqual(['full', 'known']);
    expect(nonces.add('b', '1', 1_000)).toBe('new');
    expect(nonces.add('a', '4', 1_100)).toBe('new');
  });

  it('is full for all at its bound, until a generation is forgotten', () => {
    const nonces = memory();
    for (const nonce of ['1', '2', '3']) nonces.add('a', nonce, 1_000);
    for (const nonce of ['1', '2']) nonces.add('b', nonce, 1_000);
    expect([nonces.add('c', '1', 1_000), nonces.add('c', '1', 1_150)]).toEqual(['full', 'full']);
    expect(nonces.add('c', '1', 1_250)).toBe('new');
  });
});
