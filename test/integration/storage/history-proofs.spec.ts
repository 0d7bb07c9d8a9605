import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EpochHistory } from '../../../src/node/epochs/epoch-history.js';
import { HISTORY_PAGE_BYTES_MAX } from '../../../src/node/ports.js';
import { CountersignedResults } from '../../../src/node/proofs/countersigned-results.js';
import { LedgerProofs } from '../../../src/node/proofs/ledger-proofs.js';
import { RecentStates } from '../../../src/node/proofs/recent-states.js';
import type { ExecutedBlock } from '../../../src/protocol/execution/executed-block.js';
import { encodeGenesis } from '../../../src/protocol/ledger/genesis.js';
import { bytesToHex } from '../../../src/protocol/primitives/bytes.js';
import { verifyState } from '../../../src/protocol/proof/state/verify-state-value.js';
import { verifySubjectHistory } from '../../../src/protocol/proof/state/verify-subject-history.js';
import { stateKey, stateKeyDigest } from '../../../src/protocol/state/state-key.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerReader } from '../../../src/storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { checkpointCertificateOf } from '../../support/certified-blocks.js';
import type { MemoryLedger } from '../../support/memory-ledger.js';
import { testGenesisDocument } from '../../support/signed-transactions.js';
import { commitCertificateOf, createStoredChain, executeSample } from '../../support/stored-chain.js';
import {
  createTestDatabase,
  createTestPostgres,
  withClient,
  type TestPostgres,
} from '../../support/test-postgres.js';

const migrations = fileURLToPath(new URL('../../../migrations', import.meta.url));
const genesisBytes = encodeGenesis(testGenesisDocument({ stateWritesPerBlockMax: 20_000 }));
const LONG = 'urn:lot:long';
const PER_BLOCK = 260;
const BLOCKS = 5;
/** Records of LONG. */
const TOTAL = PER_BLOCK * BLOCKS;

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let reader: PostgresLedgerReader;
let chain: MemoryLedger;
let states: RecentStates;
let proofs: LedgerProofs;
const blocks: ExecutedBlock[] = [];

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  store = await PostgresLedgerStore.open({ url: postgres.running.url });
  reader = new PostgresLedgerReader({ url: postgres.running.readerUrl });
  chain = createStoredChain();
  await store.initialise(chain.genesisResult);
  states = new RecentStates(chain.stateTree, 0, reader);
  const results = new CountersignedResults({
    genesis: chain.genesis,
    epochs: new EpochHistory(chain.genesis),
    reader,
  });
  proofs = new LedgerProofs({ results, states, reader });
  for (let block = 0; block < BLOCKS; block++) {
    await commit(
      executeSample(chain, { transactions: PER_BLOCK, subjects: 1, subjectName: () => LONG, states }),
    );
  }
});

afterAll(async () => {
  await reader.close();
  await store.close();
  await postgres.remove();
});

async function commit(executed: ExecutedBlock): Promise<void> {
  blocks.push(executed);
  const { height } = executed.block.header;
  await store.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
    journalId: 'journal',
    position: height,
  });
  await store.saveCheckpoint(checkpointCertificateOf(chain.genesis, height, executed.logRoot));
}

const all = async () => (): boolean => true;

describe('subtrees of histories', () => {
  const nodes = async (ownerUrl: string) =>
    withClient(ownerUrl, async (client) => {
      const text = `SELECT encode(subject_digest, 'hex') AS subject, level, index::integer, encode(hash, 'hex') AS hash
                    FROM ledger.subject_nodes ORDER BY subject_digest, level, index`;
      return (await client.query<Record<string, string | number>>(text)).rows;
    });
  const expected = () =>
    blocks
      .flatMap(({ subjectNodes }) => subjectNodes)
      .map(({ subjectDigest, level, index, hash }) => ({
        ...{ subject: bytesToHex(subjectDigest), level, index },
        hash: bytesToHex(hash),
      }))
      .sort((left, right) => left.level - right.level || left.index - right.index);

  it('are stored with the blocks that complete them, from 256 leaves on', async () => {
    expect(expected().map(({ level, index }) => `${level}/${index}`)).toEqual([
      ...['8/0', '8/1', '8/2', '8/3', '8/4', '9/0', '9/1', '10/0'],
    ]);
    expect(await nodes(postgres.running.ownerUrl)).toEqual(expected());
  });

  it('of a ledger from before are what the migration makes of its entries', async () => {
    const { ownerUrl } = await createTestDatabase(postgres.running, 'older');
    const older = await mkdtemp(join(tmpdir(), 'countersign-migrations-'));
    await cp(migrations, older, { recursive: true, filter: (file) => !/\/000[6-9]_/.test(file) });
    await migrateDatabase(ownerUrl, older);
    const rows = await withClient(postgres.running.ownerUrl, (client) =>
      client.query<Record<string, unknown>>('SELECT * FROM ledger.subject_entries'),
    );
    const otherSubject = Buffer.alloc(32, 7);
    await withClient(ownerUrl, (client) =>
      client.query(
        `INSERT INTO ledger.subject_entries SELECT (copied).* FROM (
           SELECT json_populate_record(NULL::ledger.subject_entries, entry) AS copied FROM json_array_elements($1) AS entry
         ) AS copies
         UNION ALL SELECT $2::bytea, sequence, 1, 0, sequence, sha256(int4send(sequence)), 0, 0
         FROM generate_series(0, 254) AS sequence`,
        [
          JSON.stringify(
            rows.rows.map((row) =>
              Object.fromEntries(
                Object.entries(row).map(([name, value]) => [
                  name,
                  Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value,
                ]),
              ),
            ),
          ),
          otherSubject,
        ],
      ),
    );
    expect((await migrateDatabase(ownerUrl)).applied[0]).toBe('0006_subject_nodes');
    expect(await nodes(ownerUrl)).toEqual(expected());
    await rm(older, { recursive: true });
  });
});

describe('histories in PostgreSQL', () => {
  const key = stateKey('subject', LONG);

  it('are read as of a height', async () => {
    for (let height = 0; height <= BLOCKS + 1; height++) {
      const { total, entries } = await reader.readHistory(key, 250, 20, height);
      const count = PER_BLOCK * Math.min(height, BLOCKS);
      expect([height, total]).toEqual([height, count]);
      const sequences = Array.from(
        { length: Math.max(0, Math.min(20, count - 250)) },
        (_, index) => 250 + index,
      );
      expect(entries.map(({ sequence }) => sequence)).toEqual(sequences);
    }
    expect(await reader.readHistory(stateKey('subject', 'urn:nobody'), 0, 5, 3)).toEqual({
      total: 0,
      entries: [],
    });
    expect((await reader.readHistory(key, 0, 5)).total).toBe(TOTAL);
    expect(await reader.readHistory(key, TOTAL, 5)).toEqual({ total: TOTAL, entries: [] });
  });

  it('are proven page by page, at every kept height', async () => {
    for (const [from, limit, atHeight] of [
      [0, 100, 5],
      [255, 2, 5],
      [600, 100, 4],
      [1_023, 200, 5],
      [TOTAL - 1, 10, 5],
      [3, 200, 1],
    ] as const) {
      const page = await proofs.subjectHistory({ subject: LONG, from, limit, atHeight, readable: all });
      if ('refused' in page) throw new Error(page.refused);
      expect(verifySubjectHistory(page.file, genesisBytes)).toMatchObject({
        ok: true,
        value: { count: PER_BLOCK * atHeight, height: atHeight, from },
      });
    }
  });

  it('prove that nobody names a subject, and entries of the state as they were', async () => {
    const none = await proofs.subjectHistory({
      subject: 'urn:no',
      from: 0,
      limit: 9,
      atHeight: 2,
      readable: all,
    });
    if ('refused' in none) throw new Error(none.refused);
    expect(verifySubjectHistory(none.file, genesisBytes)).toMatchObject({
      ok: true,
      value: { count: 0, height: 2 },
    });
    const keyText = `subject/${LONG}`;
    for (const atHeight of [1, 2, 5]) {
      const proven = await proofs.proveState({ key, keyText }, atHeight);
      if ('refused' in proven) throw new Error(proven.refused);
      const value = blocks[atHeight - 1]!.writes.find((write) => write.key === key)!.value;
      const verified = verifyState(proven.file, genesisBytes);
      expect(verified).toMatchObject({ ok: true, value: { height: atHeight } });
      expect(bytesToHex(verified.ok ? verified.value.value! : new Uint8Array(0))).toBe(bytesToHex(value!));
    }
  });

  it('give pages that end before they are too large', async () => {
    const subject = 'urn:lot:large';
    const large = { subjects: 1, subjectName: () => subject, padding: 60_000, states };
    await commit(executeSample(chain, { transactions: 100, ...large }));
    const first = await reader.readHistory(stateKey('subject', subject), 0, 200);
    const bytes = first.entries.reduce((sum, { record }) => sum + record.length, 0);
    expect([first.total, first.entries.length < 100]).toEqual([100, true]);
    expect(bytes).toBeLessThanOrEqual(HISTORY_PAGE_BYTES_MAX);
    expect(bytes).toBeGreaterThan(HISTORY_PAGE_BYTES_MAX - 70_000);
    const page = await proofs.subjectHistory({
      subject,
      from: 0,
      limit: 200,
      atHeight: undefined,
      readable: all,
    });
    expect(page).toMatchObject({ next: first.entries.length });
    const rest = await reader.readHistory(stateKey('subject', subject), first.entries.length, 200);
    expect(first.entries.length + rest.entries.length).toBe(100);
  });

  it('name what is missing', async () => {
    const digest = Buffer.from(stateKeyDigest(key)).toString('hex');
    await withClient(postgres.running.ownerUrl, async (client) => {
      await client.query('ALTER TABLE ledger.subject_nodes DISABLE TRIGGER append_only');
      await client.query('ALTER TABLE ledger.subject_entries DISABLE TRIGGER append_only');
      await client.query(`DELETE FROM ledger.subject_nodes WHERE level = 8 AND index = 3`);
      await client.query(
        `DELETE FROM ledger.subject_entries WHERE sequence = 540 AND subject_digest = decode('${digest}', 'hex')`,
      );
    });
    const corrupt = { code: 'DATABASE_CORRUPT' };
    await expect(reader.readHistoryNodes(key, [{ level: 8, index: 3 }])).rejects.toMatchObject(corrupt);
    await expect(reader.readHistoryLeaves(key, [{ from: 512, to: 600 }])).rejects.toMatchObject(corrupt);
    expect(
      await reader.readHistoryLeaves(key, [
        { from: 512, to: 514 },
        { from: 600, to: 601 },
      ]),
    ).toHaveLength(3);
    const page = { subject: LONG, from: 541, limit: 4, atHeight: 5, readable: all };
    await expect(proofs.subjectHistory(page)).rejects.toMatchObject(corrupt);
  });
});
