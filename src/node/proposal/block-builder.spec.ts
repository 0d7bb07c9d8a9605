import { describe, expect, it } from '@jest/globals';
import {
  admitted,
  BLOCK_TIME_MS,
  NO_PARENT,
  sampleBlockOf,
  sampleTransaction,
  type Changes,
} from '../../../test/support/certified-blocks.js';
import { settlePromises, SimulatedClock } from '../../../test/support/simulated-clock.js';
import {
  documentCommand,
  testGenesis,
  type TestTransaction,
} from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { Block } from '../../protocol/ledger/block.js';
import { decodeBlockBody } from '../../protocol/ledger/block-body.js';
import { hashHeader } from '../../protocol/ledger/block-header.js';
import type { Transaction } from '../../protocol/ledger/transaction.js';
import { validatorSetDigest } from '../../protocol/ledger/validator-set.js';
import type { ProposalRequest } from '../../protocol/pbft/effect.js';
import { ZERO_DIGEST, type Digest } from '../../protocol/primitives/identifiers.js';
import { Mempool } from '../mempool/mempool.js';
import { BlockBuilder } from './block-builder.js';
import { BlockContents } from './block-contents.js';
import { RecentResults } from './recent-results.js';
import { EpochHistory } from '../epochs/epoch-history.js';

const BATCH_MS = 10;
const genesis = testGenesis({ pipelineDepth: 2, blockTransactionsMax: 3 });
const rootOf = (height: number): Digest => height.toString().padStart(64, '0') as Digest;

/** Nothing is executed yet; the clock's wall time is that of the sample blocks. */
function bench() {
  const clock = new SimulatedClock(BLOCK_TIME_MS);
  const store = new SimulatedLedgerStore();
  const limits = {
    transactionsMax: 100,
    bytesMax: 1_000_000,
    organisationTransactionsMax: 100,
    organisationBytesMax: 1_000_000,
  };
  const mempool = new Mempool(
    limits,
    clock,
    () => 'acme',
    () => 1,
  );
  const epochs = new EpochHistory(genesis);
  const contents = new BlockContents(mempool, ed25519Verifier, epochs, 16);
  const results = new RecentResults({ height: 0, roots: new Map([[0, rootOf(0)]]) }, 8);
  const built: Block[] = [];
  const database: boolean[] = [];
  const errors: unknown[] = [];
  const builder = new BlockBuilder({
    chainId: genesis.chainId,
    epochs,
    placeIn: () => 2,
    mempool,
    contents,
    results,
    store,
    clock,
    batchMs: BATCH_MS,
    onBuilt: (block) => built.push(block),
    onDatabase: (available) => database.push(available),
    onError: (error) => errors.push(error),
  });
  const add = (name: string, changes: Changes<TestTransaction> = {}): Transaction => {
    const transaction = sampleTransaction(genesis, name, changes);
    expect(mempool.add(admitted(genesis, transaction, clock.monotonicMs()))).toBe('added');
    builder.wake();
    return transaction;
  };
  /** As the node does: the block is final, then durable. */
  const finish = (block: Block): void => {
    const ids = contents.openBound(block).map(({ transaction }) => transaction.id);
    results.addCommitted(block.header.height, ids);
    builder.forget(ids);
    mempool.remove(ids);
    results.addExecuted(block.header.height, rootOf(block.header.height));
    builder.wake();
  };
  return { clock, store, mempool, epochs, contents, results, builder, built, database, errors, add, finish };
}

function request(height = 1, ancestors: readonly Block[] = [], view = 0): ProposalRequest {
  const parent = ancestors.at(-1);
  return {
    epoch: 0,
    view,
    height,
    parentHash: parent?.hash ?? NO_PARENT,
    parentTimestampMs: parent?.header.timestampMs ?? 0,
    ancestors,
    epochFinal: false,
    isDue: false,
  };
}

function namesIn(block: Block | undefined): readonly string[] {
  const decoded = decodeBlockBody(block!.body, genesis.parameters);
  if (!decoded.ok) throw new Error(decoded.rejection.message);
  return decoded.value.map(({ idempotencyKey }) => idempotencyKey);
}

describe('BlockBuilder', () => {
  it('cuts at once when nothing is in flight, whichever comes first', async () => {
    const { builder, built, add, finish } = bench();
    add('a');
    builder.open(request());
    await settlePromises();
    expect(built.map(namesIn)).toEqual([['a']]);
    finish(built[0]!);
    builder.open({ ...request(2), parentHash: built[0]!.hash });
    await settlePromises();
    expect(built).toHaveLength(1);
    add('b');
    await settlePromises();
    expect(built.map(namesIn)).toEqual([['a'], ['b']]);
  });

  it('waits for company while blocks are in flight, as long as the oldest may wait', async () => {
    const { builder, built, add, clock } = bench();
    const inFlight = sampleBlockOf(genesis, [add('a')]);
    builder.open(request(2, [inFlight]));
    await clock.advance(50);
    expect(built).toEqual([]);
    add('b');
    await clock.advance(BATCH_MS - 1);
    add('c');
    expect(built).toEqual([]);
    await clock.advance(1);
    expect(built.map(namesIn)).toEqual([['b', 'c']]);
  });

  it('does not wait when a block is full', async () => {
    const { builder, built, add } = bench();
    const inFlight = sampleBlockOf(genesis, [add('a')]);
    builder.open(request(2, [inFlight]));
    for (const name of ['b', 'c', 'd']) add(name);
    await settlePromises();
    expect(built.map(namesIn)).toEqual([['b', 'c', 'd']]);
  });

  it('cuts at once for what comes after the request and after the block in flight became final', async () => {
    const { builder, built, add, finish } = bench();
    const inFlight = sampleBlockOf(genesis, [add('a')]);
    builder.open(request(2, [inFlight]));
    finish(inFlight);
    add('b');
    await settlePromises();
    expect(built.map(namesIn)).toEqual([['b']]);
  });

  it('stops waiting for company when the last block in flight is durable', async () => {
    const { builder, built, add, finish, clock } = bench();
    const inFlight = sampleBlockOf(genesis, [add('a')]);
    builder.open(request(2, [inFlight]));
    add('b');
    await clock.advance(1);
    expect(built).toEqual([]);
    finish(inFlight);
    await settlePromises();
    expect(built.map(namesIn)).toEqual([['b']]);
  });

  it('answers the newest request when it is replaced while the database is asked', async () => {
    const { builder, built, add, store } = bench();
    add('a');
    const release = store.hold();
    builder.open(request(1, [], 0));
    await settlePromises();
    builder.open(request(1, [], 4));
    release();
    await settlePromises();
    expect(built.map(({ header }) => header.originView)).toEqual([4]);
  });

  it('answers a request once', async () => {
    const { builder, built, add } = bench();
    add('a');
    builder.open(request());
    await settlePromises();
    add('b');
    await settlePromises();
    expect(built).toHaveLength(1);
  });

  it('drops what is on the ledger, and takes what is left', async () => {
    const { builder, built, add, store, mempool } = bench();
    store.committedIds.add(add('a').id);
    builder.open(request());
    await settlePromises();
    expect([built, mempool.size]).toEqual([[], 0]);
    store.committedIds.add(add('b').id);
    add('c');
    await settlePromises();
    expect(built.map(namesIn)).toEqual([['c']]);
  });

  it('leaves out what is too late for this height; a block below it may still include it', async () => {
    const { builder, built, add, mempool, clock } = bench();
    const inFlight = sampleBlockOf(genesis, [sampleTransaction(genesis, 'in-flight')]);
    const late = add('late', { validUntilHeight: 1 });
    builder.open(request(2, [inFlight]));
    await clock.advance(BATCH_MS);
    expect(built).toEqual([]);
    expect(mempool.has(late.id)).toBe(true);
    builder.forget(mempool.expire(2));
    add('new');
    await clock.advance(BATCH_MS);
    expect(built.map(namesIn)).toEqual([['new']]);
  });

  it('asks again after a pause while the database is away, once a pause whatever arrives', async () => {
    const { builder, built, add, store, clock, database, errors } = bench();
    store.setAvailable(false);
    add('a');
    builder.open(request());
    await settlePromises();
    add('b');
    add('c');
    await clock.advance(249);
    expect(store.calls).toHaveLength(1);
    await clock.advance(251);
    expect(store.calls).toHaveLength(3);
    store.setAvailable(true);
    await clock.advance(250);
    expect(built.map(namesIn)).toEqual([['a', 'b', 'c']]);
    expect(database).toEqual([false, false, false, true]);
    expect(errors).toEqual([]);
  });

  it('says that the database is back even when nothing is left to propose', async () => {
    const { builder, built, add, store, clock, database } = bench();
    store.setAvailable(false);
    store.committedIds.add(add('a').id);
    builder.open(request());
    await settlePromises();
    store.setAvailable(true);
    await clock.advance(250);
    expect([built, database]).toEqual([[], [false, true]]);
  });

  it('reports any other error', async () => {
    const { builder, add, store, errors } = bench();
    store.failure = new Error('broken');
    add('a');
    builder.open(request());
    await settlePromises();
    expect(errors).toEqual([store.failure]);
  });

  it('gives up a request that blocks from elsewhere have overtaken', async () => {
    const { builder, built, add, results } = bench();
    builder.open(request());
    for (let height = 1; height <= 20; height++) results.addExecuted(height, rootOf(height));
    add('a');
    await settlePromises();
    expect(built).toEqual([]);
  });

  it('builds nothing after stop', async () => {
    const { builder, built, add, store, clock } = bench();
    const release = store.hold();
    add('a');
    builder.open(request());
    builder.stop();
    release();
    await clock.advance(1_000);
    expect(built).toEqual([]);
  });

  it('fills the header as every voter will check it', async () => {
    const { builder, built, add, contents, finish, clock } = bench();
    finish(sampleBlockOf(genesis, [sampleTransaction(genesis, 'first')]));
    const parent = sampleBlockOf(genesis, [add('second')], { height: 2, timestampMs: BLOCK_TIME_MS + 500 });
    add('third');
    builder.open(request(3, [parent], 6));
    await clock.advance(BATCH_MS);
    const [block] = built;
    expect(block!.header).toMatchObject({
      chainId: genesis.chainId,
      epoch: 0,
      height: 3,
      originView: 6,
      proposer: 2,
      parentHash: parent.hash,
      transactionCount: 1,
      resultRoot: rootOf(1),
      validatorsDigest: validatorSetDigest(genesis.validators),
      timestampMs: BLOCK_TIME_MS + 501,
      epochFinal: false,
    });
    expect(block!.hash).toBe(hashHeader(block!.header));
    const fresh = new BlockContents({ get: () => undefined }, ed25519Verifier, new EpochHistory(genesis), 1);
    expect(fresh.isBodyBound(block!)).toBe(true);
    expect(contents.openBound(block!).every(({ verified }) => verified)).toBe(true);
  });

  it('fills the epoch up to its end although nothing waits, and names the next validators in its last block', async () => {
    const { builder, built, epochs, finish, add } = bench();
    const validators = genesis.validators.slice(1);
    epochs.onExecuted({
      scheduled: { epoch: 1, firstHeight: 3, validators, parameters: genesis.parameters },
    });
    builder.open({ ...request(1), isDue: true });
    await settlePromises();
    expect(built.map(({ header }) => [header.height, header.transactionCount, header.epochFinal])).toEqual([
      [1, 0, false],
    ]);
    finish(built[0]!);
    add('a');
    builder.open({ ...request(2), isDue: true, epochFinal: true });
    await settlePromises();
    expect(namesIn(built[1])).toEqual(['a']);
    expect(built[1]!.header).toMatchObject({
      epochFinal: true,
      validatorsDigest: validatorSetDigest(genesis.validators),
      nextValidatorsDigest: validatorSetDigest(validators),
    });
    finish(built[1]!);
    builder.open({ ...request(3), epoch: 1 });
    await settlePromises();
    expect(built).toHaveLength(2);
    add('b');
    await settlePromises();
    expect(built[2]!.header).toMatchObject({
      epoch: 1,
      epochFinal: false,
      validatorsDigest: validatorSetDigest(validators),
      nextValidatorsDigest: ZERO_DIGEST,
    });
  });

  it('leaves out what the next epoch has no room for, and lets others pass', async () => {
    const { clock, builder, built, epochs, add } = bench();
    const { validators } = genesis;
    const parameters = { ...genesis.parameters, transactionBytesMax: 1_024 };
    epochs.onExecuted({ scheduled: { epoch: 1, firstHeight: 2, validators, parameters } });
    add('large', { command: documentCommand(['urn:item:a'], { note: 'x'.repeat(2_000) }) });
    add('small');
    builder.open({ ...request(2), epoch: 1 });
    await clock.advance(BATCH_MS);
    expect(built.map(namesIn)).toEqual([['small']]);
  });

  it('stops rather than ends an epoch elsewhere than its replica', async () => {
    const { builder, built, errors, add } = bench();
    add('a');
    builder.open({ ...request(1), epochFinal: true });
    await settlePromises();
    expect([built, errors.map(String).join()]).toEqual([[], expect.stringContaining('different heights')]);
  });
});
