import { expect, test } from '@jest/globals';
import { faultsMax, quorumSize } from './quorum.js';

test('quorums of 1 to 100 validators intersect in a correct one and can be formed by the correct ones', () => {
  for (let count = 1; count <= 100; count++) {
    const [faults, quorum] = [faultsMax(count), quorumSize(count)];
    expect(3 * faults).toBeLessThan(count);
    expect(3 * (faults + 1)).toBeGreaterThanOrEqual(count);
    expect(2 * quorum - count).toBeGreaterThanOrEqual(faults + 1);
    expect(quorum).toBeLessThanOrEqual(count - faults);
    expect(quorum).toBe(Math.ceil((2 * count) / 3));
    // One fewer, and two quorums may have none but faulty members in common.
    expect(2 * (quorum - 1) - count).toBeLessThanOrEqual(faults);
  }
});

test('no validators have no quorum', () => {
  for (const count of [0, -1, 1.5, NaN]) {
    expect(() => quorumSize(count)).toThrow('no validators');
    expect(() => faultsMax(count)).toThrow('no validators');
  }
});
