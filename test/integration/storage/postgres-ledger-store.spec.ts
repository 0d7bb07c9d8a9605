import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ExecutedBlock } from '../../../src/protocol/execution/executed-block.js';
import { encodeBlockBody } from '../../../src/protocol/ledger/block-body.js';
import { encodeHeader } from '../../../src/protocol/ledger/block-header.js';
import { bytesToHex, compareBytes } from '../../../src/protocol/primitives/bytes.js';
import { ZERO_DIGEST } from '../../../src/protocol/primitives/identifiers.js';
import { stateKey, stateKeyDigest, type StateKey } from '../../../src/protocol/state/state-key.js';
import { StateTree } from '../../../src/protocol/state/state-tree.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerReader } from '../../../src/storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { executeGenesis } from '../../../src/protocol/execution/execute-genesis.js';
import type { MemoryLedger } from '../../support/memory-ledger.js';
import { testGenesis } from '../../support/signed-transactions.js';
import {
  checkpointOf,
  commitCertificateOf,
  createStoredChain,
  executeSample,
} from '../../support/stored-chain.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';
import { organisationStateKey } from '../../../src/protocol/governance/organisation-entry.js';

const journal = { journalId: 'journal-1', position: 4_096 };
const recurring = (transaction: number, subject: number): string => `urn:item:${(transaction + subject) % 5}`;
const unknownId = '1'.repeat(64) as ExecutedBlock['transactions'][number]['transaction']['id'];

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let reader: PostgresLedgerReader;
let chain: MemoryLedger;
const blocks: ExecutedBlock[] = [];

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  store = await PostgresLedgerStore.open({ url: postgres.running.url });
  reader = new PostgresLedgerReader({ url: postgres.running.readerUrl });
  chain = createStoredChain();
});

afterAll(async () => {
  await reader.close();
  await store.close();
  await postgres.remove();
});

async function commit(executed: ExecutedBlock): Promise<void> {
  await store.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
    ...journal,
    position: journal.position + executed.block.header.height,
  });
}

/** Rows of every table, for "nothing has changed". */
async function rowCounts() {
  return withClient(postgres.running.ownerUrl, async (client) => {
    const tables = [
      'blocks',
      'transactions',
      'subject_entries',
      'subject_nodes',
      'log_nodes',
      'checkpoints',
      'state',
    ];
    const counts = tables.map((table) => `(SELECT count(*) FROM ledger.${table}) AS ${table}`);
    return (await client.query<Record<string, string>>(`SELECT ${counts.join(', ')}`)).rows[0];
  });
}

describe('an empty ledger', () => {
  it('has no head', async () => {
    expect(await store.loadHead()).toBeUndefined();
    expect(await store.highestCheckpoint()).toBeUndefined();
    await expect(reader.headHeight()).rejects.toMatchObject({ code: 'LEDGER_EMPTY' });
  });

  it('takes genesis once and for ever', async () => {
    const head = await store.initialise(chain.genesisResult);
    expect(head).toEqual({
      height: 0,
      blockHash: ZERO_DIGEST,
      timestampMs: 0,
      certificate: undefined,
      stateRoot: chain.genesisResult.stateRoot,
      logRoot: chain.genesisResult.logRoot,
      resultLog: { size: 1, hashes: chain.genesisResult.resultLog.hashes.map((hash) => Buffer.from(hash)) },
      journal: undefined,
    });
    expect(await store.initialise(chain.genesisResult)).toEqual(head);
    expect(await reader.headHeight()).toBe(0);
    expect(await reader.readBlock(0)).toBeUndefined();
  });

  it('refuses another genesis', async () => {
    const other = executeGenesis(testGenesis({ subjectsPerTransactionMax: 7 }), new StateTree());
    await expect(store.initialise(other)).rejects.toMatchObject({ code: 'GENESIS_MISMATCH' });
  });
});

describe('a committed chain', () => {
  beforeAll(async () => {
    for (const sample of [
      { transactions: 3, subjects: 2, subjectName: recurring },
      { transactions: 0, subjects: 0 },
      { transactions: 40, subjects: 3, subjectName: recurring, padding: 2_000 },
      { transactions: 20, subjects: 30 },
    ]) {
      const executed = executeSample(chain, sample);
      await commit(executed);
      blocks.push(executed);
    }
  });

  it('has the head that execution gave', async () => {
    const last = blocks.at(-1)!;
    const head = await store.loadHead();
    expect(head).toEqual({
      height: 4,
      blockHash: last.block.hash,
      timestampMs: last.block.header.timestampMs,
      certificate: commitCertificateOf(last),
      stateRoot: last.stateRoot,
      logRoot: last.logRoot,
      resultLog: { size: 5, hashes: last.resultLog.hashes.map((hash) => Buffer.from(hash)) },
      journal: { journalId: 'journal-1', position: 4_100 },
    });
    expect(await reader.headHeight()).toBe(4);
  });

  it('rebuilds the state root from its leaves', async () => {
    const tree = new StateTree();
    const buckets = new Map<number, { keyDigest: Uint8Array; valueDigest: Uint8Array }[]>();
    for await (const chunk of store.streamLeaves()) {
      for (const { bucket, leaf } of chunk) {
        const leaves = buckets.get(bucket) ?? [];
        leaves.push(leaf);
        buckets.set(bucket, leaves);
      }
    }
    for (const [bucket, leaves] of buckets) tree.loadBucket(bucket, leaves);
    tree.finishLoading();
    expect(bytesToHex(tree.root())).toBe(blocks.at(-1)!.stateRoot);
  });

  it('reads whole buckets, with values for the keys asked for alone', async () => {
    const present = [...chain.state.keys()].slice(0, 50);
    const absent = stateKey('subject', 'urn:item:none');
    const keys = [...present, absent].map((key) => {
      const keyDigest = stateKeyDigest(key);
      return { key, keyDigest, bucket: chain.stateTree.bucketOf(keyDigest) };
    });
    const rows = await store.readBuckets(keys);
    const values = new Map(rows.flatMap((row) => (row.key === undefined ? [] : [[row.key, row.value]])));
    expect([...values.keys()].sort()).toEqual([...present].sort());
    for (const key of present) expect(compareBytes(values.get(key)!, chain.state.get(key)!)).toBe(0);
    const asked = new Set(keys.map(({ bucket }) => bucket));
    const inBuckets = [...chain.state.keys()].filter((key) =>
      asked.has(chain.stateTree.bucketOf(stateKeyDigest(key))),
    );
    expect(rows).toHaveLength(inBuckets.length);
    const order = rows.map(({ keyDigest }) => bytesToHex(keyDigest));
    expect(order).toEqual([...order].sort());
    expect(await store.readBuckets([])).toEqual([]);
  });

  it('reads single keys', async () => {
    const [first, second] = [...chain.state.keys()] as [StateKey, StateKey];
    const read = await store.readState([first, second, first, stateKey('subject', 'none')]);
    expect([...read.keys()].sort()).toEqual([first, second].sort());
    expect(compareBytes(read.get(first)!, chain.state.get(first)!)).toBe(0);
    expect((await store.readState([])).size).toBe(0);
  });

  it('reads every organisation in the order of its key, and that no epoch has followed the first', async () => {
    const organisations = await store.readOrganisations();
    const names = chain.genesis.organisations.map(({ name }) => organisationStateKey(name));
    expect(organisations.map(({ key }) => key)).toEqual(names.toSorted());
    expect(organisations.map(({ key, value }) => [key, bytesToHex(value)])).toEqual(
      organisations.map(({ key }) => [key, bytesToHex(chain.state.get(key)!)]),
    );
    expect(await store.readEpochTerms()).toEqual({ ended: [], pending: undefined });
  });

  it('knows which transactions are on the ledger', async () => {
    const ids = blocks[2]!.transactions.map(({ transaction }) => transaction.id);
    expect(await store.findCommittedIds([...ids, unknownId])).toEqual(new Set(ids));
    expect(await store.findCommittedIds([])).toEqual(new Set());
  });

  it('gives blocks back byte for byte, as many as fit', async () => {
    const all = await store.readBlocks(0, 99, 100_000_000);
    expect(all.map(({ block }) => block.hash)).toEqual(blocks.map(({ block }) => block.hash));
    for (const [index, { block, certificate, checkpoint }] of all.entries()) {
      const { block: original, transactions } = blocks[index]!;
      expect(encodeHeader(block.header)).toEqual(encodeHeader(original.header));
      expect(Buffer.compare(block.body, original.body)).toBe(0);
      expect(encodeBlockBody(transactions.map(({ transaction }) => transaction))).toEqual(original.body);
      expect(certificate).toEqual(commitCertificateOf(blocks[index]!));
      expect(checkpoint).toBeUndefined();
    }
    const [first, , third] = blocks;
    const two = first!.block.header.bodyBytes;
    expect((await store.readBlocks(1, 4, two)).map(({ block }) => block.header.height)).toEqual([1, 2]);
    expect((await store.readBlocks(3, 4, 1)).map(({ block }) => block.hash)).toEqual([third!.block.hash]);
    expect(await store.readBlocks(5, 9, 1_000)).toEqual([]);
  });

  it('reads roots and nodes of the result log', async () => {
    const roots = await store.readLogRoots(0, 4);
    expect([...roots.entries()].sort(([left], [right]) => left - right)).toEqual([
      [0, chain.genesisResult.logRoot],
      ...blocks.map(({ block, logRoot }) => [block.header.height, logRoot]),
    ]);
    const nodes = blocks.flatMap(({ logNodes }) => logNodes).reverse();
    const hashes = await reader.readLogNodes(nodes);
    expect(hashes.map(bytesToHex)).toEqual(nodes.map(({ hash }) => bytesToHex(hash)));
    await expect(reader.readLogNodes([{ level: 40, index: 0 }])).rejects.toMatchObject({
      code: 'DATABASE_CORRUPT',
    });
  });

  it('keeps the first checkpoint of a height', async () => {
    const checkpoint = checkpointOf(blocks[1]!);
    const otherLines = { ...checkpoint, signatures: checkpoint.signatures.slice(0, 2) };
    await store.saveCheckpoint(checkpoint);
    await store.saveCheckpoint(otherLines);
    await store.saveCheckpoint(checkpointOf(blocks[2]!));
    expect(await reader.readCheckpoint(2)).toEqual(checkpoint);
    expect(await reader.readCheckpoint(1)).toBeUndefined();
    expect(await reader.firstCheckpointFrom(1)).toEqual(checkpoint);
    expect(await reader.firstCheckpointFrom(4)).toBeUndefined();
    expect(await store.highestCheckpoint()).toEqual(checkpointOf(blocks[2]!));
    expect(await reader.highestCheckpoint()).toEqual(checkpointOf(blocks[2]!));
    expect((await store.readBlocks(2, 2, 1))[0]?.checkpoint).toEqual(checkpoint);
  });

  it('lists blocks from both ends', async () => {
    const summary = await reader.readBlock(3);
    const { block, resultRecordBytes } = blocks[2]!;
    expect(summary).toMatchObject({ height: 3, hash: block.hash, header: block.header, certified: true });
    expect(Buffer.compare(summary!.headerBytes, encodeHeader(block.header))).toBe(0);
    expect(Buffer.compare(summary!.resultRecord, resultRecordBytes)).toBe(0);
    expect(await reader.readBlock(5)).toBeUndefined();
    const heights = async (page: { after?: number; before?: number }, limit: number) =>
      (await reader.listBlocks(page, limit)).map(
        ({ height, certified }) => `${height}${certified ? '' : '?'}`,
      );
    expect(await heights({}, 3)).toEqual(['1', '2', '3']);
    expect(await heights({ after: 3 }, 3)).toEqual(['4?']);
    expect(await heights({ before: 4 }, 2)).toEqual(['3', '2']);
    await expect(reader.listBlocks({}, 100_000)).rejects.toThrow('a page has at most');
  });

  it('finds and lists transactions', async () => {
    const { transactions, outcomeBytes } = blocks[2]!;
    const { transaction } = transactions[7]!;
    const stored = await reader.findTransaction(transaction.id);
    expect(stored).toMatchObject({ id: transaction.id, height: 3, index: 7 });
    expect(Buffer.compare(stored!.body, transaction.body)).toBe(0);
    expect(Buffer.compare(stored!.signature, transaction.signature)).toBe(0);
    expect(Buffer.compare(stored!.outcome, outcomeBytes[7]!)).toBe(0);
    expect(await reader.findTransaction(unknownId)).toBeUndefined();
    const places = (list: readonly { height: number; index: number }[]) =>
      list.map(({ height, index }) => `${height}/${index}`);
    expect(places(await reader.listTransactions(undefined, 4))).toEqual(['1/0', '1/1', '1/2', '3/0']);
    expect(places(await reader.listTransactions({ height: 3, index: 38 }, 3))).toEqual([
      '3/39',
      '4/0',
      '4/1',
    ]);
    expect(places(await reader.listTransactions({ height: 3, index: 38 }, 3, { height: 3 }))).toEqual([
      '3/39',
    ]);
    const entries = await reader.readEntries(3);
    expect(entries.map(({ id }) => id)).toEqual(transactions.map(({ transaction: { id } }) => id));
    expect(entries.map(({ outcome }) => bytesToHex(outcome))).toEqual(outcomeBytes.map(bytesToHex));
  });

  it('pages through the history of a subject with the exact bytes of each record', async () => {
    const subject = 'urn:item:2';
    const key = stateKey('subject', subject);
    const expected = blocks.flatMap(({ block, transactions, outcomeBytes }) =>
      transactions.flatMap(({ transaction, records }, transactionIndex) =>
        records.flatMap(({ start, end, subjects, digest }, recordIndex) =>
          subjects.includes(key)
            ? [
                {
                  height: block.header.height,
                  transactionIndex,
                  recordIndex,
                  timestampMs: block.header.timestampMs,
                  transactionId: transaction.id,
                  recordDigest: bytesToHex(digest),
                  record: Buffer.from(transaction.body.subarray(start, end)),
                  outcome: Buffer.from(outcomeBytes[transactionIndex]!),
                },
              ]
            : [],
        ),
      ),
    );
    expect(expected.length).toBeGreaterThan(20);
    const all = await reader.readHistory(stateKey('subject', subject), 0, 1_000);
    expect(all.total).toBe(expected.length);
    expect(all.entries).toEqual(expected.map((entry, sequence) => ({ sequence, ...entry })));
    const page = await reader.readHistory(stateKey('subject', subject), 10, 5);
    expect(page).toEqual({ total: all.total, entries: all.entries.slice(10, 15) });
    expect(await reader.readHistory(stateKey('subject', subject), 500, 5)).toEqual({
      total: all.total,
      entries: [],
    });
    expect(await reader.readHistory(stateKey('subject', 'urn:item:none'), 0, 5)).toEqual({
      total: 0,
      entries: [],
    });
  });

  it('takes the same block again without effect, and no other of that height', async () => {
    const before = await rowCounts();
    await commit(blocks[3]!);
    await commit(blocks[0]!);
    expect(await rowCounts()).toEqual(before);
    const other = { ...blocks[3]!, block: { ...blocks[3]!.block, hash: blocks[0]!.block.hash } };
    await expect(commit(other)).rejects.toThrow('height 4 holds block');
    expect(await rowCounts()).toEqual(before);
  });

  it('refuses a gap', async () => {
    const next = executeSample(chain, { transactions: 1, subjects: 1 });
    const afterNext = executeSample(chain, { transactions: 1, subjects: 1 });
    const before = await rowCounts();
    await expect(commit(afterNext)).rejects.toThrow('block 6 is not the next one');
    expect(await rowCounts()).toEqual(before);
    await commit(next);
    await commit(afterNext);
    blocks.push(next, afterNext);
  });

  it('leaves nothing of a block when a later part of it fails', async () => {
    const executed = executeSample(chain, { transactions: 5, subjects: 2 });
    const before = await rowCounts();
    const [write] = executed.writes;
    const broken = {
      ...executed,
      writes: [...executed.writes.slice(1), { ...write!, valueDigest: new Uint8Array(31) }],
    };
    await expect(commit(broken)).rejects.toMatchObject({ code: 'DATABASE_FAILED' });
    expect(await rowCounts()).toEqual(before);
    expect((await store.loadHead())?.height).toBe(6);
    await commit(executed);
    blocks.push(executed);
    expect((await store.loadHead())?.blockHash).toBe(executed.block.hash);
  });

  it('deletes state', async () => {
    const executed = executeSample(chain, { transactions: 1, subjects: 1 });
    const gone = [...chain.state.keys()].find((key) => !executed.writes.some((write) => write.key === key))!;
    const keyDigest = stateKeyDigest(gone);
    const deletion = {
      key: gone,
      keyDigest,
      value: undefined,
      valueDigest: undefined,
      bucket: chain.stateTree.bucketOf(keyDigest),
    };
    expect((await store.readState([gone])).size).toBe(1);
    await commit({ ...executed, writes: [...executed.writes, deletion] });
    expect((await store.readState([gone])).size).toBe(0);
  });
});
