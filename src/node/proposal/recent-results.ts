/**
 * What the node remembers of the last blocks, so that checking and building a proposal need no database for them:
 * the result log's root by height, and the ids that were committed lately or are on their way into the database.
 */
import type { Digest, Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';

export class RecentResults {
  private readonly roots = new Map<Height, Digest>();
  private readonly idsByHeight = new Map<Height, readonly TransactionId[]>();
  private readonly ids = new Map<TransactionId, Height>();
  private executed: Height;

  /** `depth`: how many heights below the head are kept; at least L + 1. */
  constructor(
    head: { readonly height: Height; readonly roots: ReadonlyMap<Height, Digest> },
    private readonly depth: number,
  ) {
    this.executed = head.height;
    for (const [height, root] of head.roots) this.roots.set(height, root);
  }

  get executedHeight(): Height {
    return this.executed;
  }

  /** Root of the log of size height + 1; the height is within `depth` of the head. */
  rootAt(height: Height): Digest {
    const root = this.roots.get(height);
    invariant(root !== undefined, `the result of height ${height} is not remembered`);
    return root;
  }

  hasRoot(height: Height): boolean {
    return this.roots.has(height);
  }

  /** True when a block at or above the remembered heights holds the id. */
  isCommitted(id: TransactionId): boolean {
    return this.ids.has(id);
  }

  /** A final block's ids, before it is executed. */
  addCommitted(height: Height, ids: readonly TransactionId[]): void {
    if (this.idsByHeight.has(height)) return;
    this.idsByHeight.set(height, ids);
    for (const id of ids) this.ids.set(id, height);
  }

  /** The block is durable; forgets what lies deeper than `depth`. */
  addExecuted(height: Height, root: Digest): void {
    this.roots.set(height, root);
    this.executed = height;
    const forgotten = height - this.depth;
    this.roots.delete(forgotten);
    for (const id of this.idsByHeight.get(forgotten) ?? []) this.ids.delete(id);
    this.idsByHeight.delete(forgotten);
  }
}
