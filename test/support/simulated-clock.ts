/** Virtual time for specs and simulations: callbacks run when `advance` passes their moment, in order of time. */
import type { Clock } from '../../src/node/ports.js';

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

export class SimulatedClock implements Clock {
  private nowMs = 0;
  private order = 0;
  private scheduled: Scheduled[] = [];

  constructor(private readonly startWallMs = 1_750_000_000_000) {}

  wallMs(): number {
    return this.startWallMs + this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const item: Scheduled = { atMs: this.nowMs + Math.max(0, delayMs), order: this.order++, callback };
    this.scheduled.push(item);
    return () => {
      this.scheduled = this.scheduled.filter((other) => other !== item);
    };
  }

  /** Runs everything that falls due in the next `durationMs`, letting promises settle in between. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.nowMs + durationMs;
    await settlePromises();
    for (let next = this.nextBefore(endMs); next !== undefined; next = this.nextBefore(endMs)) {
      const due = next;
      this.scheduled = this.scheduled.filter((other) => other !== due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.callback();
      await settlePromises();
    }
    this.nowMs = endMs;
  }

  private nextBefore(endMs: number): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const item of this.scheduled) {
      if (item.atMs > endMs) continue;
      if (
        first === undefined ||
        item.atMs < first.atMs ||
        (item.atMs === first.atMs && item.order < first.order)
      )
        first = item;
    }
    return first;
  }
}

/** Lets every promise that can settle without time passing do so. */
export function settlePromises(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
