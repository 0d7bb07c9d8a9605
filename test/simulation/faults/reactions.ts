/** Faults that wait for the worst moment: who commits first is cut off, and crashes fall around the sync of a record. */
import type { JournalRecord } from '../../../src/protocol/pbft/effect.js';
import type { Cluster } from '../cluster.js';
import { STREAM } from '../randomness.js';
import type { SimulatedNode } from '../simulated-node.js';
import { crash } from './crash.js';

const ISOLATION_MS_MEAN = 600;
const DOWN_MS_MEAN = 200;
/** Chance that the node crashes around the sync of such a record. */
const CRASH_AT_RECORD: Readonly<Record<JournalRecord['type'], number>> = {
  prepared: 0.02,
  locked: 0.03,
  committed: 0.02,
  checkpointSigned: 0.02,
  viewLeft: 0.15,
  viewEntered: 0.15,
  endCertified: 0.15,
};

/** The first to commit a height is cut off, and perhaps crashed: what it knows nobody else does. */
function isolateAfterCommit(cluster: Cluster): (node: SimulatedNode, height: number) => void {
  const { time, network, randomness, plan } = cluster;
  const isolatedUntil = new Map<number, number>();
  const isIsolated = (id: number): boolean => (isolatedUntil.get(id) ?? 0) > time.nowMs;
  network.addFilter((from, to) => isIsolated(from.id) || isIsolated(to.id));
  return (node, height) => {
    const random = randomness.sequence(STREAM.isolation, node.id, height);
    if (network.isHealed || !plan.happens(random.chance(0.3), () => `isolate ${node.id} at ${height}`))
      return;
    isolatedUntil.set(node.id, time.nowMs + random.exponential(ISOLATION_MS_MEAN));
    if (!plan.happens(random.chance(0.3), () => `crash ${node.id} at commit ${height}`)) return;
    const downMs = random.exponential(DOWN_MS_MEAN);
    time.after(random.unit() * 5, () => {
      crash(cluster, node, downMs);
    });
  };
}

function crashAtRecord(cluster: Cluster): (node: SimulatedNode, record: JournalRecord) => void {
  const { time, network, randomness, options, plan } = cluster;
  return (node, record) => {
    const position = node.disk.appended;
    const random = randomness.sequence(STREAM.crash, node.id, position);
    const name = (): string => `crash ${node.id} at record ${position}`;
    if (network.isHealed || !plan.happens(random.chance(CRASH_AT_RECORD[record.type]), name)) return;
    const downMs = random.exponential(DOWN_MS_MEAN);
    time.after(random.unit() * 2 * options.journalSyncMs, () => {
      crash(cluster, node, downMs);
    });
  };
}

export function startReactions(cluster: Cluster, nodes: readonly SimulatedNode[]): void {
  const { mode } = cluster.options;
  const onCommit = mode === 'isolateAfterCommit' ? isolateAfterCommit(cluster) : undefined;
  const onRecord = mode === 'crashAtRecord' ? crashAtRecord(cluster) : undefined;
  cluster.hooks = {
    onRecord: (endpoint, record) => onRecord?.(nodes[endpoint.id]!, record),
    onFirstCommit: (endpoint, height) => onCommit?.(nodes[endpoint.id]!, height),
  };
}
