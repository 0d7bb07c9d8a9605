/** The end of a process, and its next life. */
import type { Cluster } from '../cluster.js';
import type { SimulatedNode } from '../simulated-node.js';

/** Crashes a node that is up, and starts it again later; after healing nobody of the core crashes any more. */
export function crash(cluster: Cluster, node: SimulatedNode, downMs: number, rollbackBlocks = 0): void {
  if (!node.isUp || (cluster.network.isHealed && cluster.network.isInCore(node))) return;
  node.crash(rollbackBlocks);
  cluster.time.after(downMs, () => {
    node.boot();
  });
}
