/** How fast an audit verifies a ledger in PostgreSQL, pass by pass, with many records a transaction and with one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { auditLedger, stateInOneSnapshot } from '../../src/audit/audit-ledger.js';
import { AUDIT_PASSES, type AuditPass } from '../../src/audit/audit-position.js';
import { removePostgres, startPostgres } from '../../src/demo/postgres/embedded-postgres.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { DEFAULT_BUCKET_BITS } from '../../src/protocol/state/state-tree.js';
import { migrateDatabase } from '../../src/storage/migrate-database.js';
import { PostgresAuditRows } from '../../src/storage/postgres-audit-rows.js';
import { PostgresLedgerStore } from '../../src/storage/postgres-ledger-store.js';
import { signedCheckpoint, signedCommit } from '../../test/support/audited-ledger.js';
import { MemoryLedger } from '../../test/support/memory-ledger.js';
import { signTestTransaction, testGenesis } from '../../test/support/signed-transactions.js';
import { sampleDocument } from '../load/sample-events.js';
import { round } from '../statistics.js';

export interface AuditShape {
  readonly blocks: number;
  readonly transactionsPerBlock: number;
  readonly eventsPerTransaction: number;
}

export interface AuditResult {
  readonly shape: AuditShape;
  readonly events: number;
  /** An event stands in the history of each of its subjects. */
  readonly historyEntries: number;
  readonly signatures: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly transactionsPerSecond: number;
  /** Of the process that audits; the database server has its own. */
  readonly processorSeconds: number;
  readonly passSeconds: Readonly<Record<AuditPass, number>>;
  readonly findings: number;
}

export const AUDIT_SHAPES: readonly AuditShape[] = [
  { blocks: 400, transactionsPerBlock: 5, eventsPerTransaction: 50 },
  { blocks: 400, transactionsPerBlock: 50, eventsPerTransaction: 1 },
];

async function fill(url: string, shape: AuditShape): Promise<MemoryLedger> {
  const ledger = new MemoryLedger(testGenesis(), DEFAULT_BUCKET_BITS);
  const store = await PostgresLedgerStore.open({ url });
  await store.initialise(ledger.genesisResult);
  let serial = 0;
  for (let height = 1; height <= shape.blocks; height++) {
    const { validators } = ledger.terms;
    const transactions = Array.from({ length: shape.transactionsPerBlock }, (_, index) => {
      const document = utf8ToBytes(sampleDocument(serial, shape.eventsPerTransaction));
      serial += shape.eventsPerTransaction;
      return signTestTransaction({
        chainId: ledger.genesis.chainId,
        signer: 'acme/submitter',
        idempotencyKey: `${height}-${index}`,
        validUntilHeight: height + 100,
        command: { type: 'captureEpcisDocument', document },
      });
    });
    const executed = ledger.execute(transactions);
    const certificate = signedCommit(executed, validators);
    await store.commitBlocks([{ executed, certificate }], { journalId: 'bench', position: height });
    await store.saveCheckpoint(signedCheckpoint(executed, validators, ledger.genesis));
  }
  await store.close();
  return ledger;
}

async function measure(shape: AuditShape): Promise<AuditResult> {
  const directory = await mkdtemp(path.join(tmpdir(), 'countersign-bench-audit-'));
  const server = await startPostgres({ directory, fsync: false });
  try {
    await migrateDatabase(server.ownerUrl);
    const { genesis } = await fill(server.url, shape);
    const rows = new PostgresAuditRows({ url: server.readerUrl });
    const begun = new Map<AuditPass, number>();
    const processor = process.cpuUsage();
    const startMs = performance.now();
    const report = await auditLedger({
      rows,
      genesis,
      fromHeight: 0,
      state: stateInOneSnapshot((work) => rows.withStateSnapshot(work)),
      pace: () => true,
      onProgress: ({ pass }) => {
        if (!begun.has(pass)) begun.set(pass, performance.now());
      },
    });
    const endMs = performance.now();
    const { user, system } = process.cpuUsage(processor);
    await rows.close();
    const starts = [...AUDIT_PASSES.map((pass) => begun.get(pass) ?? endMs), endMs];
    const passSeconds = Object.fromEntries(
      AUDIT_PASSES.map((pass, index) => [
        pass,
        round(((starts[index + 1] ?? endMs) - (starts[index] ?? endMs)) / 1_000, 2),
      ]),
    ) as Record<AuditPass, number>;
    const seconds = (endMs - startMs) / 1_000;
    const { transactions, records, signatures } = report.counts;
    const events = transactions * shape.eventsPerTransaction;
    return {
      shape,
      events,
      historyEntries: records,
      signatures,
      seconds: round(seconds, 2),
      eventsPerSecond: Math.round(events / seconds),
      transactionsPerSecond: Math.round(transactions / seconds),
      processorSeconds: round((user + system) / 1_000_000, 2),
      passSeconds,
      findings: report.findingCount,
    };
  } finally {
    await server.stop();
    await removePostgres(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

export async function measureAudit(): Promise<readonly AuditResult[]> {
  const results: AuditResult[] = [];
  for (const shape of AUDIT_SHAPES) results.push(await measure(shape));
  return results;
}
