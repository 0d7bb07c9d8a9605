/** One run: a cluster, its workload and its faults, until everything is committed everywhere or something is wrong. */
import { Cluster } from './cluster.js';
import { FaultPlan, type PlannedTransaction, type Schedule } from './fault-plan.js';
import { startNemesis } from './faults/nemesis.js';
import type { SimulationOptions } from './options.js';
import { STREAM } from './randomness.js';
import { SimulatedNode } from './simulated-node.js';
import type { RunTrace, TracedEvent } from './run-trace.js';
import { changeName, seatIn, type SimulatedTerms } from './twins/simulated-governance.js';

export interface SimulationResult {
  readonly options: SimulationOptions;
  /** What is wrong, or `undefined`. */
  readonly problem: string | undefined;
  readonly events: number;
  readonly heights: number;
  /** Highest view of a correct node at the end. */
  readonly views: number;
  /** Views from healing to the next commit, when there was one to come. */
  readonly viewsToCommit: number | undefined;
  /** Equal for two runs with equal options. */
  readonly fingerprint: number;
  readonly trace: RunTrace;
  /** How often each thing of checks/coverage.ts happened. */
  readonly coverage: ReadonlyMap<string, number>;
  /** Virtual time from healing to completion. */
  readonly recoveryMs: number;
  /** Everything that was planned and, where the plan records them, all decisions. */
  readonly schedule: Schedule;
}

const BOOT_MS = 20;
/** Far more than the longest runs take (tens of thousands): whatever goes on by itself without an end is a fault. */
const STEPS_MAX = 1_000_000;
const COMPLETION_CHECK_MS = 100;
const RESUBMIT_MS = 500;
const PROCESSES: Readonly<Record<string, number>> = { twins: 2, triplets: 3 };

/** Lets every promise that can settle do so: the loop's continuations run before the next event. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function createNodes(cluster: Cluster): readonly SimulatedNode[] {
  const nodes: SimulatedNode[] = [];
  const { nodes: founders, joiners } = cluster.options;
  for (let index = 0; index < founders + joiners; index++) {
    const fault = cluster.options.faulty[index];
    const processes = PROCESSES[fault ?? ''] ?? 1;
    for (let process = 0; process < processes; process++) {
      nodes.push(new SimulatedNode(nodes.length, index, fault, cluster));
    }
  }
  cluster.network.endpoints.push(...nodes);
  return nodes;
}

function planTransactions(cluster: Cluster, nodes: readonly SimulatedNode[]): readonly PlannedTransaction[] {
  const { options, randomness } = cluster;
  const random = randomness.sequence(STREAM.workload, -1);
  const names = [
    ...Array.from({ length: options.transactions }, (_, number) => `t${number}`),
    ...options.changes.map((change, number) => changeName(change, number)),
  ];
  return names.map((name) => ({
    name,
    atMs: random.unit() * options.healAtMs,
    nodes: nodes.map(({ id }) => id).filter(() => random.chance(0.7)),
  }));
}

/** Clients: each transaction reaches some nodes early, and is sent again to all while it is not committed. */
function startWorkload(
  cluster: Cluster,
  nodes: readonly SimulatedNode[],
  transactions: readonly PlannedTransaction[],
): void {
  const { time, agreement, submitted } = cluster;
  for (const { name, atMs, nodes: first } of transactions) {
    time.at(atMs, () => {
      submitted.set(name, time.nowMs);
      for (const id of first) nodes[id]?.life?.builder.addTransaction(name);
    });
  }
  const resubmit = (): void => {
    for (const name of submitted.keys()) {
      if (agreement.heightOf.has(name)) continue;
      for (const node of nodes) node.life?.builder.addTransaction(name);
    }
    time.after(RESUBMIT_MS, resubmit);
  };
  time.after(RESUBMIT_MS, resubmit);
}

/** The nodes that everything is asked of: correct, of the core, and validators. */
function expected(cluster: Cluster, nodes: readonly SimulatedNode[]): readonly SimulatedNode[] {
  return nodes.filter((node) => node.isCorrect && node.isVoter && cluster.network.isInCore(node));
}

/** Whoever has voted and votes no more comes to know that it is free to go. */
function isStillNeeded(cluster: Cluster, node: SimulatedNode): boolean {
  const { ended, latest } = cluster.agreement.governance;
  const last = ended.findLast((terms) => seatIn(terms, node.index) !== undefined);
  if (!node.isCorrect || last === undefined || seatIn(latest, node.index) !== undefined) return false;
  return !node.hasRetired && cluster.agreement.height >= lastHeightOf(cluster, last) + 1;
}

function lastHeightOf(cluster: Cluster, { epoch }: SimulatedTerms): number {
  return (cluster.agreement.governance.termsOf(epoch + 1)?.firstHeight ?? Infinity) - 1;
}

/** Every end of an epoch is certified at every validator: who verifies from genesis can go from set to set. */
function lacksAnEnd(cluster: Cluster, { ledger }: SimulatedNode): boolean {
  const { ended } = cluster.agreement.governance;
  return ended.some((terms) => !ledger.checkpoints.has(lastHeightOf(cluster, terms)));
}

function isComplete(cluster: Cluster, nodes: readonly SimulatedNode[], transactions: number): boolean {
  const { agreement, network } = cluster;
  if (agreement.heightOf.size < transactions) return false;
  if (nodes.some((node) => network.isInCore(node) && node.isUnawareOfDivergence)) return false;
  // A change that is still pending has its end to be agreed on.
  if (agreement.governance.pending !== undefined) return false;
  if (nodes.some((node) => isStillNeeded(cluster, node))) return false;
  return expected(cluster, nodes).every(
    (node) =>
      node.ledger.height === agreement.height &&
      node.ledger.certifiedHeight === agreement.height &&
      !lacksAnEnd(cluster, node),
  );
}

function incompleteness(cluster: Cluster, nodes: readonly SimulatedNode[]): string {
  const heads = nodes.map((node) => {
    const view = node.life?.replica.view();
    const heights =
      view &&
      `${view.executedHeight}/${view.committedHeight}/${view.preparedHeight}/${view.acceptedHeight} ` +
        `in ${view.epoch}/${view.view} ${view.phase}, ${view.standing}${
          view.lackedEnds.length > 0 ? `, lacks ${view.lackedEnds.join(' ')}` : ''
        }${view.isLeaving ? ', leaving' : ''}`;
    return `${node.name}: ${heights ?? 'down'}, certified ${node.ledger.certifiedHeight}`;
  });
  return `LIVENESS: ${cluster.agreement.heightOf.size} committed; ${heads.join('; ')}`;
}

function highestView(cluster: Cluster, nodes: readonly SimulatedNode[]): number {
  return Math.max(0, ...expected(cluster, nodes).map((node) => node.life?.replica.view().view ?? 0));
}

/** While transactions wait, the next commit comes soon (checks/recovery.ts). */
function recoveryProblem(
  cluster: Cluster,
  nodes: readonly SimulatedNode[],
  transactions: number,
): string | undefined {
  const { agreement, recovery, time } = cluster;
  if (agreement.heightOf.size >= transactions) return undefined;
  return recovery.onWaiting(highestView(cluster, nodes), time.nowMs);
}

export async function runSeed(
  options: SimulationOptions,
  plan: FaultPlan = new FaultPlan(),
  listener?: (event: TracedEvent) => void,
): Promise<SimulationResult> {
  const cluster = new Cluster(options, plan);
  const { time, trace, agreement } = cluster;
  trace.listener = listener;
  const nodes = createNodes(cluster);
  for (const node of nodes) {
    time.at(cluster.randomness.draw(STREAM.boot, node.id) * BOOT_MS, () => {
      node.boot();
    });
  }
  const transactions = plan.planned?.transactions ?? planTransactions(cluster, nodes);
  startWorkload(cluster, nodes, transactions);
  const faults = startNemesis(cluster, nodes);
  let completedAtMs: number | undefined;
  const lookForEnd = (): void => {
    const problem = recoveryProblem(cluster, nodes, transactions.length);
    if (problem !== undefined) cluster.fail(problem);
    if (isComplete(cluster, nodes, transactions.length)) completedAtMs = time.nowMs;
    else if (time.nowMs >= options.deadlineMs) cluster.fail(incompleteness(cluster, nodes));
    else time.after(COMPLETION_CHECK_MS, lookForEnd);
  };
  time.at(options.healAtMs, () => {
    cluster.recovery.onHealed(highestView(cluster, nodes), time.nowMs);
    lookForEnd();
  });
  let steps = 0;
  while (cluster.problem === undefined && completedAtMs === undefined && time.advance()) {
    await settle();
    steps += 1;
    if (steps > STEPS_MAX) cluster.fail(`STORM: ${steps} steps within ${Math.round(time.nowMs)} ms`);
  }
  const views = highestView(cluster, nodes);
  for (const node of nodes) node.life?.end();
  await settle();
  return {
    options,
    problem: cluster.problem,
    events: trace.count,
    heights: agreement.height,
    views,
    viewsToCommit: cluster.recovery.viewsToCommit,
    fingerprint: trace.fingerprint,
    trace,
    coverage: trace.coverage,
    recoveryMs: (completedAtMs ?? time.nowMs) - options.healAtMs,
    schedule: { faults, transactions, decisions: plan.taken },
  };
}
