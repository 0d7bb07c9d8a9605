/** One run: a cluster, its workload and its faults, until everything is committed everywhere or something is wrong. */
import { Cluster } from './cluster.js';
import { Nemesis } from './faults/nemesis.js';
import type { SimulationOptions } from './options.js';
import { STREAM } from './randomness.js';
import { SimulatedNode } from './simulated-node.js';

export interface SimulationResult {
  readonly options: SimulationOptions;
  /** What is wrong, or `undefined`. */
  readonly problem: string | undefined;
  readonly events: number;
  readonly heights: number;
  /** Equal for two runs with equal options. */
  readonly fingerprint: number;
  /** The last events, filled in when there is a problem. */
  readonly lastEvents: string;
  /** How often each thing of checks/coverage.ts happened. */
  readonly coverage: ReadonlyMap<string, number>;
  /** Virtual time from healing to completion. */
  readonly recoveryMs: number;
}

const BOOT_MS = 20;
const COMPLETION_CHECK_MS = 100;
const RESUBMIT_MS = 500;
/** How long an unreplaceable faulty primary is watched after healing. */
const SAFETY_ONLY_MS = 2_000;

/** Lets every promise that can settle do so: the loop's continuations run before the next event. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createNodes(cluster: Cluster): readonly SimulatedNode[] {
  const nodes: SimulatedNode[] = [];
  for (let index = 0; index < cluster.options.nodes; index++) {
    const fault = cluster.options.faulty[index];
    const processes = fault === 'twins' ? 2 : 1;
    for (let process = 0; process < processes; process++) {
      nodes.push(new SimulatedNode(nodes.length, index, fault, cluster));
    }
  }
  cluster.network.endpoints.push(...nodes);
  return nodes;
}

/** Clients: each transaction reaches some nodes early, and is sent again to all while it is not committed. */
function startWorkload(cluster: Cluster, nodes: readonly SimulatedNode[]): void {
  const { options, time, randomness, agreement, submitted } = cluster;
  const random = randomness.sequence(STREAM.workload, -1);
  for (let number = 0; number < options.transactions; number++) {
    const name = `t${number}`;
    time.at(random.unit() * options.healAtMs, () => {
      submitted.add(name);
      for (const node of nodes) if (random.chance(0.7)) node.life?.builder.addTransaction(name);
    });
  }
  const resubmit = (): void => {
    for (const name of submitted) {
      if (agreement.heightOf.has(name)) continue;
      for (const node of nodes) node.life?.builder.addTransaction(name);
    }
    time.after(RESUBMIT_MS, resubmit);
  };
  time.after(RESUBMIT_MS, resubmit);
}

function isComplete(cluster: Cluster, nodes: readonly SimulatedNode[]): boolean {
  const { agreement, options } = cluster;
  if (agreement.heightOf.size < options.transactions) return false;
  return nodes.every((node) =>
    !node.isCorrect
      ? !node.isUnawareOfDivergence
      : node.ledger.height === agreement.height && node.ledger.certifiedHeight === agreement.height,
  );
}

function incompleteness(cluster: Cluster, nodes: readonly SimulatedNode[]): string {
  const heads = nodes
    .filter((node) => node.isCorrect || node.isUnawareOfDivergence)
    .map((node) => {
      const view = node.life?.replica.view();
      const heights =
        view &&
        `${view.executedHeight}/${view.committedHeight}/${view.preparedHeight}/${view.acceptedHeight}`;
      return `${node.name}: ${heights ?? 'down'} certified ${node.ledger.certifiedHeight}`;
    });
  const done = cluster.agreement.heightOf.size;
  return `LIVENESS: ${done} of ${cluster.options.transactions} committed; ${heads.join(', ')}`;
}

export async function runSeed(options: SimulationOptions): Promise<SimulationResult> {
  const cluster = new Cluster(options);
  const { time, trace, agreement } = cluster;
  const nodes = createNodes(cluster);
  const boots = cluster.randomness.sequence(STREAM.options, 1);
  for (const node of nodes) {
    time.at(boots.unit() * BOOT_MS, () => {
      node.boot();
    });
  }
  startWorkload(cluster, nodes);
  new Nemesis(cluster, nodes).start();
  let completedAtMs: number | undefined;
  const lookForEnd = (): void => {
    const isDone = options.expectsProgress
      ? isComplete(cluster, nodes)
      : time.nowMs >= options.healAtMs + SAFETY_ONLY_MS;
    if (isDone) completedAtMs = time.nowMs;
    else if (time.nowMs >= options.deadlineMs) cluster.fail(incompleteness(cluster, nodes));
    else time.after(COMPLETION_CHECK_MS, lookForEnd);
  };
  time.at(options.healAtMs, lookForEnd);
  while (cluster.problem === undefined && completedAtMs === undefined && time.advance()) await settle();
  for (const node of nodes) node.life?.end();
  await settle();
  return {
    options,
    problem: cluster.problem,
    events: trace.count,
    heights: agreement.height,
    fingerprint: trace.fingerprint,
    lastEvents: cluster.problem === undefined ? '' : trace.lastEvents(),
    coverage: trace.coverage,
    recoveryMs: (completedAtMs ?? time.nowMs) - options.healAtMs,
  };
}
