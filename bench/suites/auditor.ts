/**
 * What an auditor asks of a node, at several sizes of the ledger: receipts, proven pages of a long history, and an export that is
 * verified. The goal is that the answers cost the same whatever the size.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { FilledLedger, siteOf } from '../audit/filled-ledger.js';
import { ObservingNode } from '../audit/observing-node.js';
import { say } from '../cluster/bench-cluster.js';
import { verifyBundle, verifyReceipt, verifySubjectHistory, type Result } from '../../src/sdk/index.js';
import { median, percentile, round } from '../statistics.js';

export interface Spread {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
}

export interface AuditorResult {
  readonly records: number;
  readonly height: number;
  readonly receiptMs: Spread;
  readonly verifyReceiptMs: Spread;
  /** Pages of 100 entries one after the other, each with its proof, of the history of a site: a tenth of all records. */
  readonly historyPageMs: Spread;
  readonly verifyHistoryMs: Spread;
  readonly bundle: {
    readonly records: number;
    readonly mebibytes: number;
    readonly exportSeconds: number;
    readonly verifySeconds: number;
    readonly verifiedPerSecond: number;
  };
}

const PAGE = 100;
const ROUNDS = 300;
const WARM_UP_ROUNDS = 50;
/** A prime, so that the places that are asked for spread over everything. */
const STRIDE = 7_919;
/** The newest blocks: as many at every size. */
const EXPORTED_BLOCKS = 100;
const INDEX_POLL_MS = 500;

async function time(work: (round: number) => unknown): Promise<Spread> {
  const took: number[] = [];
  for (let number = -WARM_UP_ROUNDS; number < ROUNDS; number++) {
    const startMs = performance.now();
    await work(number + WARM_UP_ROUNDS);
    if (number >= 0) took.push(performance.now() - startMs);
  }
  return { n: took.length, p50: round(median(took), 2), p95: round(percentile(took, 95), 2) };
}

function expectOk(result: Result<unknown>): void {
  if (!result.ok) throw new Error(`${result.rejection.code}: ${result.rejection.message}`);
}

async function measureBundle(
  ledger: FilledLedger,
  { client }: ObservingNode,
): Promise<AuditorResult['bundle']> {
  const chunks: Uint8Array[] = [];
  const exportMs = performance.now();
  const from = Math.max(1, ledger.height - EXPORTED_BLOCKS + 1);
  for await (const chunk of client.audit.exportBundle(from, ledger.height)) chunks.push(chunk);
  const verifyMs = performance.now();
  const verified = await verifyBundle(chunks, ledger.genesisBytes);
  const endMs = performance.now();
  expectOk(verified);
  const records = verified.ok ? verified.value.records : 0;
  const verifySeconds = (endMs - verifyMs) / 1_000;
  return {
    records,
    mebibytes: round(chunks.reduce((sum, { length }) => sum + length, 0) / 2 ** 20),
    exportSeconds: round((verifyMs - exportMs) / 1_000, 2),
    verifySeconds: round(verifySeconds, 2),
    verifiedPerSecond: Math.round(records / verifySeconds),
  };
}

/** A node that has just been given a whole ledger is busy with its search index, which is not what is measured here. */
async function awaitIndex(ledger: FilledLedger, { client }: ObservingNode): Promise<void> {
  while ((await client.status()).index.height < ledger.height) await pause(INDEX_POLL_MS);
}

async function measureSize(ledger: FilledLedger, mainFile: string): Promise<AuditorResult> {
  const node = await ObservingNode.start(ledger, mainFile);
  try {
    await awaitIndex(ledger, node);
    const { client } = node;
    const ids = ledger.transactionIds;
    const idOf = (number: number) => ids[(number * STRIDE) % ids.length] ?? '';
    const receipt = await client.receipt(idOf(1));
    if (receipt === undefined) throw new Error('a committed transaction has no receipt');
    let cursor: string | undefined;
    const page = await client.subjectHistoryProof(siteOf(0), { limit: PAGE });
    return {
      records: ledger.records,
      height: ledger.height,
      receiptMs: await time((number) => client.receipt(idOf(number))),
      verifyReceiptMs: await time(() => {
        expectOk(verifyReceipt(receipt, ledger.genesisBytes));
      }),
      historyPageMs: await time(async () => {
        const from = cursor === undefined ? {} : { cursor };
        cursor = (await client.subjectHistoryProof(siteOf(0), { limit: PAGE, ...from })).nextCursor;
      }),
      verifyHistoryMs: await time(() => {
        expectOk(verifySubjectHistory(page.bytes, ledger.genesisBytes));
      }),
      bundle: await measureBundle(ledger, node),
    };
  } finally {
    await node.stop();
  }
}

export async function measureAuditor(
  sizes: readonly number[],
  mainFile: string,
): Promise<readonly AuditorResult[]> {
  const ledger = await FilledLedger.create();
  try {
    const results: AuditorResult[] = [];
    for (const size of sizes) {
      say(`filling the ledger up to ${size} records`);
      await ledger.growTo(size);
      results.push(await measureSize(ledger, mainFile));
      say(JSON.stringify(results.at(-1)));
    }
    return results;
  } finally {
    await ledger.remove();
  }
}
