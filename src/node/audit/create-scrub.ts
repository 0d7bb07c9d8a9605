/** The scrub of a node that has rows to read and is told how fast; `undefined` without. */
import type { StateTree } from '../../protocol/state/state-tree.js';
import type { NodePorts, NodeSettings } from '../node-surroundings.js';
import type { HealthBoard } from '../status/health-board.js';
import { Scrub } from './scrub.js';
import { StateScrub } from './state-scrub.js';
import type { TreeWatch } from './tree-watch.js';

export interface ScrubParts {
  readonly tree: StateTree;
  readonly treeWatch: TreeWatch;
  readonly health: Pick<HealthBoard, 'onDamage'>;
  readonly onStateDamaged: (reason: string) => void;
}

export function createScrub(
  { auditRows: rows, clock, observer }: NodePorts,
  { genesis, audit }: NodeSettings,
  { tree, treeWatch, health, onStateDamaged }: ScrubParts,
): Scrub | undefined {
  if (rows === undefined || audit === undefined || audit.scrubRowsPerSecond === 0) return undefined;
  const onDamage = (damage: string | undefined): void => {
    health.onDamage(damage);
  };
  const state = new StateScrub(tree, treeWatch);
  return new Scrub({ rows, genesis, state, clock, observer, onDamage, onStateDamaged }, audit);
}
