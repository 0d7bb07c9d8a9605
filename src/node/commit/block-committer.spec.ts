import { describe, expect, it } from '@jest/globals';
import { certificateOf, sampleTransaction } from '../../../test/support/certified-blocks.js';
import { MemoryLedger } from '../../../test/support/memory-ledger.js';
import { createRecordingObserver } from '../../../test/support/recording-observer.js';
import { settlePromises, SimulatedClock } from '../../../test/support/simulated-clock.js';
import { documentCommand, testGenesis } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { Transaction } from '../../protocol/ledger/transaction.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import { executeGenesis } from '../../protocol/execution/execute-genesis.js';
import { StateTree } from '../../protocol/state/state-tree.js';
import { BlockContents } from '../proposal/block-contents.js';
import { BlockCommitter } from './block-committer.js';
import { EpochHistory } from '../epochs/epoch-history.js';
import { RecentStates } from '../proofs/recent-states.js';

const BUCKET_BITS = 4;
const genesis = testGenesis();

/** `reference` executes the same blocks without a node, and says what must come out. */
async function bench() {
  const reference = new MemoryLedger(genesis, BUCKET_BITS);
  const clock = new SimulatedClock();
  const store = new SimulatedLedgerStore();
  const tree = new StateTree(BUCKET_BITS);
  const founded = executeGenesis(genesis, tree);
  await store.initialise(founded);
  const epochs = new EpochHistory(genesis);
  const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, 16);
  const executed: ExecutedBlock[] = [];
  const database: boolean[] = [];
  const errors: unknown[] = [];
  const committer = new BlockCommitter(
    {
      epochs,
      contents,
      states: new RecentStates(tree, 0, { readBuckets: (keys) => store.readBuckets(keys) }),
      store,
      journal: { position: () => ({ journalId: 'journal', position: 7 }) },
      clock,
      observer: createRecordingObserver(),
      onExecuted: (block) => executed.push(block),
      onDatabase: (available) => database.push(available),
      onError: (error) => errors.push(error),
    },
    tree,
    founded.resultLog,
  );
  /** The next block, handed over as the replica does. */
  const executeTransactions = (transactions: readonly Transaction[]): ExecutedBlock => {
    const expected = reference.execute(transactions);
    committer.execute(expected.block, certificateOf(genesis, expected.block));
    return expected;
  };
  const execute = (...names: readonly string[]): ExecutedBlock =>
    executeTransactions(names.map((name) => sampleTransaction(genesis, name)));
  return { clock, store, executed, database, errors, committer, execute, executeTransactions };
}

/** Keeps the answers to commitBlocks back until the returned function is called; reads go on. */
function holdCommits(store: SimulatedLedgerStore): () => void {
  const { commitBlocks } = store;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  store.commitBlocks = async (...parts) => {
    await released;
    await commitBlocks.apply(store, parts);
  };
  return () => {
    release();
  };
}

const heights = (blocks: readonly ExecutedBlock[]): readonly number[] =>
  blocks.map(({ block }) => block.header.height);

describe('BlockCommitter', () => {
  it('executes blocks in order, each durable before it is told', async () => {
    const { store, executed, execute, committer } = await bench();
    const expected = [execute('a', 'b'), execute('c'), execute('d')];
    expect(committer.pending).toBe(3);
    await settlePromises();
    expect(executed.map(({ logRoot }) => logRoot)).toEqual(expected.map(({ logRoot }) => logRoot));
    expect(store.blocks.map(({ journal }) => journal.position)).toEqual([7, 7, 7]);
    expect(store.blocks[0]!.certificate.blockHash).toBe(expected[0]!.block.hash);
    expect(committer.pending).toBe(0);
  });

  it('tells nothing while the database is at work', async () => {
    const { store, executed, execute } = await bench();
    const release = store.hold();
    execute('a');
    await settlePromises();
    expect(executed).toEqual([]);
    release();
    await settlePromises();
    expect(heights(executed)).toEqual([1]);
  });

  it('tries a block again while the database is away, and never executes it twice', async () => {
    const { clock, store, executed, database, errors, execute } = await bench();
    const first = execute('a');
    await settlePromises();
    const { commitBlocks } = store;
    let refusals = 3;
    store.commitBlocks = async (...parts) => {
      store.setAvailable(refusals-- <= 0);
      await commitBlocks.apply(store, parts);
    };
    const second = execute('b');
    await clock.advance(10_000);
    expect(executed.map(({ logRoot }) => logRoot)).toEqual([first.logRoot, second.logRoot]);
    expect(database).toEqual([false, false, false, true]);
    expect([store.callsOf('readBuckets'), store.callsOf('commitBlocks')]).toEqual([2, 5]);
    expect(errors).toEqual([]);
  });

  it('executes on while the database is at work, and saves what came meanwhile together', async () => {
    const { store, executed, errors, execute, committer } = await bench();
    const release = holdCommits(store);
    const expected = [execute('a')];
    await settlePromises();
    expected.push(execute('b'), execute('c'), execute('d'));
    await settlePromises();
    expect([store.callsOf('readBuckets'), executed, committer.pending]).toEqual([2, [], 4]);
    release();
    await settlePromises();
    expect(heights(executed)).toEqual([1, 2, 3, 4]);
    expect(executed.map(({ logRoot }) => logRoot)).toEqual(expected.map(({ logRoot }) => logRoot));
    expect([store.callsOf('commitBlocks'), store.blocks.length, errors]).toEqual([2, 4, []]);
  });

  it('executes a block on what the blocks before it have written, durable or not', async () => {
    const { store, executed, errors, executeTransactions } = await bench();
    const release = holdCommits(store);
    const shared = (name: string): Transaction =>
      sampleTransaction(genesis, name, { command: documentCommand(['urn:item:shared', `urn:item:${name}`]) });
    const again = (name: string): Transaction =>
      sampleTransaction(genesis, name, {
        command: documentCommand(['urn:item:shared', `urn:item:${name}`]),
        validUntilHeight: 50,
      });
    const expected = [executeTransactions([shared('a')])];
    await settlePromises();
    // The same history grows, and a used idempotency key comes again, in the same batch of reads and in the next one.
    expected.push(executeTransactions([shared('b'), again('a')]), executeTransactions([again('b')]));
    await settlePromises();
    expected.push(executeTransactions([shared('c'), again('b')]));
    await settlePromises();
    expect(executed).toEqual([]);
    release();
    await settlePromises();
    expect(executed.map(({ stateRoot }) => stateRoot)).toEqual(expected.map(({ stateRoot }) => stateRoot));
    expect(executed.map(({ outcomes }) => outcomes.map(({ code }) => code))).toEqual([
      ['OK'],
      ['OK', 'REPLAYED'],
      ['REPLAYED'],
      ['OK', 'REPLAYED'],
    ]);
    expect(errors).toEqual([]);
  });

  it('is right when a read saw the database before a block that became durable while it ran', async () => {
    const { store, executed, errors, executeTransactions } = await bench();
    const shared = (name: string): Transaction =>
      sampleTransaction(genesis, name, { command: documentCommand(['urn:item:shared']) });
    const release = holdCommits(store);
    const expected = [executeTransactions([shared('a')])];
    await settlePromises();
    const { readBuckets } = store;
    store.readBuckets = async (keys) => {
      const rows = await readBuckets.call(store, keys);
      release();
      await settlePromises();
      expect(heights(executed)).toEqual([1]);
      return rows;
    };
    expected.push(executeTransactions([shared('b')]));
    await settlePromises();
    await settlePromises();
    expect(executed.map(({ stateRoot }) => stateRoot)).toEqual(expected.map(({ stateRoot }) => stateRoot));
    expect(errors).toEqual([]);
  });

  it('puts no more than so many bytes into one database transaction', async () => {
    const { store, executed, executeTransactions } = await bench();
    const release = holdCommits(store);
    const large = (name: string): Transaction =>
      sampleTransaction(genesis, name, {
        command: documentCommand([`urn:item:${name}`], { padding: 'x'.repeat(60_000) }),
      });
    const block = (height: number): readonly Transaction[] =>
      Array.from({ length: 17 }, (_, index) => large(`${height}-${index}`));
    for (let height = 1; height <= 7; height++) executeTransactions(block(height));
    for (let turn = 0; turn < 4; turn++) await settlePromises();
    const together: number[] = [];
    const { commitBlocks } = store;
    store.commitBlocks = async (...parts) => {
      together.push(parts[0].length);
      await commitBlocks.apply(store, parts);
    };
    release();
    for (let turn = 0; turn < 4; turn++) await settlePromises();
    expect(executed).toHaveLength(7);
    expect(Math.max(...together)).toBeLessThanOrEqual(4);
  });

  it('waits for the database before it reads, too', async () => {
    const { clock, store, executed, execute } = await bench();
    store.setAvailable(false);
    execute('a');
    await clock.advance(700);
    expect([store.callsOf('readState'), executed]).toEqual([3, []]);
    store.setAvailable(true);
    await clock.advance(250);
    expect(heights(executed)).toEqual([1]);
  });

  it('reports any other error and executes nothing after it', async () => {
    const { store, executed, errors, execute } = await bench();
    store.failure = new Error('the table is gone');
    execute('a');
    await settlePromises();
    expect([errors, executed]).toEqual([[store.failure], []]);
  });

  it('reports a body that is not the one of its header', async () => {
    const { errors, execute, committer, store } = await bench();
    const { block } = execute('a');
    await settlePromises();
    const certificate = certificateOf(genesis, block);
    committer.execute({ ...block, body: Uint8Array.of(1) }, certificate);
    await settlePromises();
    expect(errors).toHaveLength(1);
    expect(store.blocks).toHaveLength(1);
  });

  it('takes up no further block after stop, and reports nothing', async () => {
    const { clock, store, executed, errors, execute, committer } = await bench();
    store.setAvailable(false);
    execute('a');
    execute('b');
    await settlePromises();
    committer.stop();
    execute('c');
    await clock.advance(10_000);
    expect([executed, errors]).toEqual([[], []]);
    expect(store.callsOf('readState')).toBe(2);
  });
});
