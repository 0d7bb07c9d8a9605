/** How soon a cluster commits again after its faults have stopped: within a number of views and of time that can be named. */
import { faultsMax } from '../../../src/protocol/primitives/quorum.js';
import type { MonotonicMs, View } from '../../../src/protocol/primitives/identifiers.js';
import type { SimulationOptions } from '../options.js';

/** Patience at its longest, so often, is what the next commit may take. */
const TIMEOUTS_MAX = 20;

/** f faulty primaries in a row, as many views again while patience is still too short, and a few that were under way. */
export function viewsToCommitMax(nodes: number): number {
  return 2 * faultsMax(nodes) + 4;
}

export class Recovery {
  /** Views from healing to the first commit after it; `undefined` while there is none. */
  viewsToCommit: number | undefined;
  private healed: { readonly view: View; readonly atMs: MonotonicMs } | undefined;

  constructor(
    private readonly options: Pick<SimulationOptions, 'nodes' | 'joiners' | 'progressTimeoutMsMax'>,
  ) {}

  /** The faults stop; `view` is the highest of a correct node. */
  onHealed(view: View, nowMs: MonotonicMs): void {
    this.healed = { view, atMs: nowMs };
  }

  /** A height is final for the first time, by a certificate of `view`. */
  onCommit(view: View, nowMs: MonotonicMs): string | undefined {
    if (this.healed === undefined || this.viewsToCommit !== undefined) return undefined;
    this.viewsToCommit = Math.max(0, view - this.healed.view);
    return this.problem(this.viewsToCommit, nowMs);
  }

  /** Something is still to be committed, and `view` is the highest of a correct node. */
  onWaiting(view: View, nowMs: MonotonicMs): string | undefined {
    if (this.healed === undefined || this.viewsToCommit !== undefined) return undefined;
    return this.problem(view - this.healed.view, nowMs);
  }

  private problem(views: number, nowMs: MonotonicMs): string | undefined {
    const { nodes, joiners, progressTimeoutMsMax } = this.options;
    const waitedMs = nowMs - (this.healed?.atMs ?? nowMs);
    return views > viewsToCommitMax(nodes + joiners) || waitedMs > TIMEOUTS_MAX * progressTimeoutMsMax
      ? `RECOVERY: no commit in ${views} views and ${Math.round(waitedMs)} ms after the last fault`
      : undefined;
  }
}
