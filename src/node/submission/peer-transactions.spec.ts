import { describe, expect, it } from '@jest/globals';
import { sampleTransaction } from '../../../test/support/certified-blocks.js';
import { createRecordingObserver } from '../../../test/support/recording-observer.js';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { admitTransaction } from '../mempool/admit-transaction.js';
import { Mempool } from '../mempool/mempool.js';
import type { RawTransaction } from '../ports.js';
import { PeerTransactions } from './peer-transactions.js';

const genesis = testGenesis();
const [first, second, third] = ['a', 'b', 'c'].map((name) => sampleTransaction(genesis, name));
const forged: RawTransaction = { body: second!.body, signature: new Uint8Array(64) };

function bench(transactionsMax = 100) {
  const limits = {
    transactionsMax,
    bytesMax: 1_000_000,
    organisationTransactionsMax: 100,
    organisationBytesMax: 1_000_000,
  };
  const mempool = new Mempool(
    limits,
    new SimulatedClock(),
    () => 'acme',
    () => 1,
  );
  const committed = new Set<TransactionId>();
  const refused: string[] = [];
  let admissions = 0;
  let wakes = 0;
  const transactions = new PeerTransactions(
    mempool,
    (raw) => {
      admissions++;
      const { chainId, parameters } = genesis;
      return admitTransaction(raw, {
        chainId,
        nextHeight: 1,
        parameters,
        verifier: ed25519Verifier,
        nowMs: 0,
        checksContent: false,
      });
    },
    (id) => committed.has(id),
    { ...createRecordingObserver(), onTransactionRejected: (code) => refused.push(code) },
    () => wakes++,
  );
  const receive = (...batch: readonly RawTransaction[]): string | undefined =>
    transactions.onBatch({ type: 'transactionBatch', transactions: batch });
  return { mempool, committed, refused, receive, admissions: () => admissions, wakes: () => wakes };
}

describe('PeerTransactions', () => {
  it('admits what is new and wakes the builder once for a batch', () => {
    const { mempool, receive, wakes } = bench();
    expect(receive(first!, second!)).toBeUndefined();
    expect([mempool.size, wakes()]).toEqual([2, 1]);
  });

  it('does no work for what waits or is final already', () => {
    const { committed, receive, admissions, wakes } = bench();
    committed.add(second!.id);
    receive(first!);
    expect(receive(first!, second!)).toBeUndefined();
    expect([admissions(), wakes()]).toEqual([1, 1]);
  });

  it('names the fault of a peer that shares what it cannot have checked, and keeps what came before', () => {
    const { mempool, refused, receive, wakes } = bench();
    expect(receive(first!, forged, third!)).toMatch('signature');
    expect([mempool.size, refused, wakes()]).toEqual([1, ['SIGNATURE_INVALID'], 1]);
    expect(receive({ body: Uint8Array.of(255), signature: new Uint8Array(64) })).toMatch('protobuf');
  });

  it('does not blame a peer for what another height or a full mempool refuses', () => {
    const { mempool, refused, receive } = bench(1);
    const expired = sampleTransaction(genesis, 'a', { validUntilHeight: 0 });
    expect(receive(expired, first!, second!)).toBeUndefined();
    expect([mempool.size, refused]).toEqual([1, ['TRANSACTION_EXPIRED', 'MEMPOOL_FULL']]);
  });
});
