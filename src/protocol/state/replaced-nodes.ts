/**
 * What one block replaces in the top levels of the state tree: number, hash and occupancy of each node as it was before.
 * Written while the tree is updated, level by level from the buckets up; looked up when somebody asks for the state before.
 */
import { invariant } from '../primitives/invariant.js';
import { STATE_HASH_BYTES } from './state-hash.js';

export interface ReplacedNode {
  readonly hash: Uint8Array;
  readonly occupancy: number;
}

/** Nodes side by side, in the order in which they were asked for. */
export interface CopiedNodes {
  readonly hashes: Uint8Array;
  readonly occupancies: Uint8Array;
}

interface NodeSource {
  copyNodes(nodes: Uint32Array): CopiedNodes;
}

interface ReplacedLevel extends CopiedNodes {
  /** Ascending. */
  readonly nodes: Uint32Array;
}

const NODE_BYTES = 4 + STATE_HASH_BYTES + 1;

/** Position of `node` among ascending nodes, -1 when it is not there. */
function positionOf(nodes: Uint32Array, node: number): number {
  let low = 0;
  let high = nodes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((nodes[middle] ?? 0) < node) low = middle + 1;
    else high = middle;
  }
  return nodes[low] === node ? low : -1;
}

export class ReplacedNodes {
  /** By depth: 0 is the root alone. */
  private readonly levels: (ReplacedLevel | undefined)[] = [];
  private count = 0;

  /** The nodes of one level, ascending, as they are in `tree` now. */
  add(depth: number, nodes: Uint32Array, tree: NodeSource): void {
    invariant(this.levels[depth] === undefined, `level ${depth} is replaced twice`);
    // A copy: the tree goes on with the same array for the next level.
    this.levels[depth] = { nodes: nodes.slice(), ...tree.copyNodes(nodes) };
    this.count += nodes.length;
  }

  /** The node before the block; `undefined` when the block left it as it was. */
  find(node: number): ReplacedNode | undefined {
    const level = this.levels[31 - Math.clz32(node)];
    const position = level === undefined ? -1 : positionOf(level.nodes, node);
    if (level === undefined || position < 0) return undefined;
    const start = position * STATE_HASH_BYTES;
    return {
      hash: level.hashes.subarray(start, start + STATE_HASH_BYTES),
      occupancy: level.occupancies[position] ?? 0,
    };
  }

  get bytes(): number {
    return this.count * NODE_BYTES;
  }
}
