/** The same call again for as long as the database is away; whoever shows how the node is doing hears of both ends. */
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { Clock } from '../ports.js';

/** Pause between attempts while the database does not answer. */
const RETRY_MS = 250;

export class DatabasePatience {
  private stopped = false;

  constructor(
    private readonly clock: Pick<Clock, 'schedule'>,
    private readonly onDatabase: (available: boolean, reason: string) => void,
  ) {}

  /** Calls that wait reject with their last error, after their pause. */
  stop(): void {
    this.stopped = true;
  }

  /** Rejects as `attempt` does, but for DATABASE_UNAVAILABLE. */
  async untilAvailable<Value>(attempt: () => Promise<Value>): Promise<Value> {
    for (let failures = 0; ; failures++) {
      try {
        const value = await attempt();
        if (failures > 0) this.onDatabase(true, 'the database answers again');
        return value;
      } catch (error) {
        if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE' || this.stopped)
          throw error;
        this.onDatabase(false, error.message);
        await new Promise<void>((resolve) => {
          this.clock.schedule(RETRY_MS, resolve);
        });
      }
    }
  }
}
