/**
 * A ledger of many records in a real database, executed and certified as a quorum would have done it, without the time that
 * consensus takes: what auditors ask of it can then be measured at any size.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  removePostgres,
  startPostgres,
  type RunningPostgres,
} from '../../src/demo/postgres/embedded-postgres.js';
import type { BlockToCommit } from '../../src/node/ports.js';
import { encodeGenesis, type Genesis } from '../../src/protocol/ledger/genesis.js';
import type { DocumentToRecord, Transaction } from '../../src/protocol/ledger/transaction.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { DEFAULT_BUCKET_BITS } from '../../src/protocol/state/state-tree.js';
import { migrateDatabase } from '../../src/storage/migrate-database.js';
import { PostgresLedgerStore } from '../../src/storage/postgres-ledger-store.js';
import { certificateOf, checkpointCertificateOf } from '../../test/support/certified-blocks.js';
import { MemoryLedger } from '../../test/support/memory-ledger.js';
import {
  signTestTransaction,
  testGenesis,
  testGenesisDocument,
} from '../../test/support/signed-transactions.js';

const TRANSACTIONS_A_BLOCK = 10;
const RECORDS_A_TRANSACTION = 50;
const RECORDS_A_BLOCK = TRANSACTIONS_A_BLOCK * RECORDS_A_TRANSACTION;
const BLOCKS_TOGETHER = 4;
/** Every record names an item of its own, its lot, and the site where it was seen. */
const RECORDS_A_LOT = 1_000;
const SITES = 10;

export const siteOf = (record: number): string => `urn:example:site:${record % SITES}`;

function documentOf(record: number): DocumentToRecord {
  const lot = Math.floor(record / RECORDS_A_LOT);
  const content = {
    item: `urn:example:item:${record}`,
    lot: `urn:example:lot:${lot}`,
    site: siteOf(record),
    step: 'inspected',
    temperature: (record % 400) / 10,
    note: 'sealed, undamaged, label readable; weight as declared on the delivery note',
  };
  return {
    kind: 'inspection',
    content: utf8ToBytes(JSON.stringify(content)),
    subjectPointers: ['/item', '/lot', '/site'],
  };
}

export class FilledLedger {
  private readonly chain: MemoryLedger;
  records = 0;
  readonly transactionIds: TransactionId[] = [];

  private constructor(
    readonly directory: string,
    readonly postgres: RunningPostgres,
    private readonly genesis: Genesis,
    readonly genesisBytes: Uint8Array,
  ) {
    this.chain = new MemoryLedger(genesis, DEFAULT_BUCKET_BITS);
  }

  /** Starts a database in a temporary folder, with genesis in it. Organisations let everyone read unless they say otherwise. */
  static async create(): Promise<FilledLedger> {
    const directory = mkdtempSync(path.join(tmpdir(), 'countersign-bench-audit-'));
    const postgres = await startPostgres({ directory: path.join(directory, 'postgres') });
    const parameters = { stateWritesPerBlockMax: 20_000, transactionTtlBlocks: 100_000 };
    const genesisBytes = encodeGenesis(testGenesisDocument(parameters));
    const ledger = new FilledLedger(directory, postgres, testGenesis(parameters), genesisBytes);
    writeFileSync(ledger.genesisFile, genesisBytes);
    await migrateDatabase(postgres.ownerUrl);
    const store = await PostgresLedgerStore.open({ url: postgres.url });
    await store.initialise(ledger.chain.genesisResult);
    await store.close();
    return ledger;
  }

  get genesisFile(): string {
    return path.join(this.directory, 'genesis.json');
  }

  get height(): number {
    return this.chain.height;
  }

  /** Adds blocks until there are `records` records. No node may use the database meanwhile. */
  async growTo(records: number): Promise<void> {
    const store = await PostgresLedgerStore.open({ url: this.postgres.url });
    try {
      while (this.records < records) {
        const blocks: BlockToCommit[] = [];
        while (blocks.length < BLOCKS_TOGETHER && this.records < records) blocks.push(this.nextBlock());
        await this.commit(store, blocks);
      }
    } finally {
      await store.close();
    }
  }

  async remove(): Promise<void> {
    await this.postgres.stop();
    await removePostgres(path.join(this.directory, 'postgres'));
    rmSync(this.directory, { recursive: true, force: true });
  }

  private nextBlock(): BlockToCommit {
    const transactions = Array.from({ length: TRANSACTIONS_A_BLOCK }, (_, place) =>
      this.sign('acme/submitter', `${this.records}-${place}`, {
        type: 'recordDocuments',
        documents: Array.from({ length: RECORDS_A_TRANSACTION }, (_unused, index) =>
          documentOf(this.records + place * RECORDS_A_TRANSACTION + index),
        ),
      }),
    );
    this.records += RECORDS_A_BLOCK;
    this.transactionIds.push(...transactions.map(({ id }) => id));
    return this.execute(transactions);
  }

  private sign(signer: string, idempotencyKey: string, command: Transaction['command']): Transaction {
    const { chainId } = this.genesis;
    const validUntilHeight = this.chain.height + 100;
    return signTestTransaction({ chainId, signer, idempotencyKey, validUntilHeight, command });
  }

  private execute(transactions: readonly Transaction[]): BlockToCommit {
    const executed = this.chain.execute(transactions);
    const failed = executed.outcomes.find(({ code }) => code !== 'OK');
    if (failed !== undefined)
      throw new Error(`a transaction of the sample has failed: ${JSON.stringify(failed)}`);
    return { executed, certificate: certificateOf(this.genesis, executed.block) };
  }

  private async commit(store: PostgresLedgerStore, blocks: readonly BlockToCommit[]): Promise<void> {
    await store.commitBlocks(blocks, { journalId: 'bench', position: 0 });
    for (const { executed } of blocks) {
      const { height } = executed.block.header;
      await store.saveCheckpoint(checkpointCertificateOf(this.genesis, height, executed.logRoot));
    }
  }
}
