import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import type { Block } from '../../protocol/ledger/block.js';
import type { Height, PublicKey, TransactionId, View } from '../../protocol/primitives/identifiers.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import { Mempool } from '../mempool/mempool.js';
import { InclusionWatch } from './inclusion-watch.js';
import { EpochHistory } from '../epochs/epoch-history.js';

const PROGRESS_MS = 2_000;
const PARAMETERS = {
  pipelineDepth: 2,
  blockTransactionsMax: 6,
  blockBytesMax: 4_096,
  transactionBytesMax: 1_024,
  stateWritesPerBlockMax: 1_100,
  subjectsPerTransactionMax: 1_000,
  transactionTtlBlocks: 1_000,
};
const genesis = testGenesis(PARAMETERS);
const WIDE = {
  transactionsMax: 10_000,
  bytesMax: 100_000_000,
  organisationTransactionsMax: 10_000,
  organisationBytesMax: 100_000_000,
};
const NOBODY: ReadonlySet<TransactionId> = new Set();

interface Sample {
  readonly name: string;
  readonly signer: string;
  readonly bytes?: number;
  readonly stateWrites?: number;
  readonly validUntilHeight?: Height;
}

/** The fields that pool and watch read; `signer` is the organisation's name. */
function waiting(sample: Sample, arrivedMs: number): AdmittedTransaction {
  const { name, signer, bytes = 200, stateWrites = 2, validUntilHeight = 500 } = sample;
  const transaction = {
    id: name as TransactionId,
    publicKey: signer as PublicKey,
    chainId: genesis.chainId,
    validUntilHeight,
    body: new Uint8Array(bytes - 64),
    signature: new Uint8Array(64),
  };
  const planned = { stateWrites };
  return {
    transaction,
    planned,
    plannedFor: () => planned,
    bytes,
    arrivedMs,
  } as unknown as AdmittedTransaction;
}

function bench() {
  const clock = new SimulatedClock();
  const mempool = new Mempool(
    WIDE,
    clock,
    (key) => key,
    () => 4,
  );
  const bodies = new Map<Block, readonly AdmittedTransaction[]>();
  const opened = (block: Block) =>
    bodies.get(block)!.map(({ transaction, planned }) => ({
      transaction,
      parameters: genesis.parameters,
      plan: planned,
      verified: true,
    }));
  const unfair: View[] = [];
  const shared: TransactionId[][] = [];
  const onLedger = new Set<TransactionId>();
  const watch = new InclusionWatch({
    chainId: genesis.chainId,
    epochs: new EpochHistory(genesis),
    mempool,
    contents: { openBound: opened, planned: ({ plan }) => plan! },
    clock,
    progressTimeoutMs: PROGRESS_MS,
    isOpen: (id) => !onLedger.has(id),
    shareAgain: (transactions) => shared.push(transactions.map(({ transaction }) => transaction.id)),
    onUnfair: (view) => unfair.push(view),
  });
  let height = 0;
  const add = (sample: Sample) => mempool.add(waiting(sample, clock.monotonicMs()));
  const blockOf = (transactions: readonly AdmittedTransaction[]): Block => {
    height += 1;
    const block = { header: { height } } as Block;
    bodies.set(block, transactions);
    return block;
  };
  /** A proposal with these transactions, in the view, half a second after the last. */
  const propose = async (samples: readonly Sample[], view = 0, ancestors: readonly Block[] = []) => {
    await clock.advance(500);
    watch.look(view);
    const block = blockOf(samples.map((sample) => waiting(sample, 0)));
    watch.onProposal(view, block, ancestors);
    return block;
  };
  return { clock, mempool, watch, unfair, shared, onLedger, add, blockOf, propose };
}

const globex = (number: number, more: Partial<Sample> = {}): Sample => ({
  name: `globex ${number}`,
  signer: 'globex',
  ...more,
});
const HEAD = { name: 'head', signer: 'acme' } as const;
/** Full by count, and without acme. */
const FULL = Array.from({ length: 6 }, (_, index) => globex(index));

describe('InclusionWatch', () => {
  it('wants another primary when blocks with room leave out what was sent to it again', async () => {
    const { add, propose, unfair, shared } = bench();
    add(HEAD);
    for (let round = 1; round < 8; round++) await propose([globex(round)]);
    // Overdue comes after 4 s of waiting and sending again, and counts blocks from then on.
    expect([shared, unfair]).toEqual([[['head']], []]);
    for (let round = 8; round < 14; round++) await propose([globex(round)]);
    expect(shared).toEqual([['head'], ['head'], ['head']]);
    expect(unfair).not.toEqual([]);
    expect(new Set(unfair)).toEqual(new Set([0]));
  });

  it('wants it after the pipeline depth of such blocks and three progress timeouts, not before', async () => {
    const { add, propose, unfair, clock, watch } = bench();
    add(HEAD);
    await clock.advance(PROGRESS_MS);
    watch.look(0);
    await clock.advance(PROGRESS_MS - 500);
    for (let round = 0; round < 3; round++) {
      await propose([globex(round)]);
      expect(unfair).toEqual([]);
    }
    await clock.advance(500);
    await propose([globex(9)]);
    expect(unfair).toEqual([0]);
  });

  it.each<[string, readonly Sample[]]>([
    ['it is in the block', [HEAD]],
    [
      'the block is full and its organisation has its share',
      [
        ...FULL.slice(3),
        { name: 'a1', signer: 'acme', bytes: 400 },
        { name: 'a2', signer: 'acme', bytes: 200 },
        { name: 'a3', signer: 'acme', bytes: 200 },
      ],
    ],
    [
      'the block is full of bytes, and its own first transaction may not have fitted',
      [
        globex(0, { bytes: 1_024 }),
        globex(1, { bytes: 1_024 }),
        globex(2, { bytes: 1_024 }),
        { name: 'a1', signer: 'acme', bytes: 1_024 },
      ],
    ],
    [
      'the block has many state writes, and its own first transaction may need more',
      [globex(0, { stateWrites: 600 })],
    ],
  ])('is content when %s', async (_, samples) => {
    const { add, propose, unfair } = bench();
    add(HEAD);
    for (let round = 0; round < 40; round++) await propose(samples);
    expect(unfair).toEqual([]);
  });

  it('counts full blocks in which its organisation has less than the turns by bytes give', async () => {
    const { add, propose, unfair } = bench();
    add(HEAD);
    for (let round = 0; round < 20; round++) await propose(FULL);
    expect(unfair).not.toEqual([]);
  });

  it('is content while it is in a block under way, on the ledger, or too late for the block', async () => {
    const { add, propose, unfair, blockOf, onLedger, shared } = bench();
    add(HEAD);
    const under = blockOf([waiting(HEAD, 0)]);
    for (let round = 0; round < 20; round++) await propose([globex(round)], 0, [under]);
    expect(unfair).toEqual([]);

    const ledger = bench();
    ledger.add(HEAD);
    ledger.onLedger.add('head' as TransactionId);
    for (let round = 0; round < 20; round++) await ledger.propose([globex(round)]);
    const late = bench();
    late.add({ ...HEAD, validUntilHeight: 0 });
    for (let round = 0; round < 20; round++) await late.propose([globex(round)]);
    expect([ledger.unfair, ledger.shared, late.unfair]).toEqual([[], [], []]);
    expect([onLedger.size, shared.length > 0]).toEqual([0, true]);
  });

  it('gives each primary its own time, and each transaction', async () => {
    const { add, propose, unfair, mempool, clock } = bench();
    add(HEAD);
    for (let view = 0; view < 8; view++)
      for (let round = 0; round < 4; round++) await propose([globex(round)], view);
    expect(unfair).toEqual([]);
    for (let number = 0; number < 8; number++) {
      mempool.remove(['head', `next ${number - 1}`] as TransactionId[]);
      add({ name: `next ${number}`, signer: 'acme' });
      for (let round = 0; round < 8; round++) await propose([globex(round)], 8);
    }
    expect(unfair).toEqual([]);
    expect(clock.monotonicMs()).toBeGreaterThan(10 * PROGRESS_MS);
  });

  it.each([1, 3])(
    'wants another primary when one serves %i at a time while it has room for all',
    async (each) => {
      const { propose, unfair, mempool, add, clock } = bench();
      const names = Array.from({ length: 100 }, (_, index) => `w${index}`);
      for (const name of names) add({ name, signer: 'acme' });
      // The oldest first, so nobody's oldest waits for long; those behind it do.
      for (let round = 0; round < 20; round++) {
        const served = names.slice(round * each, (round + 1) * each);
        await propose(served.map((name) => ({ name, signer: 'acme' })));
        mempool.remove(served as TransactionId[]);
      }
      expect([new Set(unfair), clock.monotonicMs()]).toEqual([new Set([0]), 10_000]);
    },
  );

  it('forgives what was left out once nothing is any more', async () => {
    const { propose, unfair, add } = bench();
    add(HEAD);
    for (let round = 0; round < 60; round++) {
      const isServed = round % 3 === 2;
      await propose([isServed ? HEAD : globex(round)]);
    }
    expect(unfair).toEqual([]);
  });

  it('watches so many of a lane, and so many bytes, but one always', async () => {
    for (const [bytes, watched] of [
      [200, 32],
      [10_000, 6],
      [100_000, 1],
    ] as const) {
      const { add, propose, shared } = bench();
      for (let number = 0; number < 50; number++) add({ name: `w${number}`, signer: 'acme', bytes });
      for (let round = 0; round < 4; round++) await propose([]);
      expect(shared.map(({ length }) => length)).toEqual([watched]);
    }
  });

  /** One of acme's transactions needs up to all the state writes of a block, and up to a quarter of its bytes. */
  const arrivals = fc.array(
    fc.record({
      signer: fc.constantFrom('acme', 'globex', 'initech', 'umbrella'),
      bytes: fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: 100, max: 400 }) },
        { weight: 1, arbitrary: fc.constant(1_024) },
      ),
      stateWrites: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 20 }) },
        { weight: 1, arbitrary: fc.constant(1_100) },
      ),
      late: fc.boolean(),
    }),
    { maxLength: 12 },
  );

  it('never accuses an honest primary, whatever waits and in whatever order it came there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arrivals, { minLength: 20, maxLength: 40 }), async (rounds) => {
        const { clock, mempool, watch, blockOf, unfair } = bench();
        const primary = new Mempool(
          WIDE,
          clock,
          (key) => key,
          () => 4,
        );
        let number = 0;
        let delayed: AdmittedTransaction[] = [];
        for (const round of rounds) {
          // What is late at the primary arrives there half a second after the others have it.
          for (const each of delayed) primary.add(each);
          delayed = [];
          for (const { late, ...sample } of round) {
            const transaction = waiting({ ...sample, name: `t${number++}` }, clock.monotonicMs());
            mempool.add(transaction);
            if (late) delayed.push(transaction);
            else primary.add(transaction);
          }
          await clock.advance(500);
          watch.look(0);
          const chosen = primary.select({ parameters: genesis.parameters, exclude: NOBODY });
          if (chosen.length === 0) continue;
          watch.onProposal(0, blockOf(chosen), []);
          const ids = chosen.map(({ transaction }) => transaction.id);
          primary.remove(ids);
          mempool.remove(ids);
        }
        expect(unfair).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('catches a primary that leaves out one organisation, whatever else waits', async () => {
    const plain = arrivals.map((list) => list.map((sample) => ({ ...sample, stateWrites: 2, bytes: 200 })));
    await fc.assert(
      fc.asyncProperty(fc.array(plain, { minLength: 60, maxLength: 60 }), async (rounds) => {
        const { clock, mempool, watch, blockOf, unfair, add } = bench();
        add({ name: 'victim', signer: 'umbrella' });
        let number = 0;
        for (const round of rounds) {
          for (const { signer } of [...round, { signer: 'globex' }])
            mempool.add(waiting({ name: `t${number++}`, signer }, clock.monotonicMs()));
          await clock.advance(500);
          watch.look(0);
          const umbrellas = new Set(
            [...Array.from({ length: number }, (_, index) => `t${index}`), 'victim'].filter(
              (id) => mempool.get(id as TransactionId)?.transaction.publicKey === 'umbrella',
            ),
          ) as ReadonlySet<string> as ReadonlySet<TransactionId>;
          const chosen = mempool.select({ parameters: genesis.parameters, exclude: umbrellas });
          watch.onProposal(0, blockOf(chosen), []);
          mempool.remove(chosen.map(({ transaction }) => transaction.id));
        }
        expect(unfair).not.toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
