import { describe, expect, it } from '@jest/globals';
import type { Digest, TransactionId } from '../../protocol/primitives/identifiers.js';
import { RecentResults } from './recent-results.js';

const root = (height: number): Digest => height.toString(16).padStart(64, '0') as Digest;
const id = (height: number): TransactionId => `f${height.toString(16).padStart(63, '0')}` as TransactionId;

describe('RecentResults', () => {
  it('knows the roots of the start and of what is executed since, and forgets what lies deeper', () => {
    const results = new RecentResults(
      {
        height: 10,
        roots: new Map([
          [9, root(9)],
          [10, root(10)],
        ]),
      },
      3,
    );
    expect(results.rootAt(9)).toBe(root(9));
    for (let height = 11; height <= 14; height++) {
      results.addCommitted(height, [id(height)]);
      results.addExecuted(height, root(height));
    }
    expect(results.executedHeight).toBe(14);
    expect(results.rootAt(12)).toBe(root(12));
    expect(() => results.rootAt(10)).toThrow('not remembered');
    expect(results.isCommitted(id(11))).toBe(false);
    expect(results.isCommitted(id(12))).toBe(true);
  });

  it('knows ids as soon as their block is final', () => {
    const results = new RecentResults({ height: 0, roots: new Map([[0, root(0)]]) }, 8);
    results.addCommitted(1, [id(1)]);
    expect(results.isCommitted(id(1))).toBe(true);
    expect(results.executedHeight).toBe(0);
  });
});
