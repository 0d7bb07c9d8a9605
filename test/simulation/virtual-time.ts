/** Virtual time: events in a binary heap, ordered by time and then by the order in which they were scheduled. */
import type { Clock } from '../../src/node/ports.js';

interface TimedEvent {
  readonly timeMs: number;
  readonly sequence: number;
  readonly action: () => void;
}

function isEarlier(left: TimedEvent, right: TimedEvent): boolean {
  return left.timeMs < right.timeMs || (left.timeMs === right.timeMs && left.sequence < right.sequence);
}

export class VirtualTime {
  nowMs = 0;
  private sequence = 0;
  private readonly heap: TimedEvent[] = [];

  at(timeMs: number, action: () => void): void {
    this.push({ timeMs: Math.max(timeMs, this.nowMs), sequence: this.sequence++, action });
  }

  after(delayMs: number, action: () => void): void {
    this.at(this.nowMs + delayMs, action);
  }

  /** Performs the next event; false when there is none. */
  advance(): boolean {
    const next = this.pop();
    if (next === undefined) return false;
    this.nowMs = next.timeMs;
    next.action();
    return true;
  }

  private push(event: TimedEvent): void {
    const { heap } = this;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isEarlier(event, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = event;
  }

  private pop(): TimedEvent | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isEarlier(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** Wall clock at virtual time 0. */
export const EPOCH_MS = 1_700_000_000_000;
/** How far the clocks of two correct nodes may lie apart: none lies behind this time, none further ahead of it. */
export const CLOCK_SKEW_MS = 200;

/** The clock of one life of one node: its monotonic time starts at boot, and nothing fires after its death. */
export class SimulatedClock implements Clock {
  private readonly bootMs: number;

  constructor(
    private readonly time: VirtualTime,
    private readonly isAlive: () => boolean,
    private readonly skewMs: number,
  ) {
    this.bootMs = time.nowMs;
  }

  wallMs(): number {
    return EPOCH_MS + Math.floor(this.time.nowMs) + this.skewMs;
  }

  monotonicMs(): number {
    return this.time.nowMs - this.bootMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    let cancelled = false;
    this.time.after(delayMs, () => {
      if (!cancelled && this.isAlive()) callback();
    });
    return () => {
      cancelled = true;
    };
  }
}
