/** One load on a running consortium: offered, committed, latency, memory, and whether all agree in the end. */
import type { Cluster } from '../../src/demo/cluster/cluster.js';
import { agreeAt, blocksAbove, drain, loadTarget } from '../cluster/bench-cluster.js';
import { startLoad } from '../load/running-load.js';
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

/** Requests under way at once; more than that means that the consortium is overloaded. */
const REQUESTS_MAX = 256;

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
  const load = await startLoad({
    chainId: cluster.genesis.chainId,
    targets: cluster.nodes.map(loadTarget),
    ...shape,
    seconds,
    signedAheadSeconds: seconds,
    requestsMax: REQUESTS_MAX,
  }).result;
  const height = await drain(cluster);
  const drainSeconds = (Date.now() - load.endedAtMs) / 1_000;
  const residentMiBMax = memory();
  const [reference] = cluster.nodes;
  const blocks = reference === undefined ? [] : await blocksAbove(reference, before);
  const endMs = load.startedAtMs + seconds * 1_000;
  const within = blocks.filter(({ timestamp }) => Date.parse(timestamp) <= endMs);
  const committed = within.reduce((sum, { transactionCount }) => sum + transactionCount, 0);
  const all = blocks.reduce((sum, { transactionCount }) => sum + transactionCount, 0);
  const latenciesMs = load.samples.map(({ latencyMs }) => latencyMs);
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
    agreed: height !== undefined && (await agreeAt(cluster, height)),
  };
}
