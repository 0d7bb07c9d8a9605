/**
 * The primary dies or falls silent under a steady load, each organisation in its turn: how long nothing is committed, how
 * long until the load is carried again, and how long until the organisation is back. The load goes to the other three.
 */
import type { Cluster } from '../../src/demo/cluster/cluster.js';
import type { ClusterNode } from '../../src/demo/cluster/cluster-node.js';
import { agreeAt, blocksAbove, drain, loadTarget, pause, say } from '../cluster/bench-cluster.js';
import { HeightSampler, type HeightSample } from '../cluster/height-sampler.js';
import { startLoad } from '../load/running-load.js';
import { round } from '../statistics.js';
import { ChainGrowth } from './chain-growth.js';
import type { LoadShape } from './ledger-load.js';

/** SIGKILL ends the process and with it its streams; SIGSTOP leaves them standing, and nothing comes any more. */
export type PrimaryFault = 'kill-primary' | 'stop-primary';

export interface PrimaryFaultOptions {
  readonly fault: PrimaryFault;
  readonly rounds: number;
  readonly shape: LoadShape;
}

export interface FaultRound {
  readonly primary: string;
  /** From the signal until the first block of a later view was durable: at the first, and at the last of the others. */
  readonly nextCommitMs: number;
  readonly nextCommitEverywhereMs: number;
  /** From the signal to the end of the first second in which as much was committed as is asked for. */
  readonly recoveredMs: number;
  /** From its restart, or from SIGCONT, until it votes and is as far as the others. */
  readonly returnedMs: number;
  readonly transactionsPerSecondBefore: number;
  /** Views that were left until there was a commit: one, unless a next primary failed as well. */
  readonly viewsLeft: number;
}

export interface PrimaryFaultResult {
  readonly fault: PrimaryFault;
  readonly shape: LoadShape;
  readonly rounds: readonly FaultRound[];
  /** From one answer of a node to the next question. */
  readonly resolutionMs: number;
  readonly agreed: boolean;
}

const SAMPLE_MS = 15;
const SIGNED_AHEAD_SECONDS = 10;
const LOAD_SECONDS_MAX = 600;
const REQUESTS_MAX = 256;
const WARM_UP_MS = 4_000;
const BEFORE_MS = 5_000;
/** The load is carried again when so much of what was committed before is committed. */
const RECOVERED_SHARE = 0.8;
const SECOND_MS = 1_000;
const SCAN_MS = 50;
const ROUND_LIMIT_MS = 90_000;
const CLOSE_BLOCKS = 8;

export async function measurePrimaryFault(
  cluster: Cluster,
  { fault, rounds, shape }: PrimaryFaultOptions,
): Promise<PrimaryFaultResult> {
  const measured: FaultRound[] = [];
  for (let number = 1; number <= rounds; number++) {
    const result = await runRound(cluster, fault, shape);
    measured.push(result);
    const { primary, nextCommitMs, recoveredMs, returnedMs } = result;
    say(
      `${number}/${rounds} ${fault} ${primary}: next commit ${nextCommitMs} ms, load ${recoveredMs} ms, back ${returnedMs} ms`,
    );
  }
  const height = await drain(cluster);
  const agreed = height !== undefined && (await agreeAt(cluster, height));
  return { fault, shape, rounds: measured, resolutionMs: SAMPLE_MS, agreed };
}

async function runRound(cluster: Cluster, fault: PrimaryFault, shape: LoadShape): Promise<FaultRound> {
  const startHeight = await drain(cluster);
  if (startHeight === undefined) throw new Error('the consortium is not quiet before the round');
  const primary = await currentPrimary(cluster);
  const others = cluster.nodes.filter((node) => node !== primary);
  const load = startLoad({
    chainId: cluster.genesis.chainId,
    targets: others.map(loadTarget),
    ...shape,
    seconds: LOAD_SECONDS_MAX,
    signedAheadSeconds: SIGNED_AHEAD_SECONDS,
    requestsMax: REQUESTS_MAX,
  });
  const sampler = new HeightSampler(cluster.nodes, SAMPLE_MS);
  const samplesOf = (node: ClusterNode): readonly HeightSample[] => sampler.of(node.organisation);
  try {
    await until('the load has begun', () => others.every((node) => latestHeight(node) > startHeight));
    await pause(WARM_UP_MS + BEFORE_MS);
    const faultMs = Date.now();
    const { view } = sampler.latest(primary.organisation) ?? { view: 0 };
    if (fault === 'kill-primary') await cluster.killNode(primary.organisation);
    else primary.process?.signal('SIGSTOP');
    const next = (): readonly (HeightSample | undefined)[] =>
      others.map((node) => firstCommitAfter(samplesOf(node), view));
    await until('a later view commits', () => next().every((sample) => sample !== undefined));
    const commits = next().flatMap((sample) => (sample === undefined ? [] : [sample]));
    const [reference] = others;
    if (reference === undefined) throw new Error('a consortium has several nodes');
    const growthOf = async (): Promise<ChainGrowth> =>
      new ChainGrowth(samplesOf(reference), await blocksAbove(reference, startHeight));
    const firstCommitMs = Math.min(...commits.map(({ atMs }) => atMs));
    const recovered = await untilRecovered(growthOf, faultMs, firstCommitMs);
    const restartMs = Date.now();
    if (fault === 'kill-primary') await cluster.startNode(primary.organisation);
    else primary.process?.signal('SIGCONT');
    await untilBack(primary, reference);
    const returnedMs = Date.now() - restartMs;
    return {
      primary: primary.organisation,
      nextCommitMs: firstCommitMs - faultMs,
      nextCommitEverywhereMs: Math.max(...commits.map(({ atMs }) => atMs)) - faultMs,
      recoveredMs: recovered.atMs - faultMs,
      returnedMs,
      transactionsPerSecondBefore: round(recovered.before),
      viewsLeft: Math.max(...commits.map((sample) => sample.view)) - view,
    };
  } finally {
    primary.process?.signal('SIGCONT');
    await load.stop();
    await sampler.stop();
  }

  function latestHeight(node: ClusterNode): number {
    return sampler.latest(node.organisation)?.height ?? 0;
  }
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + ROUND_LIMIT_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline)
      throw new Error(`waited ${ROUND_LIMIT_MS / SECOND_MS} s in vain until ${what}`);
    await pause(SAMPLE_MS);
  }
}

/** When all are active in one view; a view that begins meanwhile is waited for. */
async function currentPrimary(cluster: Cluster): Promise<ClusterNode> {
  for (;;) {
    const statuses = await Promise.all(cluster.nodes.map((node) => node.client.status()));
    const [first] = statuses;
    const isOne = statuses.every(
      ({ view, phase, standing }) => view === first?.view && phase === 'active' && standing === 'voting',
    );
    if (first !== undefined && isOne) return cluster.node(first.primary);
    await pause(100);
  }
}

/** The first sample that shows a commit in a later view: the height has grown since that view was not yet active. */
function firstCommitAfter(samples: readonly HeightSample[], view: number): HeightSample | undefined {
  const isLater = (sample: HeightSample): boolean => sample.view > view && sample.phase === 'active';
  const before = samples.findLast((sample) => !isLater(sample));
  return samples.find((sample) => isLater(sample) && sample.height > (before?.height ?? 0));
}

async function untilRecovered(
  growthOf: () => Promise<ChainGrowth>,
  faultMs: number,
  firstCommitMs: number,
): Promise<{ readonly atMs: number; readonly before: number }> {
  const deadline = Date.now() + ROUND_LIMIT_MS;
  for (;;) {
    await pause(SECOND_MS);
    const untilMs = Date.now();
    const growth = await growthOf();
    const before = growth.between(faultMs - BEFORE_MS, faultMs).transactionsPerSecond;
    for (let atMs = Math.max(faultMs + SECOND_MS, firstCommitMs); atMs <= untilMs; atMs += SCAN_MS) {
      const { transactions } = growth.grown(atMs - SECOND_MS, atMs);
      if (transactions >= RECOVERED_SHARE * before) return { atMs, before };
    }
    if (untilMs > deadline) throw new Error('the load is not carried again');
  }
}

async function untilBack(node: ClusterNode, reference: ClusterNode): Promise<void> {
  await until(`${node.organisation} is back`, async () => {
    const [own, other] = await Promise.all([node.client.status(), reference.client.status()]);
    return own.standing === 'voting' && own.view === other.view && other.height - own.height <= CLOSE_BLOCKS;
  });
}
