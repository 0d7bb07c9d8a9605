import { describe, expect, it } from '@jest/globals';
import { checkpointCertificateOf } from '../../../test/support/certified-blocks.js';
import { sampleDigest } from '../../../test/support/journal-samples.js';
import { settlePromises, SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import type { CheckpointCertificate } from '../../protocol/pbft/certificate.js';
import { CommitFeed } from './commit-feed.js';
import { Countersigner } from './countersigner.js';

const genesis = testGenesis();
const certificate = (height: number): CheckpointCertificate =>
  checkpointCertificateOf(genesis, height, sampleDigest(height));

function bench() {
  const clock = new SimulatedClock();
  const store = new SimulatedLedgerStore();
  const feed = new CommitFeed(clock, 10);
  const saved: number[] = [];
  const unavailable: string[] = [];
  const errors: unknown[] = [];
  const countersigner = new Countersigner(
    store,
    feed,
    clock,
    (height) => saved.push(height),
    (reason) => unavailable.push(reason),
    (error) => errors.push(error),
  );
  return { clock, store, feed, saved, unavailable, errors, countersigner };
}

describe('Countersigner', () => {
  it('saves certificates in order and then tells who waits', async () => {
    const { clock, store, feed, saved, countersigner } = bench();
    const told: string[] = [];
    void feed.waitForCertificate(2, 1_000).result.then((result) => told.push(result));
    const release = store.hold();
    countersigner.onCertified(certificate(1));
    countersigner.onCertified(certificate(2));
    await settlePromises();
    expect([saved, told]).toEqual([[], []]);
    release();
    await clock.advance(0);
    expect([saved, told]).toEqual([[1, 2], ['reached']]);
    expect(store.checkpoints.get(2)).toEqual(certificate(2));
  });

  it('tries again while the database is away', async () => {
    const { clock, store, saved, unavailable, errors, countersigner } = bench();
    store.setAvailable(false);
    countersigner.onCertified(certificate(1));
    await clock.advance(600);
    expect([store.calls.length, unavailable.length, saved]).toEqual([3, 3, []]);
    store.setAvailable(true);
    await clock.advance(250);
    expect([saved, errors]).toEqual([[1], []]);
  });

  it('keeps the newest when more wait than may', async () => {
    const { clock, store, saved, countersigner } = bench();
    store.setAvailable(false);
    for (let height = 1; height <= 300; height++) countersigner.onCertified(certificate(1 + (height % 3)));
    countersigner.onCertified(certificate(1_000));
    await settlePromises();
    store.setAvailable(true);
    await clock.advance(250);
    expect(saved).toHaveLength(256);
    expect(saved.at(-1)).toBe(1_000);
  });

  it('reports any other error, and goes on no more', async () => {
    const { clock, store, errors, countersigner } = bench();
    store.failure = new Error('broken');
    countersigner.onCertified(certificate(1));
    await clock.advance(1_000);
    expect([errors, store.calls.length]).toEqual([[store.failure], 1]);
  });

  it('stops', async () => {
    const { clock, store, unavailable, errors, countersigner } = bench();
    store.setAvailable(false);
    countersigner.onCertified(certificate(1));
    countersigner.stop();
    countersigner.onCertified(certificate(2));
    await clock.advance(1_000);
    expect([store.calls.length, unavailable, errors]).toEqual([1, [], []]);
  });
});
