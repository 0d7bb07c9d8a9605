import { describe, expect, it } from '@jest/globals';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { CommitFeed } from './commit-feed.js';

const FIRST = 'a'.repeat(64) as TransactionId;
const SECOND = 'b'.repeat(64) as TransactionId;

describe('CommitFeed', () => {
  it('releases only those who wait for the transaction', async () => {
    const clock = new SimulatedClock();
    const feed = new CommitFeed(clock, 10);
    const results: string[] = [];
    void feed.waitForCommit(FIRST, 1_000).result.then((result) => results.push(`first ${result}`));
    void feed.waitForCommit(SECOND, 1_000).result.then((result) => results.push(`second ${result}`));
    feed.publishCommitted([FIRST]);
    await clock.advance(0);
    expect(results).toEqual(['first reached']);
    await clock.advance(1_000);
    expect(results).toEqual(['first reached', 'second timeout']);
  });

  it('releases a waiter for a certificate when a later height is certified', async () => {
    const clock = new SimulatedClock();
    const feed = new CommitFeed(clock, 10);
    const low = feed.waitForCertificate(5, 1_000).result;
    const high = feed.waitForCertificate(9, 1_000).result;
    feed.publishCertified(7);
    await expect(low).resolves.toBe('reached');
    await clock.advance(1_000);
    await expect(high).resolves.toBe('timeout');
  });

  it('answers at once when as many wait as may, and when there is no time', async () => {
    const clock = new SimulatedClock();
    const feed = new CommitFeed(clock, 1);
    const first = feed.waitForCommit(FIRST, 1_000).result;
    await expect(feed.waitForCommit(SECOND, 1_000).result).resolves.toBe('timeout');
    feed.publishCommitted([FIRST]);
    await expect(first).resolves.toBe('reached');
    await expect(feed.waitForCommit(SECOND, 0).result).resolves.toBe('timeout');
    const again = feed.waitForCommit(SECOND, 1_000).result;
    feed.publishCommitted([SECOND]);
    await expect(again).resolves.toBe('reached');
  });

  it('gives a cancelled place to the next, and the timer back', async () => {
    const clock = new SimulatedClock();
    const feed = new CommitFeed(clock, 1);
    const first = feed.waitForCommit(FIRST, 1_000);
    first.cancel();
    first.cancel();
    await expect(first.result).resolves.toBe('timeout');
    const second = feed.waitForCommit(SECOND, 1_000);
    await expect(feed.waitForCommit(FIRST, 1_000).result).resolves.toBe('timeout');
    feed.publishCommitted([SECOND]);
    second.cancel();
    await expect(second.result).resolves.toBe('reached');
  });

  it('ends every wait when it is closed', async () => {
    const feed = new CommitFeed(new SimulatedClock(), 10);
    const commit = feed.waitForCommit(FIRST, 60_000).result;
    const certificate = feed.waitForCertificate(3, 60_000).result;
    feed.close();
    await expect(commit).resolves.toBe('reached');
    await expect(certificate).resolves.toBe('reached');
  });
});
