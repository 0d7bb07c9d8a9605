import { describe, expect, it } from '@jest/globals';
import { certificateOf, sampleTransaction } from '../../../test/support/certified-blocks.js';
import { MemoryLedger } from '../../../test/support/memory-ledger.js';
import { createRecordingObserver } from '../../../test/support/recording-observer.js';
import { settlePromises, SimulatedClock } from '../../../test/support/simulated-clock.js';
import { testGenesis } from '../../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../../test/support/simulated-ledger-store.js';
import { ed25519Verifier } from '../../protocol/crypto/ed25519.js';
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import { executeGenesis } from '../../protocol/execution/execute-genesis.js';
import { StateTree } from '../../protocol/state/state-tree.js';
import { BlockContents } from '../proposal/block-contents.js';
import { BlockCommitter } from './block-committer.js';

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
  const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, genesis.parameters, 16);
  const executed: ExecutedBlock[] = [];
  const database: boolean[] = [];
  const errors: unknown[] = [];
  const committer = new BlockCommitter(
    {
      genesis,
      contents,
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
  const execute = (...names: readonly string[]): ExecutedBlock => {
    const expected = reference.execute(names.map((name) => sampleTransaction(genesis, name)));
    committer.execute(expected.block, certificateOf(genesis, expected.block));
    return expected;
  };
  return { clock, store, executed, database, errors, committer, execute };
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
    const { commitBlock } = store;
    let refusals = 3;
    store.commitBlock = async (...parts) => {
      store.setAvailable(refusals-- <= 0);
      await commitBlock.apply(store, parts);
    };
    const second = execute('b');
    await clock.advance(10_000);
    expect(executed.map(({ logRoot }) => logRoot)).toEqual([first.logRoot, second.logRoot]);
    expect(database).toEqual([false, false, false, true]);
    expect([store.callsOf('readBuckets'), store.callsOf('commitBlock')]).toEqual([2, 5]);
    expect(errors).toEqual([]);
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
