/** Peers that sent garbage stay out for a while, longer with each offence; a minute without one forgets them. */
import type { MonotonicMs } from '../../protocol/primitives/identifiers.js';

const FORGIVEN_AFTER_MS = 60_000;

export class Exclusions {
  private readonly excluded = new Map<string, { untilMs: MonotonicMs; lengthMs: number }>();

  constructor(
    private readonly minMs: number,
    private readonly maxMs: number,
  ) {}

  exclude(peer: string, nowMs: MonotonicMs): void {
    const last = this.excluded.get(peer);
    const isFresh = last !== undefined && nowMs < last.untilMs + FORGIVEN_AFTER_MS;
    const lengthMs = isFresh ? Math.min(2 * last.lengthMs, this.maxMs) : this.minMs;
    this.excluded.set(peer, { untilMs: nowMs + lengthMs, lengthMs });
  }

  /** How long the peer stays out from now; 0 when it is welcome. */
  remainingMs(peer: string, nowMs: MonotonicMs): number {
    return Math.max(0, (this.excluded.get(peer)?.untilMs ?? 0) - nowMs);
  }
}
