import { describe, expect, it } from '@jest/globals';
import { suspectOf } from '../../../../test/support/pbft/signed-messages.js';
import { SuspectPool } from './suspect-pool.js';

function poolOf(...said: readonly (readonly [signer: number, view: number, atMs: number])[]): SuspectPool {
  const pool = new SuspectPool();
  for (const [signer, view, atMs] of said) pool.add(suspectOf(signer, view), atMs);
  return pool;
}

describe('a suspect pool', () => {
  it('makes a certificate of exactly Q suspicions of one view, ascending by signer', () => {
    const pool = poolOf([3, 2, 0], [0, 2, 0], [1, 1, 0]);
    expect(pool.certificate(0, 2, 3, 0)).toBeUndefined();
    pool.add(suspectOf(2, 2), 0);
    pool.add(suspectOf(1, 2), 0);
    const certificate = pool.certificate(0, 2, 3, 0);
    expect(certificate).toMatchObject({ epoch: 0, view: 2 });
    expect(certificate?.signatures).toEqual(
      [0, 1, 2].map((signer) => ({ signer, signature: suspectOf(signer, 2).signature })),
    );
  });

  it('counts a suspicion for as long as it is heard again (PBFT-VIEW-1)', () => {
    const pool = poolOf([0, 2, 100], [2, 2, 300]);
    expect(pool.signers(2, 100)).toEqual([0, 2]);
    expect(pool.signers(2, 101)).toEqual([2]);
    pool.add(suspectOf(0, 2), 500);
    expect(pool.signers(2, 301)).toEqual([0]);
    expect([pool.heardAtMs(0), pool.heardAtMs(3)]).toEqual([500, -Infinity]);
  });

  it('holds the newest view of each signer, so that it has one entry for each', () => {
    const pool = poolOf([0, 5, 0], [0, 3, 10], [1, 1, 0]);
    expect([pool.find(0)?.view, pool.heardAtMs(0)]).toEqual([5, 0]);
    pool.add(suspectOf(1, 7), 0);
    expect(pool.views()).toEqual([7, 5]);
    expect(pool.size).toBe(2);
  });

  it('forgets who has taken it back, and views that are over', () => {
    const pool = poolOf([0, 5, 0], [1, 3, 0], [2, 4, 0]);
    pool.remove(0);
    pool.dropBelow(4);
    expect(pool.views()).toEqual([4]);
  });
});
