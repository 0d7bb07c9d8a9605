/**
 * One organisation is down while the others commit blocks, and comes back under the load that goes on: how fast it catches
 * up, and what that costs the others. The load goes to the others only, so it is the same all the time.
 */
import type { Cluster } from '../../src/demo/cluster/cluster.js';
import type { ClusterNode } from '../../src/demo/cluster/cluster-node.js';
import { agreeAt, blocksAbove, drain, loadTarget, pause, say } from '../cluster/bench-cluster.js';
import { firstSeenMs, HeightSampler } from '../cluster/height-sampler.js';
import type { LatencySample, LoadResult } from '../load/load-plan.js';
import { startLoad } from '../load/running-load.js';
import { residentMiB } from '../machine.js';
import { percentile, round } from '../statistics.js';
import { ChainGrowth, type GrowthRate } from './chain-growth.js';
import type { LoadShape } from './ledger-load.js';

export interface CatchUpOptions {
  readonly shape: LoadShape;
  /** How many blocks the others commit while the organisation is down. */
  readonly blocks: number;
}

/** What the three others did in one part of the run. */
export interface OthersRate extends GrowthRate {
  readonly latencyMs: { readonly n: number; readonly p50: number; readonly p95: number };
}

export interface CatchUpResult {
  readonly shape: LoadShape;
  /** Blocks that were lacking when the first one was fetched. */
  readonly blocksBehind: number;
  /** From the start of the process until it was as far as the others. */
  readonly secondsToReturn: number;
  /** Of that, until its first fetched block was durable. */
  readonly secondsToFirstBlock: number;
  readonly catchUp: GrowthRate;
  readonly others: {
    /** All four take part. */
    readonly before: OthersRate;
    readonly down: OthersRate;
    readonly during: OthersRate;
    readonly after: OthersRate;
  };
  /** Blocks a second: catching up in relation to the others meanwhile. */
  readonly ratio: number;
  readonly residentMiBMax: number | undefined;
  readonly failedRequests: number;
  readonly notSent: number;
  readonly agreed: boolean;
}

const LOAD_SECONDS_MAX = 3 * 3_600;
const SIGNED_AHEAD_SECONDS = 20;
const REQUESTS_MAX = 256;
const SAMPLE_MS = 50;
/** Length of the parts in which nothing happens but the load; the first seconds of a load are not counted. */
const WARM_UP_MS = 5_000;
const QUIET_PART_MS = 20_000;
/** A node is as far as the others when it lacks no more than what may be in flight. */
const CLOSE_BLOCKS = 8;
const RETURN_LIMIT_MS = 1_800_000;

export async function measureCatchUp(cluster: Cluster, options: CatchUpOptions): Promise<CatchUpResult> {
  const absent = cluster.nodes.at(-1);
  const [reference, ...rest] = cluster.nodes.slice(0, -1);
  if (absent === undefined || reference === undefined) throw new Error('a consortium has several nodes');
  const startHeight = await drain(cluster);
  if (startHeight === undefined) throw new Error('the consortium is not quiet before the load');
  const { shape } = options;
  const load = startLoad({
    chainId: cluster.genesis.chainId,
    targets: [reference, ...rest].map(loadTarget),
    ...shape,
    seconds: LOAD_SECONDS_MAX,
    signedAheadSeconds: SIGNED_AHEAD_SECONDS,
    requestsMax: REQUESTS_MAX,
  });
  const sampler = new HeightSampler(cluster.nodes, SAMPLE_MS);
  try {
    const course = await runCourse(cluster, { absent, reference, sampler, startHeight, ...options });
    const loaded = await load.stop();
    await sampler.stop();
    const height = await drain(cluster);
    const growth = new ChainGrowth(
      sampler.of(reference.organisation),
      await blocksAbove(reference, startHeight),
    );
    const agreed = height !== undefined && (await agreeAt(cluster, height));
    return summarise(course, { shape, sampler, absent, growth, loaded, agreed });
  } finally {
    await load.stop();
    await sampler.stop();
  }
}

interface Course {
  readonly loadedMs: number;
  readonly killedMs: number;
  readonly restartedMs: number;
  readonly returnedMs: number;
  readonly endedMs: number;
  readonly residentMiBMax: number | undefined;
}

async function runCourse(
  cluster: Cluster,
  {
    absent,
    reference,
    sampler,
    startHeight,
    blocks,
  }: CatchUpOptions & {
    readonly absent: ClusterNode;
    readonly reference: ClusterNode;
    readonly sampler: HeightSampler;
    readonly startHeight: number;
  },
): Promise<Course> {
  const heightOf = (node: ClusterNode): number => sampler.latest(node.organisation)?.height ?? 0;
  while (heightOf(reference) <= startHeight) await pause(SAMPLE_MS);
  await pause(WARM_UP_MS);
  const loadedMs = Date.now();
  await pause(QUIET_PART_MS);
  const killedMs = Date.now();
  await cluster.killNode(absent.organisation);
  const enough = heightOf(absent) + blocks;
  say(`${absent.organisation} is down; waiting until the others are at height ${enough}`);
  while (heightOf(reference) < enough) await pause(SAMPLE_MS);
  const restartedMs = Date.now();
  say(`${absent.organisation} is started again`);
  const stopMemory = watchMemory(absent);
  await cluster.startNode(absent.organisation);
  while (Date.now() < restartedMs + RETURN_LIMIT_MS) {
    const latest = sampler.latest(absent.organisation);
    if (
      latest !== undefined &&
      latest.atMs > restartedMs &&
      heightOf(reference) - latest.height <= CLOSE_BLOCKS
    )
      break;
    await pause(SAMPLE_MS);
  }
  const returnedMs = Date.now();
  say(`${absent.organisation} is back after ${round((returnedMs - restartedMs) / 1_000)} s`);
  const residentMiBMax = stopMemory();
  await pause(QUIET_PART_MS);
  return { loadedMs, killedMs, restartedMs, returnedMs, endedMs: Date.now(), residentMiBMax };
}

function watchMemory(node: ClusterNode): () => number | undefined {
  let most: number | undefined;
  const timer = setInterval(() => {
    const resident = node.process === undefined ? undefined : residentMiB(node.process.pid);
    if (resident !== undefined) most = Math.max(most ?? 0, resident);
  }, 200);
  return () => {
    clearInterval(timer);
    return most;
  };
}

function latencyBetween(
  samples: readonly LatencySample[],
  fromMs: number,
  toMs: number,
): OthersRate['latencyMs'] {
  const within = samples
    .filter(({ sentAtMs }) => sentAtMs >= fromMs && sentAtMs < toMs)
    .map(({ latencyMs }) => latencyMs);
  return { n: within.length, p50: round(percentile(within, 50)), p95: round(percentile(within, 95)) };
}

function summarise(
  course: Course,
  parts: {
    readonly shape: LoadShape;
    readonly sampler: HeightSampler;
    readonly absent: ClusterNode;
    readonly growth: ChainGrowth;
    readonly loaded: LoadResult;
    readonly agreed: boolean;
  },
): CatchUpResult {
  const { loadedMs, killedMs, restartedMs, returnedMs, endedMs, residentMiBMax } = course;
  const { shape, growth, loaded, agreed, sampler, absent } = parts;
  const own = sampler.of(absent.organisation).filter(({ atMs }) => atMs > restartedMs);
  const heightHeld = own[0]?.height ?? Number.NaN;
  const firstBlockMs = firstSeenMs(own, heightHeld + 1) ?? Number.NaN;
  const others = (fromMs: number, toMs: number): OthersRate => ({
    ...growth.between(fromMs, toMs),
    latencyMs: latencyBetween(loaded.samples, fromMs, toMs),
  });
  const catchUp = growth.ofSamples(own).between(firstBlockMs, returnedMs);
  const during = others(firstBlockMs, returnedMs);
  return {
    shape,
    blocksBehind: growth.heightAt(firstBlockMs) - heightHeld,
    secondsToReturn: round((returnedMs - restartedMs) / 1_000),
    secondsToFirstBlock: round((firstBlockMs - restartedMs) / 1_000),
    catchUp,
    others: {
      before: others(loadedMs, killedMs),
      down: others(killedMs + WARM_UP_MS, restartedMs),
      during,
      after: others(returnedMs, endedMs),
    },
    ratio: round(catchUp.blocksPerSecond / during.blocksPerSecond, 2),
    residentMiBMax,
    failedRequests: loaded.failedRequests,
    notSent: loaded.notSent,
    agreed,
  };
}
