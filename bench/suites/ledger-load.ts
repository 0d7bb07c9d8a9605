/** One load on a running consortium: offered, committed, latency, memory, and whether all agree in the end. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Cluster } from '../../src/demo/cluster/cluster.js';
import type { BlockResource } from '../../src/sdk/index.js';
import type { LoadPlan, LoadResult } from '../load/load-plan.js';
import { residentMiB } from '../machine.js';
import { median, percentile, round } from '../statistics.js';

export interface LoadShape {
  readonly name: string;
  readonly eventsPerTransaction: number;
  readonly transactionsPerSecond: number;
  readonly transactionsPerRequest: number;
  readonly sampleEvery: number;
}

export interface LedgerLoadResult {
  readonly shape: LoadShape;
  readonly seconds: number;
  readonly offeredTransactions: number;
  readonly acceptedTransactions: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly notSent: number;
  readonly failedRequests: number;
  /** Committed in the blocks whose time lies within the load, divided by its length. */
  readonly transactionsPerSecond: number;
  readonly eventsPerSecond: number;
  /** From the end of the load until nothing waited any more. */
  readonly drainSeconds: number;
  readonly blocks: number;
  readonly transactionsPerBlock: number;
  /** POST that waits for commit; from the load generator. */
  readonly commitLatencyMs: {
    readonly n: number;
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
  };
  /** Largest resident memory of any node, MiB. */
  readonly residentMiBMax: number | undefined;
  readonly agreed: boolean;
}

const DRAIN_LIMIT_MS = 120_000;
const runner = fileURLToPath(new URL('../../scripts/run-typescript.mjs', import.meta.url));
const generator = fileURLToPath(new URL('../load/load-generator.ts', import.meta.url));

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

async function generate(plan: LoadPlan): Promise<LoadResult> {
  const child = spawn(process.execPath, [runner, generator], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(plan));
  const output = await text(child.stdout);
  return JSON.parse(output) as LoadResult;
}

/** Heights of all nodes once they are equal and nothing waits; `undefined` when that does not come in time. */
async function drain(cluster: Cluster): Promise<number | undefined> {
  const deadline = Date.now() + DRAIN_LIMIT_MS;
  while (Date.now() < deadline) {
    const statuses = await Promise.all(cluster.nodes.map((node) => node.client.status()));
    const heights = new Set(statuses.map(({ height }) => height));
    if (heights.size === 1 && statuses.every(({ mempool }) => mempool.transactions === 0))
      return statuses[0]?.height;
    await pause(100);
  }
  return undefined;
}

async function blocksAfter(cluster: Cluster, height: number): Promise<readonly BlockResource[]> {
  const client = cluster.nodes[0]?.client;
  if (client === undefined) return [];
  const blocks: BlockResource[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.blocks({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });
    blocks.push(...page.items.filter((block) => block.height > height));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return blocks;
}

async function agree(cluster: Cluster, height: number): Promise<boolean> {
  const heads = await Promise.all(cluster.nodes.map((node) => node.client.block(height)));
  return new Set(heads.map((block) => `${block?.hash} ${block?.result.stateRoot}`)).size === 1;
}

function watchMemory(cluster: Cluster): () => number | undefined {
  let most: number | undefined;
  const timer = setInterval(() => {
    for (const node of cluster.nodes) {
      const resident = node.process === undefined ? undefined : residentMiB(node.process.pid);
      if (resident !== undefined) most = Math.max(most ?? 0, resident);
    }
  }, 500);
  return () => {
    clearInterval(timer);
    return most;
  };
}

export async function measureLedgerLoad(
  cluster: Cluster,
  shape: LoadShape,
  seconds: number,
): Promise<LedgerLoadResult> {
  const before = await drain(cluster);
  if (before === undefined) throw new Error('the consortium is not quiet before the load');
  const memory = watchMemory(cluster);
  const load = await generate({
    chainId: cluster.genesis.chainId,
    targets: cluster.nodes.map((node) => ({
      organisation: node.organisation,
      url: node.restUrl,
      keysFolder: node.place.keysFolder,
    })),
    ...shape,
    seconds,
    requestsMax: 256,
  });
  const height = await drain(cluster);
  const drainSeconds = (Date.now() - load.endedAtMs) / 1_000;
  const residentMiBMax = memory();
  const blocks = await blocksAfter(cluster, before);
  const endMs = load.startedAtMs + seconds * 1_000;
  const within = blocks.filter(({ timestamp }) => Date.parse(timestamp) <= endMs);
  const committed = within.reduce((sum, { transactionCount }) => sum + transactionCount, 0);
  const all = blocks.reduce((sum, { transactionCount }) => sum + transactionCount, 0);
  const { latenciesMs } = load;
  return {
    shape,
    seconds,
    offeredTransactions: load.offered,
    acceptedTransactions: load.accepted,
    refused: load.refused,
    notSent: load.notSent,
    failedRequests: load.failedRequests,
    transactionsPerSecond: round(committed / seconds),
    eventsPerSecond: round((committed / seconds) * shape.eventsPerTransaction),
    drainSeconds: round(drainSeconds),
    blocks: blocks.length,
    transactionsPerBlock: round(all / Math.max(1, blocks.length)),
    commitLatencyMs: {
      n: latenciesMs.length,
      p50: round(median(latenciesMs)),
      p95: round(percentile(latenciesMs, 95)),
      p99: round(percentile(latenciesMs, 99)),
    },
    residentMiBMax,
    agreed: height !== undefined && (await agree(cluster, height)),
  };
}
