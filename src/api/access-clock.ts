/** Time as access control sees it. */
import type { Clock } from '../node/ports.js';
import type { TimestampMs } from '../protocol/primitives/identifiers.js';

export interface AccessClock extends Pick<Clock, 'wallMs' | 'monotonicMs'> {
  /** When this node began: what it remembers reaches no further back. */
  readonly startedAtMs: TimestampMs;
  sleep(delayMs: number): Promise<void>;
}

export function createAccessClock(clock: Clock): AccessClock {
  return {
    startedAtMs: clock.wallMs(),
    wallMs: () => clock.wallMs(),
    monotonicMs: () => clock.monotonicMs(),
    sleep: (delayMs) =>
      new Promise((resolve) => {
        clock.schedule(delayMs, resolve);
      }),
  };
}
