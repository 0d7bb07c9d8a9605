import { describe, expect, it } from '@jest/globals';
import { GENESIS_HASH, signAs, testBlock } from '../../../../test/support/pbft/signed-messages.js';
import type { Vote } from '../message.js';
import { VotePool } from './vote-pool.js';

const block = testBlock(1, GENESIS_HASH);

const subject = { kind: 'prepare', epoch: 0, view: 0, height: 1, blockHash: block.hash } as const;

function voteOf(signer: number, change: Partial<Vote> = {}): Vote {
  const vote = { type: 'vote', ...subject, ...change } as const;
  return { ...vote, signer, signature: signAs(signer, vote) };
}

describe('a vote pool', () => {
  it('makes a certificate of exactly Q votes, ascending by signer', () => {
    const pool = new VotePool();
    for (const signer of [3, 0, 2]) pool.add(voteOf(signer));
    expect(pool.certificate(subject, 4)).toBeUndefined();
    pool.add(voteOf(1));
    expect(pool.certificate(subject, 3)?.signatures.map(({ signer }) => signer)).toEqual([0, 1, 2]);
  });

  it('counts neither another hash nor another view, kind or epoch', () => {
    const pool = new VotePool();
    pool.add(voteOf(0));
    pool.add(voteOf(1, { blockHash: GENESIS_HASH }));
    pool.add(voteOf(2, { view: 1 }));
    pool.add(voteOf(3, { kind: 'commit' }));
    pool.add(voteOf(3, { epoch: 1 }));
    expect(pool.certificate(subject, 2)).toBeUndefined();
  });

  it('keeps the first vote of a slot and the two newest views of a signer', () => {
    const pool = new VotePool();
    expect(pool.add(voteOf(0, { view: 3 }))).toBe(true);
    expect(pool.add(voteOf(0, { view: 3, blockHash: GENESIS_HASH }))).toBe(false);
    expect(pool.add(voteOf(0, { view: 1 }))).toBe(true);
    expect(pool.add(voteOf(0, { view: 0 }))).toBe(false);
    expect(pool.add(voteOf(0, { view: 2 }))).toBe(true);
    expect(pool.find('prepare', 1, 1, 0)).toBeUndefined();
    expect(pool.find('prepare', 3, 1, 0)?.blockHash).toBe(block.hash);
    expect(pool.size).toBe(2);
  });

  it('says whose votes it holds, and forgets what is committed', () => {
    const pool = new VotePool();
    pool.add(voteOf(2));
    pool.add(voteOf(1, { height: 2 }));
    expect(pool.bitmap('prepare', 0, 1, 4)).toEqual([false, false, true, false]);
    expect(pool.highestHeight()).toBe(2);
    pool.dropUpTo(1);
    expect(pool.size).toBe(1);
  });
});
