/** Several blocks in one database transaction, and the one way into the database over crashes at any point. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BlockCommitter } from '../../../src/node/commit/block-committer.js';
import { BlockContents } from '../../../src/node/proposal/block-contents.js';
import { RecentStates } from '../../../src/node/proofs/recent-states.js';
import { recoverNode } from '../../../src/node/recovery.js';
import { ed25519Verifier } from '../../../src/protocol/crypto/ed25519.js';
import type { ExecutedBlock } from '../../../src/protocol/execution/executed-block.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { realClock } from '../../support/real-clock.js';
import { createRecordingObserver } from '../../support/recording-observer.js';
import { commitCertificateOf, createStoredChain, executeSample } from '../../support/stored-chain.js';
import {
  createTestDatabase,
  createTestPostgres,
  withClient,
  type TestPostgres,
} from '../../support/test-postgres.js';

const journal = { journalId: 'journal-1', position: 4_096 };
const CHAIN_BLOCKS = 96;
/** Subjects that come again and again, and one of each block's own. */
const recurring = (transaction: number, subject: number): string => `urn:item:${(transaction + subject) % 7}`;

let postgres: TestPostgres;
const chain = createStoredChain();
const blocks: readonly ExecutedBlock[] = Array.from({ length: CHAIN_BLOCKS }, (_, index) =>
  executeSample(chain, {
    transactions: index % 5,
    subjects: 3,
    ...(index % 3 === 0 ? {} : { subjectName: recurring }),
  }),
);

beforeAll(async () => {
  postgres = await createTestPostgres();
});

afterAll(async () => {
  await postgres.remove();
});

interface Ledger {
  readonly ownerUrl: string;
  readonly url: string;
}

async function createLedger(name: string): Promise<Ledger> {
  const ledger = await createTestDatabase(postgres.running, name);
  await migrateDatabase(ledger.ownerUrl);
  return ledger;
}

async function openStore({ url }: Ledger): Promise<PostgresLedgerStore> {
  const store = await PostgresLedgerStore.open({ url });
  await store.initialise(chain.genesisResult);
  return store;
}

function commitTogether(store: PostgresLedgerStore, together: readonly ExecutedBlock[]): Promise<void> {
  const commits = together.map((executed) => ({ executed, certificate: commitCertificateOf(executed) }));
  return store.commitBlocks(commits, journal);
}

/** Every row of every table, in the order of its key. */
async function dump({ ownerUrl }: Ledger): Promise<Record<string, unknown[]>> {
  const keys = {
    blocks: 'height',
    transactions: 'height, index',
    subject_entries: 'subject_digest, sequence',
    log_nodes: 'level, index',
    state: 'bucket, key_digest',
  };
  return withClient(ownerUrl, async (client) => {
    const rows: Record<string, unknown[]> = {};
    for (const [table, key] of Object.entries(keys))
      rows[table] = (await client.query(`SELECT * FROM ledger.${table} ORDER BY ${key}`)).rows;
    return rows;
  });
}

describe('blocks that are written together', () => {
  it('leave the same rows as one after the other', async () => {
    const [one, several] = [await createLedger('one_by_one'), await createLedger('together')];
    const [first, second] = [await openStore(one), await openStore(several)];
    for (const executed of blocks) await commitTogether(first, [executed]);
    for (let start = 0; start < blocks.length; start += 8)
      await commitTogether(second, blocks.slice(start, start + 8));
    expect(await dump(several)).toEqual(await dump(one));
    await first.close();
    await second.close();
  });

  it('are in the database all or none', async () => {
    const ledger = await createLedger('all_or_none');
    const store = await openStore(ledger);
    await commitTogether(store, blocks.slice(0, 2));
    const before = await dump(ledger);
    const last = blocks[4]!;
    const [write] = last.writes;
    const broken = { ...last, writes: [{ ...write!, valueDigest: new Uint8Array(31) }] };
    await expect(commitTogether(store, [...blocks.slice(2, 4), broken])).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
    });
    expect(await dump(ledger)).toEqual(before);
    await expect(commitTogether(store, blocks.slice(3, 5))).rejects.toThrow(
      'block 4, 5 is not the next one of the database',
    );
    expect(await dump(ledger)).toEqual(before);
    await store.close();
  });

  it('may come again, and no others in their place', async () => {
    const ledger = await createLedger('again');
    const store = await openStore(ledger);
    await commitTogether(store, blocks.slice(0, 4));
    const before = await dump(ledger);
    await commitTogether(store, blocks.slice(0, 4));
    await commitTogether(store, blocks.slice(1, 3));
    const [third, fourth] = blocks.slice(2, 4) as [ExecutedBlock, ExecutedBlock];
    const other = { ...fourth, block: { ...fourth.block, hash: third.block.hash } };
    await expect(commitTogether(store, [third, other])).rejects.toThrow('height 4 holds block');
    // What overlaps is a broken promise of the caller, not a repetition: nothing of it is taken.
    await expect(commitTogether(store, blocks.slice(3, 6))).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
    });
    expect(await dump(ledger)).toEqual(before);
    await store.close();
  });
});

interface Life {
  /** Nothing more is handed over from this durable height on. */
  readonly until: number;
  /** What happens then, while up to L blocks are on their way into the database. */
  readonly end: () => Promise<void>;
  readonly onDurable?: (height: number) => void;
}

/** One life of a node's way into the database: from what the database holds, on through the chain. */
async function live(ledger: Ledger, { until, end, onDurable }: Life): Promise<void> {
  const store = await PostgresLedgerStore.open({ url: ledger.url });
  const keeper = {
    recover: () => Promise.resolve([]),
    position: () => journal,
    appliedHeight: () => 0,
  } as never;
  // Loads the state tree from its rows and compares its root with the head's result: a torn state would end here.
  const { head, tree, epochs } = await recoverNode(chain.genesis, store, keeper, {
    organisation: 'acme',
    ledgerKey: undefined,
  });
  expect(head.stateRoot).toBe(
    head.height === 0 ? chain.genesisResult.stateRoot : blocks[head.height - 1]!.stateRoot,
  );
  const contents = new BlockContents({ get: () => undefined }, ed25519Verifier, epochs, 64);
  await new Promise<void>((resolve, reject) => {
    let handedOver = head.height;
    let durable = head.height;
    const committer: BlockCommitter = new BlockCommitter(
      {
        epochs,
        contents,
        states: new RecentStates(tree, head.height, store),
        store,
        journal: { position: () => journal },
        clock: realClock,
        observer: createRecordingObserver(),
        onExecuted: (executed) => {
          const { height } = executed.block.header;
          if (executed.logRoot !== blocks[height - 1]!.logRoot)
            reject(new Error(`another result at ${height}`));
          durable = height;
          onDurable?.(height);
          if (height < until) handOver();
          if (height !== until) return;
          end().then(() => {
            committer.stop();
            resolve();
          }, reject);
        },
        onDatabase: () => undefined,
        onError: reject,
      },
      tree,
      head.resultLog,
    );
    /** As the replica does: no more than L ahead of what is durable. */
    const handOver = (): void => {
      const limit = durable + chain.genesis.parameters.pipelineDepth;
      for (const next of blocks.slice(handedOver, limit)) {
        committer.execute(next.block, commitCertificateOf(next));
        handedOver++;
      }
    };
    handOver();
  });
  await store.close();
}

describe('a node that dies while it commits blocks', () => {
  it('finds its database at the end of a block, and goes on from there', async () => {
    const ledger = await createLedger('crashes');
    await (await openStore(ledger)).close();
    let lives = 0;
    // Connected beforehand, so that the end comes while blocks are on their way.
    await withClient(ledger.ownerUrl, async (client) => {
      const endSessions = async (): Promise<void> => {
        await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                            WHERE application_name LIKE 'countersign-%' AND pid <> pg_backend_pid()`);
      };
      for (let height = 0; height < blocks.length; lives++) {
        const until = Math.min(blocks.length, height + 1 + (lives % 7));
        await live(ledger, { until, end: endSessions });
        const store = await PostgresLedgerStore.open({ url: ledger.url });
        height = (await store.loadHead())!.height;
        expect(height).toBeGreaterThanOrEqual(until);
        await store.close();
      }
    });
    expect(lives).toBeGreaterThan(4);
    const store = await PostgresLedgerStore.open({ url: ledger.url });
    const held = await store.readBlocks(1, blocks.length, 1e9);
    expect(held.map(({ block }) => block.hash)).toEqual(blocks.map(({ block }) => block.hash));
    await store.close();
    const whole = await createLedger('never_died');
    const undisturbed = await openStore(whole);
    for (const executed of blocks) await commitTogether(undisturbed, [executed]);
    await undisturbed.close();
    expect(await dump(ledger)).toEqual(await dump(whole));
  });

  it('goes on by itself when only the database server dies', async () => {
    const ledger = await createLedger('server_dies');
    await (await openStore(ledger)).close();
    let restarts = Promise.resolve();
    await live(ledger, {
      until: blocks.length,
      end: () => restarts,
      onDurable: (height) => {
        if (height % 30 !== 0) return;
        restarts = restarts.then(async () => {
          await postgres.running.stop();
          await postgres.restart();
        });
      },
    });
    const store = await PostgresLedgerStore.open({ url: ledger.url });
    expect((await store.loadHead())?.stateRoot).toBe(blocks.at(-1)!.stateRoot);
    await store.close();
  });
});
