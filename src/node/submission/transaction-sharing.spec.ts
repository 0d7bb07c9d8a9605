import { describe, expect, it } from '@jest/globals';
import { RecordingNetwork } from '../../../test/support/recording-network.js';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import { TransactionSharing } from './transaction-sharing.js';

const DELAY_MS = 5;

/** The fields that sharing reads. */
function transaction(bytes: number, arrivedMs = 0): AdmittedTransaction {
  return {
    transaction: { body: new Uint8Array(bytes), signature: new Uint8Array(64) },
    arrivedMs,
  } as unknown as AdmittedTransaction;
}

function bench() {
  const clock = new SimulatedClock();
  const network = new RecordingNetwork();
  const waiting: AdmittedTransaction[] = [];
  const sharing = new TransactionSharing({ network, clock, waitingHere: () => waiting }, DELAY_MS);
  /** [receiver, transactions] of the batches so far. */
  const batches = (): readonly (readonly [number | 'all', number])[] =>
    network.sent.map(({ to, message }) => [
      to,
      message.type === 'transactionBatch' ? message.transactions.length : -1,
    ]);
  return { clock, network, waiting, sharing, batches };
}

describe('TransactionSharing', () => {
  it('lets a transaction wait for company for a moment', async () => {
    const { clock, sharing, batches } = bench();
    sharing.share(transaction(10));
    await clock.advance(DELAY_MS - 1);
    sharing.share(transaction(10));
    expect(batches()).toEqual([]);
    await clock.advance(1);
    expect(batches()).toEqual([['all', 2]]);
    await clock.advance(100);
    expect(batches()).toHaveLength(1);
    sharing.share(transaction(10));
    await clock.advance(DELAY_MS);
    expect(batches()).toEqual([
      ['all', 2],
      ['all', 1],
    ]);
  });

  it('sends a full batch at once', async () => {
    const { clock, sharing, batches } = bench();
    for (let count = 0; count < 201; count++) sharing.share(transaction(10));
    expect(batches()).toEqual([['all', 200]]);
    await clock.advance(DELAY_MS);
    expect(batches()).toEqual([
      ['all', 200],
      ['all', 1],
    ]);
  });

  it('divides what has too many bytes for one message', async () => {
    const { clock, sharing, batches } = bench();
    for (let count = 0; count < 5; count++) sharing.share(transaction(100 * 1024));
    await clock.advance(DELAY_MS);
    expect(batches()).toEqual([
      ['all', 2],
      ['all', 2],
      ['all', 1],
    ]);
  });

  it('sends again what still waits after five seconds, a bounded number, the oldest', async () => {
    const { clock, network, waiting, sharing, batches } = bench();
    sharing.start();
    for (let count = 0; count < 600; count++) waiting.push(transaction(10, count));
    waiting.push(transaction(10, 4_999));
    await clock.advance(5_000);
    expect(batches()).toEqual([['all', 1]]);
    network.sent.length = 0;
    await clock.advance(5_000);
    expect(batches()).toEqual([['all', 200]]);
    waiting.length = 0;
    await clock.advance(5_000);
    expect(batches()).toHaveLength(1);
  });

  it('gives a peer that connects everything that waits', () => {
    const { waiting, sharing, batches } = bench();
    sharing.onConnected(1);
    for (let count = 0; count < 201; count++) waiting.push(transaction(10));
    sharing.onConnected(2);
    expect(batches()).toEqual([
      [2, 200],
      [2, 1],
    ]);
  });

  it('sends nothing after stop', async () => {
    const { clock, waiting, sharing, batches } = bench();
    sharing.start();
    waiting.push(transaction(10));
    sharing.share(transaction(10));
    sharing.stop();
    sharing.share(transaction(10));
    await clock.advance(10_000);
    expect(batches()).toEqual([]);
  });
});
