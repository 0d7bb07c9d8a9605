import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutedBlock } from '../../../src/protocol/execution/executed-block.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerReader } from '../../../src/storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { startCuttingProxy } from '../../support/cutting-proxy.js';
import type { MemoryLedger } from '../../support/memory-ledger.js';
import { conflictingVotes } from '../../support/signed-evidence.js';
import {
  checkpointOf,
  commitCertificateOf,
  createStoredChain,
  executeSample,
} from '../../support/stored-chain.js';
import {
  createTestDatabase,
  createTestPostgres,
  withClient,
  type TestPostgres,
} from '../../support/test-postgres.js';

const unavailable = { code: 'DATABASE_UNAVAILABLE' };

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let reader: PostgresLedgerReader;
let chain: MemoryLedger;

beforeAll(async () => {
  postgres = await createTestPostgres();
  await migrateDatabase(postgres.running.ownerUrl);
  store = await PostgresLedgerStore.open({ url: postgres.running.url });
  reader = new PostgresLedgerReader({ url: postgres.running.readerUrl });
  chain = createStoredChain();
  await store.initialise(chain.genesisResult);
});

afterAll(async () => {
  await reader.close();
  await store.close();
  await postgres.remove();
});

async function commit(executed: ExecutedBlock, into: PostgresLedgerStore = store): Promise<void> {
  await into.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
    journalId: 'j',
    position: 1,
  });
}

/** As the node does: the same call again for as long as the database is not there. */
async function untilAvailable(attempt: () => Promise<void>): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await attempt();
      return failures;
    } catch (error) {
      expect(error).toMatchObject(unavailable);
      await sleep(20);
    }
  }
}

describe('a database that stops and starts again', () => {
  it('is reported as unavailable by every call, and used again without a restart of the node', async () => {
    const executed = executeSample(chain, { transactions: 10, subjects: 2 });
    await reader.ping();
    await postgres.running.stop();
    await expect(reader.ping()).rejects.toMatchObject(unavailable);
    await expect(store.loadHead()).rejects.toMatchObject(unavailable);
    await expect(commit(executed)).rejects.toMatchObject(unavailable);
    await expect(store.saveCheckpoint(checkpointOf(executed))).rejects.toMatchObject(unavailable);
    await expect(store.saveEvidence(conflictingVotes(chain.genesis))).rejects.toMatchObject(unavailable);
    await expect(PostgresLedgerStore.open({ url: postgres.running.url })).rejects.toMatchObject(unavailable);
    await postgres.restart();
    await untilAvailable(() => commit(executed));
    await reader.ping();
    expect((await store.loadHead())?.blockHash).toBe(executed.block.hash);
  });

  it('loses and doubles nothing when it goes away under a stream of commits', async () => {
    const blocks = Array.from({ length: 40 }, () => executeSample(chain, { transactions: 20, subjects: 3 }));
    const restarts = (async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(60);
        await postgres.running.stop();
        await postgres.restart();
      }
    })();
    for (const executed of blocks) await untilAvailable(() => commit(executed));
    await restarts;
    const stored = await store.readBlocks(1, chain.height, 1e9);
    expect(stored.map(({ block }) => block.hash).slice(-40)).toEqual(blocks.map(({ block }) => block.hash));
    expect((await store.loadHead())?.stateRoot).toBe(blocks.at(-1)!.stateRoot);
  });

  it('survives that its sessions are ended', async () => {
    const executed = executeSample(chain, { transactions: 5, subjects: 2 });
    await withClient(postgres.running.ownerUrl, (client) =>
      client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name LIKE 'countersign-%' AND pid <> pg_backend_pid()`),
    );
    await untilAvailable(() => commit(executed));
    expect((await store.loadHead())?.blockHash).toBe(executed.block.hash);
  });
});

describe('a commit whose outcome is unknown', () => {
  it('is settled by the same call again', async () => {
    const { ownerUrl, url } = await createTestDatabase(postgres.running, 'unknown');
    await migrateDatabase(ownerUrl);
    const proxy = await startCuttingProxy(postgres.running.port);
    const through = Object.assign(new URL(url), { port: String(proxy.port) }).toString();
    const cutStore = await PostgresLedgerStore.open({ url: through });
    const ownChain = createStoredChain();
    await cutStore.initialise(ownChain.genesisResult);
    const executed = executeSample(ownChain, { transactions: 10, subjects: 2 });
    proxy.swallowAnswers();
    const first = commit(executed, cutStore);
    const committed = async (): Promise<boolean> =>
      withClient(ownerUrl, async (client) => {
        const { rowCount } = await client.query('SELECT FROM ledger.blocks WHERE height = 1');
        return rowCount === 1;
      });
    while (!(await committed())) await sleep(10);
    proxy.cut();
    await expect(first).rejects.toMatchObject(unavailable);
    await untilAvailable(() => commit(executed, cutStore));
    expect((await cutStore.loadHead())?.blockHash).toBe(executed.block.hash);
    await cutStore.close();
    await proxy.close();
  });
});

describe('two nodes with one database', () => {
  it('are not both let in', async () => {
    await expect(PostgresLedgerStore.open({ url: postgres.running.url })).rejects.toMatchObject({
      code: 'DATABASE_LOCKED',
      message: expect.stringContaining('another node writes to this database'),
    });
    const executed = executeSample(chain, { transactions: 1, subjects: 1 });
    await commit(executed);
    await store.close();
    const second = await PostgresLedgerStore.open({ url: postgres.running.url });
    expect((await second.loadHead())?.blockHash).toBe(executed.block.hash);
    await expect(commit(executed)).rejects.toMatchObject(unavailable);
    store = second;
  });
});

describe('a statement that takes too long', () => {
  it('is given up', async () => {
    const { ownerUrl } = postgres.running;
    await withClient(ownerUrl, async (client) => {
      await client.query('BEGIN; LOCK TABLE ledger.blocks IN ACCESS EXCLUSIVE MODE');
      const hasty = new PostgresLedgerReader({ url: postgres.running.readerUrl, statementTimeoutMs: 100 });
      await expect(hasty.readBlock(1)).rejects.toMatchObject(unavailable);
      await client.query('ROLLBACK');
      expect((await hasty.readBlock(1))?.height).toBe(1);
      await hasty.close();
    });
  });
});

describe('a damaged row', () => {
  it('is reported as such', async () => {
    const { ownerUrl } = postgres.running;
    await withClient(ownerUrl, async (client) => {
      await client.query('ALTER TABLE ledger.log_nodes DISABLE TRIGGER append_only');
      await client.query(`UPDATE ledger.log_nodes SET hash = sha256(hash)`);
    });
    await expect(store.loadHead()).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
  });
});
