import { describe, expect, it } from '@jest/globals';
import { admitted, sampleTransaction } from '../../../test/support/certified-blocks.js';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { MempoolSweep } from './mempool-sweep.js';
import { Mempool } from './mempool.js';

const genesis = testGenesis();

function bench() {
  const clock = new SimulatedClock();
  const store = new SimulatedLedgerStore();
  const limits = {
    transactionsMax: 10_000,
    bytesMax: 10_000_000,
    organisationTransactionsMax: 10_000,
    organisationBytesMax: 10_000_000,
  };
  const mempool = new Mempool(
    limits,
    clock,
    () => 'acme',
    () => 1,
  );
  const found: TransactionId[] = [];
  const errors: unknown[] = [];
  const sweep = new MempoolSweep({
    mempool,
    store,
    clock,
    isCommitted: () => false,
    onCommitted: (ids) => {
      found.push(...ids);
      mempool.remove(ids);
    },
    onError: (error) => errors.push(error),
  });
  const add = (name: string): TransactionId => {
    const transaction = sampleTransaction(genesis, name);
    mempool.add(admitted(genesis, transaction, clock.monotonicMs()));
    return transaction.id;
  };
  return { clock, store, mempool, sweep, found, errors, add };
}

describe('MempoolSweep', () => {
  it('takes out what is on the ledger, once it has waited for a while', async () => {
    const { clock, store, mempool, sweep, found, add } = bench();
    sweep.start();
    const old = add('old');
    const waiting = add('waiting');
    store.committedIds.add(old);
    await clock.advance(1);
    store.committedIds.add(add('young'));
    await clock.advance(499);
    expect([found, mempool.has(waiting), mempool.size]).toEqual([[old], true, 2]);
    await clock.advance(500);
    expect([found.length, mempool.size]).toEqual([2, 1]);
  });

  it('leaves the database alone when nothing waits', async () => {
    const { clock, store, sweep } = bench();
    sweep.start();
    await clock.advance(60_000);
    expect(store.calls).toEqual([]);
  });

  it('tries again when the database was away, and reports any other error', async () => {
    const { clock, store, sweep, found, errors, add } = bench();
    sweep.start();
    store.committedIds.add(add('old'));
    store.setAvailable(false);
    await clock.advance(5_000);
    store.setAvailable(true);
    await clock.advance(5_000);
    expect([found.length, errors]).toEqual([1, []]);
    add('other');
    store.failure = new Error('broken');
    await clock.advance(20_000);
    expect(errors).toEqual([store.failure]);
  });

  it('does nothing after stop', async () => {
    const { clock, store, sweep, found, add } = bench();
    sweep.start();
    store.committedIds.add(add('old'));
    const release = store.hold();
    await clock.advance(5_000);
    sweep.stop();
    release();
    await clock.advance(60_000);
    expect([found, store.calls.length]).toEqual([[], 1]);
  });
});
