/** Crashes and partitions, planned before the run; and after the healing time what stays broken outside the core. */
import type { Cluster } from '../cluster.js';
import type { PlannedFault } from '../fault-plan.js';
import { STREAM } from '../randomness.js';
import type { SimulatedNode } from '../simulated-node.js';
import { crash } from './crash.js';
import { startReactions } from './reactions.js';
import { startStructuredLoss } from './structured-loss.js';

const DOWN_MS_MEAN = 200;
const PARTITION_MS_MEAN = 400;
const ROLLBACK_BLOCKS_MAX = 4;
/** Outside the core nodes come and go for ever. */
const OUTSIDE_MS_MEAN = 1_500;

function planFaults(cluster: Cluster, nodes: readonly SimulatedNode[]): readonly PlannedFault[] {
  const { options, randomness } = cluster;
  const crashing = randomness.sequence(STREAM.crash, -1);
  const splitting = randomness.sequence(STREAM.partition);
  const crashes = Array.from({ length: options.crashes }, (): PlannedFault => ({
    kind: 'crash',
    node: crashing.integer(nodes.length),
    atMs: crashing.unit() * options.healAtMs,
    downMs: crashing.exponential(DOWN_MS_MEAN),
    rollbackBlocks: crashing.chance(options.rollbackRate) ? 1 + crashing.integer(ROLLBACK_BLOCKS_MAX) : 0,
  }));
  const partitions = Array.from({ length: options.partitions }, (): PlannedFault => {
    const sideCount = splitting.pick([2, 2, 3]);
    return {
      kind: 'partition',
      atMs: splitting.unit() * options.healAtMs,
      lengthMs: splitting.exponential(PARTITION_MS_MEAN),
      sides: nodes.map(() => splitting.integer(sideCount)),
      form: splitting.pick(['noticed', 'noticed', 'unnoticed', 'oneWay']),
    };
  });
  return [...crashes, ...partitions];
}

/**
 * A database that was set back behind blocks which nobody else holds makes its node wait until they are agreed on again, without
 * a vote: it counts as a faulty member, and of those there are f at most.
 */
function possibleRollback(
  cluster: Cluster,
  nodes: readonly SimulatedNode[],
  node: SimulatedNode,
  blocks: number,
): number {
  if (blocks === 0 || !node.isCorrect) return blocks;
  const isHeldElsewhere = nodes.some(
    (other) =>
      other !== node &&
      other.isCorrect &&
      cluster.network.isInCore(other) &&
      other.ledger.height >= node.ledger.height,
  );
  if (isHeldElsewhere) return blocks;
  if (cluster.lossesLeft === 0) return 0;
  cluster.lossesLeft -= 1;
  return blocks;
}

function carryOut(cluster: Cluster, nodes: readonly SimulatedNode[], fault: PlannedFault): void {
  const { time, network } = cluster;
  time.at(fault.atMs, () => {
    if (fault.kind === 'crash') {
      const node = nodes[fault.node];
      if (node === undefined) return;
      crash(cluster, node, fault.downMs, possibleRollback(cluster, nodes, node, fault.rollbackBlocks));
      return;
    }
    if (network.isHealed) return;
    network.split(fault);
    time.after(fault.lengthMs, () => {
      if (!network.isHealed) network.heal();
    });
  });
}

/** Whoever is outside the core goes on crashing, and is cut off from time to time. */
function stayBroken(cluster: Cluster, nodes: readonly SimulatedNode[]): void {
  const { network, time, randomness } = cluster;
  const outside = nodes.filter((node) => !network.isInCore(node));
  if (outside.length === 0) return;
  const random = randomness.sequence(STREAM.crash, -2);
  network.split({
    sides: nodes.map((node) => (network.isInCore(node) ? 1 : random.integer(2))),
    form: 'unnoticed',
  });
  const next = (): void => {
    crash(cluster, random.pick(outside), random.exponential(OUTSIDE_MS_MEAN));
    time.after(random.exponential(OUTSIDE_MS_MEAN), next);
  };
  next();
}

/** Returns what was planned. */
export function startNemesis(cluster: Cluster, nodes: readonly SimulatedNode[]): readonly PlannedFault[] {
  const { time, network, options, plan } = cluster;
  const faults = plan.planned?.faults ?? planFaults(cluster, nodes);
  for (const fault of faults) carryOut(cluster, nodes, fault);
  startStructuredLoss(cluster, nodes);
  startReactions(cluster, nodes);
  time.at(options.healAtMs, () => {
    network.heal();
    for (const node of nodes) if (network.isInCore(node)) node.boot();
    stayBroken(cluster, nodes);
  });
  return faults;
}
