/** A token bucket for what one peer may send: it tells how long to wait, it never drops. */
import type { MonotonicMs } from '../../protocol/primitives/identifiers.js';

export class RateLimit {
  private tokens: number;
  private lastMs: MonotonicMs;

  /** Up to one second's worth may come at once. */
  constructor(
    private readonly perSecond: number,
    nowMs: MonotonicMs,
  ) {
    this.tokens = perSecond;
    this.lastMs = nowMs;
  }

  /** Takes `amount`, going into debt if need be; the time until the debt is paid, 0 when there is none. */
  take(amount: number, nowMs: MonotonicMs): number {
    const earned = (Math.max(0, nowMs - this.lastMs) * this.perSecond) / 1000;
    this.tokens = Math.min(this.perSecond, this.tokens + earned) - amount;
    this.lastMs = nowMs;
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens * 1000) / this.perSecond);
  }
}
