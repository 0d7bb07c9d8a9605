import { describe, expect, it } from '@jest/globals';
import {
  certificateOf,
  checkpointCertificateOf,
  sampleTransaction,
} from '../../test/support/certified-blocks.js';
import { sampleCertificate, sampleDigest, sampleRecord } from '../../test/support/journal-samples.js';
import { MemoryLedger } from '../../test/support/memory-ledger.js';
import { testGenesis } from '../../test/support/signed-transactions.js';
import { SimulatedLedgerStore } from '../../test/support/simulated-ledger-store.js';
import type { ExecutedBlock } from '../protocol/execution/executed-block.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { bytesToHex } from '../protocol/primitives/bytes.js';
import { DEFAULT_BUCKET_BITS } from '../protocol/state/state-tree.js';
import type { Journal } from './ports.js';
import { recoverNode } from './recovery.js';

const genesis = testGenesis({ pipelineDepth: 2 });
const own = { organisation: 'globex', ledgerKey: genesis.validators[1]!.ledgerKey };
const JOURNAL_ID = 'journal';

interface JournalTwin {
  readonly records?: readonly JournalRecord[];
  readonly id?: string;
  readonly position?: number;
  readonly appliedHeight?: number;
}

function journalOf({
  records = [],
  id = JOURNAL_ID,
  position = 100,
  appliedHeight = 0,
}: JournalTwin = {}): Journal {
  return {
    recover: () => Promise.resolve(records),
    append: () => undefined,
    sync: () => Promise.resolve(),
    stall: () => undefined,
    position: () => ({ journalId: id, position }),
    appliedHeight: () => appliedHeight,
    truncateBefore: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** A database with `count` blocks, each written at journal position 10 × height; the heights up to `certified` have checkpoints. */
async function storeWith(count: number, certified = 0) {
  const ledger = new MemoryLedger(genesis, DEFAULT_BUCKET_BITS);
  const store = new SimulatedLedgerStore();
  const blocks: ExecutedBlock[] = [];
  if (count > 0) await store.initialise(ledger.genesisResult);
  for (let height = 1; height <= count; height++) {
    const executed = ledger.execute([sampleTransaction(genesis, `t${height}`)]);
    blocks.push(executed);
    await store.commitBlocks([{ executed, certificate: certificateOf(genesis, executed.block) }], {
      journalId: JOURNAL_ID,
      position: 10 * height,
    });
    if (height <= certified)
      await store.saveCheckpoint(checkpointCertificateOf(genesis, height, executed.logRoot));
  }
  return { store, ledger, blocks };
}

describe('recoverNode', () => {
  it('founds a ledger in an empty database', async () => {
    const { store, ledger } = await storeWith(0);
    const { head, tree, roots, amnesia, replica } = await recoverNode(genesis, store, journalOf(), own);
    const { stateRoot, logRoot } = ledger.genesisResult;
    expect(head).toMatchObject({ height: 0, stateRoot, logRoot });
    expect([bytesToHex(tree.root()), roots, amnesia]).toEqual([
      stateRoot,
      new Map([[0, logRoot]]),
      undefined,
    ]);
    expect(replica).toMatchObject({
      executedHeight: 0,
      executedRoot: logRoot,
      certificate: undefined,
      recentBlocks: [],
      certifiedHeight: 0,
      journal: [],
    });
  });

  it('comes back to where the database stands', async () => {
    const { store, blocks } = await storeWith(8, 5);
    const last = blocks[7]!;
    const { head, tree, roots, amnesia, replica } = await recoverNode(genesis, store, journalOf(), own);
    expect(head).toMatchObject({ height: 8, blockHash: last.block.hash, resultLog: last.resultLog });
    expect(bytesToHex(tree.root())).toBe(last.stateRoot);
    expect(roots).toEqual(new Map([6, 7, 8].map((height) => [height, blocks[height - 1]!.logRoot])));
    expect(amnesia).toBeUndefined();
    expect(replica).toMatchObject({
      executedHeight: 8,
      executedBlockHash: last.block.hash,
      executedTimestampMs: last.block.header.timestampMs,
      certifiedHeight: 5,
      checkpoint: { height: 5, root: blocks[4]!.logRoot },
    });
    expect(replica.certificate?.blockHash).toBe(last.block.hash);
    expect(replica.recentBlocks.map(({ block }) => block.header.height)).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it('keeps the records that the database has not overtaken, and where the views stand', async () => {
    const { store } = await storeWith(4, 2);
    const locked = (height: number): JournalRecord => ({
      type: 'locked',
      certificate: sampleCertificate(height),
    });
    const signed = (height: number): JournalRecord => ({
      type: 'checkpointSigned',
      height,
      root: sampleDigest(height),
    });
    const records = [
      sampleRecord(4, 'prepared'),
      sampleRecord(5, 'prepared'),
      locked(4),
      locked(5),
      sampleRecord(4, 'committed'),
      sampleRecord(5, 'committed'),
      signed(2),
      signed(3),
      sampleRecord(1, 'viewLeft'),
      sampleRecord(1, 'viewEntered'),
    ];
    const { replica } = await recoverNode(genesis, store, journalOf({ records }), own);
    expect(replica.journal).toEqual([1, 3, 5, 7, 8, 9].map((index) => records[index]));
  });

  it('votes no more when the journal is another one, or ends before what the database knows', async () => {
    const { store } = await storeWith(3);
    const recover = async (journal: JournalTwin) =>
      (await recoverNode(genesis, store, journalOf(journal), own)).amnesia;
    await expect(recover({ position: 30 })).resolves.toBeUndefined();
    await expect(recover({ position: 29 })).resolves.toMatch('votes are forgotten');
    await expect(recover({ id: 'another' })).resolves.toMatch('not the one');
  });

  it('lets the replica wait for what a database held that was set back', async () => {
    const { store } = await storeWith(3);
    const { amnesia, replica } = await recoverNode(genesis, store, journalOf({ appliedHeight: 9 }), own);
    expect(amnesia).toBeUndefined();
    expect([replica.executedHeight, replica.appliedHeight]).toEqual([3, 9]);
  });

  it('refuses a database that was made from another genesis', async () => {
    const { store } = await storeWith(1);
    const other = testGenesis({ pipelineDepth: 3 });
    await expect(recoverNode(other, store, journalOf(), own)).rejects.toMatchObject({
      code: 'GENESIS_MISMATCH',
    });
  });

  it('notices a row of the state that somebody changed', async () => {
    const { store } = await storeWith(1);
    store.corruptState();
    await expect(recoverNode(genesis, store, journalOf(), own)).rejects.toMatchObject({
      code: 'STATE_CORRUPT',
    });
  });

  it('passes on that the database or the journal cannot be read', async () => {
    const { store } = await storeWith(1);
    const journal = { ...journalOf(), recover: () => Promise.reject(new Error('a torn record')) };
    await expect(recoverNode(genesis, store, journal, own)).rejects.toThrow('a torn record');
    store.setAvailable(false);
    await expect(recoverNode(genesis, store, journalOf(), own)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });
});
