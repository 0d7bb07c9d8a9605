/**
 * Takes out of the mempool what is on the ledger already: a peer that lags shares transactions again which this node
 * committed too long ago to remember. Only the primary's builder would notice; elsewhere they would stay until they expire.
 */
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { Clock, LedgerStore } from '../ports.js';
import type { Mempool } from './mempool.js';

const INTERVAL_MS = 5_000;
/** Oldest transactions that are looked up each time, and how long each has waited at least. */
const LOOK_UPS_MAX = 500;
const WAITED_MS_MIN = 5_000;

export interface MempoolSweepPorts {
  readonly mempool: Pick<Mempool, 'oldest'>;
  readonly store: Pick<LedgerStore, 'findCommittedIds'>;
  readonly clock: Clock;
  /** These are on the ledger. */
  readonly onCommitted: (ids: readonly TransactionId[]) => void;
  readonly onError: (error: unknown) => void;
}

export class MempoolSweep {
  private cancelTimer: (() => void) | undefined;
  private stopped = false;

  constructor(private readonly ports: MempoolSweepPorts) {}

  start(): void {
    this.cancelTimer = this.ports.clock.schedule(INTERVAL_MS, () => {
      this.sweep().then(
        () => {
          if (!this.stopped) this.start();
        },
        (error: unknown) => {
          if (!this.stopped) this.ports.onError(error);
        },
      );
    });
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  private async sweep(): Promise<void> {
    const { mempool, store, onCommitted } = this.ports;
    const ids = mempool.oldest(WAITED_MS_MIN, LOOK_UPS_MAX);
    if (ids.length === 0) return;
    try {
      const committed = await store.findCommittedIds(ids);
      if (committed.size > 0 && !this.stopped) onCommitted([...committed]);
    } catch (error) {
      // Who cannot do without the database says so; the next sweep asks again.
      if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') throw error;
    }
  }
}
