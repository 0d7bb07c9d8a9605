import { describe, expect, it } from '@jest/globals';
import { certificateOf, sampleTransaction, type Changes } from '../../../test/support/certified-blocks.js';
import { MemoryLedger } from '../../../test/support/memory-ledger.js';
import { createRecordingObserver } from '../../../test/support/recording-observer.js';
import { settlePromises, SimulatedClock } from '../../../test/support/simulated-clock.js';
import {
  documentCommand,
  testGenesis,
  type TestTransaction,
} from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerReader } from '../../../test/support/simulated-ledger-reader.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { Transaction } from '../../protocol/ledger/transaction.js';
import type { ChainId, TransactionId } from '../../protocol/primitives/identifiers.js';
import { CommitFeed } from '../commit/commit-feed.js';
import { admitTransaction } from '../mempool/admit-transaction.js';
import { Mempool } from '../mempool/mempool.js';
import type { RawTransaction } from '../ports.js';
import { RecentResults } from '../proposal/recent-results.js';
import { CommittedLookup } from './committed-lookup.js';
import { SignerDirectory } from './signer-directory.js';
import { TransactionSubmitter } from './transaction-submitter.js';

const genesis = testGenesis();
const sample = (name: string, changes: Changes<TestTransaction> = {}): Transaction =>
  sampleTransaction(genesis, name, changes);

/** A node with an empty ledger; `limits` are of the mempool. */
async function bench(
  limits: { readonly all?: number; readonly each?: number; readonly waiters?: number } = {},
) {
  const clock = new SimulatedClock();
  const ledger = new MemoryLedger(genesis, 4);
  const store = new SimulatedLedgerStore();
  await store.initialise(ledger.genesisResult);
  const reader = new SimulatedLedgerReader(store);
  const mempool = new Mempool(
    {
      transactionsMax: limits.all ?? 1_000,
      bytesMax: 10_000_000,
      organisationTransactionsMax: limits.each ?? 1_000,
      organisationBytesMax: 10_000_000,
    },
    clock,
    () => 'acme',
    () => 1,
  );
  const results = new RecentResults({ height: 0, roots: new Map() }, 32);
  const feed = new CommitFeed(clock, limits.waiters ?? 10);
  const refused: string[] = [];
  const latencies: number[] = [];
  const shared: TransactionId[] = [];
  const signers = new SignerDirectory(store, await store.readSigners(1_000));
  const submitter = new TransactionSubmitter({
    mempool,
    results,
    lookup: new CommittedLookup(store),
    reader,
    feed,
    clock,
    observer: {
      ...createRecordingObserver(),
      onTransactionRejected: (code) => refused.push(code),
      onTransactionCommitted: (latencyMs) => latencies.push(latencyMs),
    },
    admit: (raw) =>
      admitTransaction(raw, {
        chainId: genesis.chainId,
        nextHeight: results.executedHeight + 1,
        parameters: genesis.parameters,
        verifier: ed25519Verifier,
        nowMs: clock.monotonicMs(),
        checksContent: true,
      }),
    checkSigner: (admitted) => signers.check(admitted, 1),
    share: ({ transaction }) => shared.push(transaction.id),
  });
  /** The next block is final; the returned function makes it durable and tells it. */
  const finalise = (...transactions: readonly Transaction[]): (() => Promise<void>) => {
    const executed = ledger.execute(transactions);
    const { header } = executed.block;
    const ids = transactions.map(({ id }) => id);
    results.addCommitted(header.height, ids);
    mempool.remove(ids);
    return async () => {
      const certificate = certificateOf(genesis, executed.block);
      await store.commitBlocks([{ executed, certificate }], { journalId: 'journal', position: 1 });
      results.addExecuted(header.height, executed.logRoot);
      submitter.onCommitted(ids);
      submitter.onExpired(mempool.expire(header.height + 1));
    };
  };
  const left = () => ({
    mempool: mempool.size,
    shared: shared.length,
    waiting: [...submitter.waitingHere()].length,
  });
  return {
    clock,
    store,
    reader,
    mempool,
    results,
    feed,
    refused,
    latencies,
    shared,
    submitter,
    finalise,
    left,
  };
}

describe('TransactionSubmitter: submit', () => {
  it('takes a transaction once, shares it once, and says PENDING', async () => {
    const { submitter, shared, left } = await bench();
    const transaction = sample('a');
    const pending = { kind: 'pending', id: transaction.id };
    await expect(submitter.submit(transaction)).resolves.toEqual(pending);
    await expect(submitter.submit(transaction)).resolves.toEqual(pending);
    expect(shared).toEqual([transaction.id]);
    expect(left()).toEqual({ mempool: 1, shared: 1, waiting: 1 });
    await expect(submitter.findStatus(transaction.id)).resolves.toMatchObject({ status: 'PENDING' });
  });

  it('takes a transaction once that comes twice at the same time', async () => {
    const { submitter, left } = await bench();
    const transaction = sample('a');
    const answers = await submitter.submitBatch([transaction, transaction]);
    expect(answers.map(({ kind }) => kind)).toEqual(['pending', 'pending']);
    expect(left()).toEqual({ mempool: 1, shared: 1, waiting: 1 });
  });

  it('leaves nothing behind when it refuses', async () => {
    const { submitter, refused, left } = await bench();
    const good = sample('a');
    const bad: Record<string, RawTransaction> = {
      TRANSACTION_TOO_LARGE: { ...good, body: new Uint8Array(100_000) },
      TRANSACTION_MALFORMED: { ...good, body: Uint8Array.of(255) },
      TRANSACTION_NOT_CANONICAL: { ...good, body: Uint8Array.from([...good.body, 0xa0, 0x06, 0x00]) },
      SIGNATURE_MISSING: { ...good, signature: new Uint8Array(0) },
      SIGNATURE_INVALID: { ...good, signature: new Uint8Array(64) },
      CHAIN_ID_MISMATCH: sample('a', { chainId: 'ab'.repeat(32) as ChainId }),
      TRANSACTION_EXPIRED: sample('a', { validUntilHeight: 0 }),
      EXPIRY_TOO_FAR: sample('a', { validUntilHeight: 1_000_000 }),
      SUBJECT_INVALID: sample('a', { command: documentCommand(['']) }),
      SIGNER_UNKNOWN: sample('a', { signer: 'nobody' }),
      SIGNER_NOT_PERMITTED: sample('a', { signer: 'acme/auditor' }),
    };
    for (const [code, raw] of Object.entries(bad)) {
      const answer = await submitter.submit(raw);
      expect([code, answer]).toMatchObject([code, { kind: 'rejected', rejection: { code } }]);
    }
    expect(refused).toEqual(Object.keys(bad));
    expect(left()).toEqual({ mempool: 0, shared: 0, waiting: 0 });
  });

  it('refuses what the mempool cannot hold, and shares none of it', async () => {
    const { submitter, refused, left } = await bench({ all: 2, each: 1 });
    await submitter.submit(sample('a'));
    await expect(submitter.submit(sample('b'))).resolves.toMatchObject({
      kind: 'rejected',
      rejection: { code: 'ORGANISATION_SHARE_FULL' },
    });
    const full = await bench({ all: 1 });
    await full.submitter.submit(sample('a'));
    await full.submitter.submit(sample('b'));
    expect([refused, full.refused]).toEqual([['ORGANISATION_SHARE_FULL'], ['MEMPOOL_FULL']]);
    expect([left(), full.left()]).toEqual([
      { mempool: 1, shared: 1, waiting: 1 },
      { mempool: 1, shared: 1, waiting: 1 },
    ]);
  });

  it('passes on that the database is away, and leaves nothing', async () => {
    const { submitter, store, left } = await bench();
    store.setAvailable(false);
    await expect(submitter.submit(sample('a'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(left()).toEqual({ mempool: 0, shared: 0, waiting: 0 });
  });

  it('answers for what is on the ledger with its place there', async () => {
    const { submitter, finalise, left } = await bench();
    const transaction = sample('a');
    await finalise(sample('first'), transaction)();
    await expect(submitter.submit(transaction)).resolves.toMatchObject({
      kind: 'committed',
      status: { id: transaction.id, height: 1, index: 1, outcome: { code: 'OK' } },
    });
    expect(left()).toEqual({ mempool: 0, shared: 0, waiting: 0 });
  });

  it('says PENDING of what is final and not durable yet', async () => {
    const { submitter, finalise, left } = await bench();
    const transaction = sample('a');
    finalise(transaction);
    await expect(submitter.submit(transaction)).resolves.toMatchObject({ kind: 'pending' });
    await expect(submitter.findStatus(transaction.id)).resolves.toMatchObject({ status: 'PENDING' });
    expect(left()).toEqual({ mempool: 0, shared: 0, waiting: 0 });
  });

  it('keeps nothing of a transaction whose block became final while the database was asked', async () => {
    const { submitter, store, finalise, left } = await bench();
    const transaction = sample('a');
    const release = store.hold();
    const answer = submitter.submit(transaction);
    await settlePromises();
    finalise(transaction);
    release();
    await expect(answer).resolves.toMatchObject({ kind: 'pending' });
    expect(left()).toEqual({ mempool: 0, shared: 0, waiting: 0 });
  });

  it('asks the database once for all that come together', async () => {
    const { submitter, store, left } = await bench();
    const many = Array.from({ length: 50 }, (_, index) => sample(`t${index}`));
    const before = store.calls.length;
    await submitter.submitBatch(many);
    expect(store.calls.slice(before)).toEqual(['findCommittedIds', 'readState', 'readState']);
    expect(left()).toEqual({ mempool: 50, shared: 50, waiting: 50 });
  });
});

describe('TransactionSubmitter: status', () => {
  it('goes from PENDING to COMMITTED, and tells the time from admission', async () => {
    const { submitter, finalise, clock, latencies, left } = await bench();
    const transaction = sample('a');
    await submitter.submit(transaction);
    await clock.advance(70);
    await finalise(transaction, sample('elsewhere'))();
    await expect(submitter.findStatus(transaction.id)).resolves.toMatchObject({
      status: 'COMMITTED',
      height: 1,
      index: 0,
    });
    expect([latencies, left().waiting]).toEqual([[70], 0]);
  });

  it('goes from PENDING to EXPIRED', async () => {
    const { submitter, finalise, left } = await bench();
    const transaction = sample('a', { validUntilHeight: 1 });
    await submitter.submit(transaction);
    const waiting = submitter.awaitOutcome(transaction.id, 'receipt', 1_000);
    await finalise(sample('b'))();
    await expect(waiting).resolves.toEqual({ id: transaction.id, status: 'EXPIRED' });
    await expect(submitter.awaitOutcome(transaction.id, 'commit', 1_000)).resolves.toMatchObject({
      status: 'EXPIRED',
    });
    expect(left()).toMatchObject({ mempool: 0, waiting: 0 });
  });

  it('remembers a bounded number of expired transactions, the newest', async () => {
    const { submitter } = await bench();
    const ids = Array.from({ length: 10_001 }, (_, index) => index.toString() as TransactionId);
    submitter.onExpired(ids);
    await expect(submitter.findStatus(ids[0]!)).resolves.toBeUndefined();
    await expect(submitter.findStatus(ids[1]!)).resolves.toMatchObject({ status: 'EXPIRED' });
  });

  it('knows nothing of what it has never seen', async () => {
    const { submitter } = await bench();
    await expect(submitter.findStatus(sample('a').id)).resolves.toBeUndefined();
  });
});

describe('TransactionSubmitter: awaitOutcome', () => {
  it('resolves when the transaction is durable, with one look-up', async () => {
    const { submitter, finalise, reader } = await bench();
    const transaction = sample('a');
    await submitter.submit(transaction);
    const waiting = submitter.awaitOutcome(transaction.id, 'commit', 1_000);
    await settlePromises();
    expect(reader.lookUps).toBe(0);
    const commit = finalise(transaction);
    await commit();
    await expect(waiting).resolves.toMatchObject({ status: 'COMMITTED', height: 1 });
    expect(reader.lookUps).toBe(1);
  });

  it('does not miss a commit between the look and the wait', async () => {
    const { submitter, finalise, reader, store } = await bench();
    const transaction = sample('a');
    const commit = finalise(transaction);
    const { findTransaction } = reader;
    let answers = 0;
    reader.findTransaction = async (id) => {
      const found = await findTransaction.call(reader, id);
      if (answers++ === 0) await commit();
      return found;
    };
    const waiting = submitter.awaitOutcome(transaction.id, 'commit', 1_000);
    await expect(waiting).resolves.toMatchObject({ status: 'COMMITTED' });
    expect(store.blocks).toHaveLength(1);
  });

  it('waits for the countersignature when a receipt is wanted', async () => {
    const { submitter, finalise, feed, clock } = await bench();
    const transaction = sample('a');
    await finalise(transaction)();
    const answers: unknown[] = [];
    void submitter.awaitOutcome(transaction.id, 'receipt', 1_000).then((status) => answers.push(status));
    await clock.advance(500);
    expect(answers).toEqual([]);
    submitter.onCertified(1);
    feed.publishCertified(1);
    await settlePromises();
    expect(answers).toMatchObject([{ status: 'COMMITTED' }]);
    await expect(submitter.awaitOutcome(transaction.id, 'receipt', 1_000)).resolves.toMatchObject({
      height: 1,
    });
  });

  it('gives up when the time is over, that for the receipt included', async () => {
    const { submitter, finalise, clock } = await bench();
    const [first, second] = [sample('a'), sample('b')];
    await submitter.submit(first);
    await finalise(second)();
    const answers = [
      submitter.awaitOutcome(first.id, 'commit', 1_000),
      submitter.awaitOutcome(second.id, 'receipt', 1_000),
      submitter.awaitOutcome(sample('c').id, 'commit', 1_000),
    ];
    await clock.advance(1_000);
    await expect(Promise.all(answers)).resolves.toEqual([undefined, undefined, undefined]);
  });

  it('gives its place back as soon as it is answered, and when the database fails', async () => {
    const { submitter, finalise, feed, store } = await bench({ waiters: 1 });
    const transaction = sample('a');
    await finalise(transaction)();
    await submitter.awaitOutcome(transaction.id, 'commit', 60_000);
    store.setAvailable(false);
    await expect(submitter.awaitOutcome(transaction.id, 'commit', 60_000)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    const free = feed.waitForCommit(transaction.id, 1_000);
    submitter.onCommitted([transaction.id]);
    await expect(free.result).resolves.toBe('reached');
  });

  it('answers everyone when the node ends', async () => {
    const { submitter, feed } = await bench();
    const transaction = sample('a');
    await submitter.submit(transaction);
    const waiting = submitter.awaitOutcome(transaction.id, 'commit', 60_000);
    feed.close();
    await expect(waiting).resolves.toMatchObject({ status: 'PENDING' });
  });
});
