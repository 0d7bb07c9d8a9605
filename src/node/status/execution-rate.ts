/** How fast blocks became durable over the last seconds, from a few samples: what a catch-up will take. */
import type { Height, TimestampMs } from '../../protocol/primitives/identifiers.js';

const WINDOW_MS = 5_000;
const SAMPLE_MS = 500;
/** What is measured over less is a guess. */
const MEASURED_MS_MIN = 1_000;

interface Sample {
  readonly height: Height;
  readonly atMs: TimestampMs;
}

export class ExecutionRate {
  /** Ascending; at most one every SAMPLE_MS, none that has left the window but the newest. */
  private samples: Sample[] = [];

  onExecuted(height: Height, atMs: TimestampMs): void {
    const newest = this.samples.at(-1);
    if (newest !== undefined && atMs - newest.atMs < SAMPLE_MS && atMs >= newest.atMs) return;
    // A wall clock that was set back makes what was measured before it useless.
    const isUsable = (sample: Sample): boolean => sample.atMs <= atMs && sample.atMs >= atMs - WINDOW_MS;
    this.samples = [...this.samples.filter(isUsable), { height, atMs }];
  }

  /** Blocks a second up to `height`, which is durable now; `undefined` when too little was measured. */
  blocksPerSecond(height: Height, nowMs: TimestampMs): number | undefined {
    if (this.samples.length === 0) return undefined;
    const oldest = this.samples.find(({ atMs }) => atMs >= nowMs - WINDOW_MS);
    if (oldest === undefined) return 0;
    const elapsedMs = nowMs - oldest.atMs;
    if (elapsedMs < MEASURED_MS_MIN) return undefined;
    return ((height - oldest.height) * 1_000) / elapsedMs;
  }
}
