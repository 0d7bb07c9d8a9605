/**
 * The state of the last heights, for proofs: the tree in memory and the table are those of the head, and what is countersigned
 * is a little older. For each executed block what it replaced is kept; the state of a height is the head's with the oldest of
 * what later blocks replaced laid over it. Empty at start: a node proves from the head on that it started with.
 */
import type { ExecutedBlock } from '../../protocol/execution/executed-block.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { ReplacedNodes } from '../../protocol/state/replaced-nodes.js';
import { stateKeyDigest, type StateKey } from '../../protocol/state/state-key.js';
import { bucketForProof, proveState, type StateProof } from '../../protocol/state/state-proof.js';
import type { StateTreeView } from '../../protocol/state/state-tree-view.js';
import type { BlockState } from '../commit/touched-state.js';
import type { LedgerReader } from '../ports.js';
import { ReplacedState } from './replaced-state.js';

/** Checkpoints lag by a few heights; the rest lets a reader fetch the pages of a long history at one height. */
const HEIGHTS_MAX = 128;
/** Some thirty blocks of 2,000 writes in a state of a million keys; the oldest go first. */
const BYTES_MAX = 64 * 1024 * 1024;

export interface RecentStatesLimits {
  readonly heights: number;
  readonly bytes: number;
}

/** Value of a key at one height, with its proof under the state root of that height. */
export interface StateAtHeight {
  readonly value: Uint8Array | undefined;
  readonly proof: StateProof;
}

export class RecentStates {
  /** One for each executed block since `earliest`, oldest first. */
  private replaced: ReplacedState[] = [];
  private bytes = 0;

  constructor(
    private readonly tree: StateTreeView,
    /** Executed height: the tree's. */
    private head: Height,
    private readonly reader: Pick<LedgerReader, 'readBuckets'>,
    private readonly limits: RecentStatesLimits = { heights: HEIGHTS_MAX, bytes: BYTES_MAX },
  ) {}

  /** Lowest height whose state can be told. */
  get earliest(): Height {
    return this.head - this.replaced.length;
  }

  /** Executed height, which may not be durable yet. */
  get latest(): Height {
    return this.head;
  }

  /** The tree has just been brought to the next height; `before` is what the block was executed on. */
  onExecuted(
    executed: Pick<ExecutedBlock, 'block' | 'writes'>,
    before: BlockState,
    nodes: ReplacedNodes,
  ): void {
    const { height } = executed.block.header;
    invariant(height === this.head + 1, `block ${height} is executed after ${this.head}`);
    this.head = height;
    const replaced = ReplacedState.of(height, executed, before, nodes, this.limits.bytes);
    // A state of many keys has many leaves in each bucket: one block alone may be too much.
    if (replaced === undefined) {
      this.replaced = [];
      this.bytes = 0;
      return;
    }
    this.replaced.push(replaced);
    this.bytes += replaced.bytes;
    let gone = 0;
    while (this.replaced.length - gone > this.limits.heights || this.bytes > this.limits.bytes) {
      this.bytes -= this.replaced[gone]?.bytes ?? 0;
      gone++;
    }
    this.replaced.splice(0, gone);
  }

  /**
   * Value and proof at a height; `undefined` when its state is not known any more, or not yet. The height must be durable
   * where the reader reads.
   *
   * Why the answer is right although blocks are executed meanwhile: the database answers with the state of some durable
   * height d ≥ `height`. Whatever a block in (height, d] has changed is in what it replaced, and so is what blocks above d
   * changed in the tree: each is kept from the moment at which it is executed, which is before it is durable. So the oldest
   * value replaced above `height` is that of `height`; and where nothing above it was replaced, nothing has changed, and the
   * database and the tree still say it. The database is read first and what was replaced is looked at afterwards, in one turn:
   * nothing can slip between. If the height has left the window by then, there is no answer.
   */
  async read(key: StateKey, height: Height): Promise<StateAtHeight | undefined> {
    if (!this.holds(height)) return undefined;
    const keyDigest = stateKeyDigest(key);
    // The state of a height does not change, so neither does the bucket.
    const bucket = bucketForProof(this.treeAt(height), keyDigest);
    const rows = await this.reader.readBuckets([{ key, keyDigest, bucket }]);
    if (!this.holds(height)) return undefined;
    const later = this.laterThan(height);
    const written = later.find((replaced) => replaced.wrote(key));
    const value =
      written === undefined ? rows.find((row) => row.key === key)?.value : written.valueBefore(key);
    const before = later
      .map((replaced) => replaced.leavesBefore(bucket))
      .find((leaves) => leaves !== undefined);
    return { value, proof: proveState(this.treeAt(height), before ?? rows, keyDigest) };
  }

  private holds(height: Height): boolean {
    return height >= this.earliest && height <= this.head;
  }

  private laterThan(height: Height): readonly ReplacedState[] {
    return this.replaced.slice(height - this.earliest);
  }

  private treeAt(height: Height): StateTreeView {
    const { tree } = this;
    const later = this.laterThan(height);
    const before = (node: number): ReturnType<ReplacedState['nodeBefore']> => {
      for (const replaced of later) {
        const found = replaced.nodeBefore(node);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return {
      bucketCount: tree.bucketCount,
      nodeHash: (node) => before(node)?.hash ?? tree.nodeHash(node),
      occupancyOf: (node) => before(node)?.occupancy ?? tree.occupancyOf(node),
    };
  }
}
