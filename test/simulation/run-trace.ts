/** The last events of a run, written out only when it fails, and a number that two equal runs share. */
import type { Effect } from '../../src/protocol/pbft/effect.js';
import type { Input } from '../../src/protocol/pbft/input.js';
import type { VirtualTime } from './virtual-time.js';

const { imul } = Math;
const EVENTS_KEPT = 2_000;

export interface TracedEvent {
  readonly timeMs: number;
  /** Name of the process. */
  readonly node: string;
  readonly what: Input | Effect | string;
}

function described(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'string') return value.length > 16 ? value.slice(0, 8) : value;
  if (Array.isArray(value)) return value.length > 8 ? `${value.length} items` : value.map(described);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, described(item)]));
}

export class RunTrace {
  /** Equal for equal runs: a run is a function of its options. */
  fingerprint = 0;
  count = 0;
  /** How often each thing happened that a thorough set of runs must contain. */
  readonly coverage = new Map<string, number>();
  /** Who keeps more than the last events. */
  listener: ((event: TracedEvent) => void) | undefined;
  private readonly events: TracedEvent[] = [];

  constructor(private readonly time: VirtualTime) {}

  add(node: string, what: Input | Effect | string): void {
    const kind = typeof what === 'string' ? what : what.type;
    this.fingerprint = (imul(this.fingerprint, 31) + Math.round(this.time.nowMs * 1000)) | 0;
    this.fingerprint = (imul(this.fingerprint, 31) + kind.length * 64 + kind.charCodeAt(0)) | 0;
    const event = { timeMs: this.time.nowMs, node, what };
    this.events[this.count++ % EVENTS_KEPT] = event;
    this.listener?.(event);
  }

  cover(thing: string): void {
    this.coverage.set(thing, (this.coverage.get(thing) ?? 0) + 1);
  }

  /** The last events, oldest first. */
  lastEvents(limit: number): readonly TracedEvent[] {
    const kept = Math.min(limit, this.count, EVENTS_KEPT);
    return Array.from(
      { length: kept },
      (_, offset) => this.events[(this.count - kept + offset) % EVENTS_KEPT]!,
    );
  }

  /** The same, one a line. */
  describeLastEvents(limit: number): readonly string[] {
    return this.lastEvents(limit).map(({ timeMs, node, what }) => {
      const text = typeof what === 'string' ? what : JSON.stringify(described(what));
      return `${timeMs.toFixed(2).padStart(10)} ${node.padEnd(4)} ${text}`;
    });
  }
}
