/**
 * Takes out of the mempool what is on the ledger already: a peer that lags shares transactions again which this node
 * committed too long ago to remember. What is looked up and not found is work: only that, and what was posted here, may
 * make a replica impatient with its primary.
 */
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { Clock, LedgerStore } from '../ports.js';
import type { Mempool } from './mempool.js';

const INTERVAL_MS = 500;
/** Oldest transactions that are looked up each time, and how long each has waited at least. */
const LOOK_UPS_MAX = 500;
const WAITED_MS_MIN = 500;

export interface MempoolSweepPorts {
  readonly mempool: Pick<Mempool, 'oldest' | 'has'>;
  readonly store: Pick<LedgerStore, 'findCommittedIds'>;
  readonly clock: Clock;
  /** True for a transaction of a final block that may not be in the database yet. */
  readonly isCommitted: (id: TransactionId) => boolean;
  /** These are on the ledger. */
  readonly onCommitted: (ids: readonly TransactionId[]) => void;
  readonly onError: (error: unknown) => void;
}

export class MempoolSweep {
  /** Looked up and not found; at most a few look-ups' worth, since what leaves the mempool leaves this too. */
  private readonly open = new Set<TransactionId>();
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

  /** True while a transaction waits that was not on the ledger when it was looked up. */
  get hasWork(): boolean {
    for (const id of this.open) {
      if (this.ports.mempool.has(id)) return true;
      this.open.delete(id);
    }
    return false;
  }

  /** It was looked up, and is not on the ledger. */
  isOpen(id: TransactionId): boolean {
    return this.open.has(id);
  }

  private async sweep(): Promise<void> {
    const { mempool, store, onCommitted, isCommitted } = this.ports;
    for (const id of this.open) if (!mempool.has(id)) this.open.delete(id);
    const ids = mempool.oldest(WAITED_MS_MIN, LOOK_UPS_MAX).filter((id) => !this.open.has(id));
    if (ids.length === 0) return;
    try {
      const committed = await store.findCommittedIds(ids);
      if (this.stopped) return;
      for (const id of ids) if (!committed.has(id) && !isCommitted(id)) this.open.add(id);
      if (committed.size > 0) onCommitted([...committed]);
    } catch (error) {
      // Who cannot do without the database says so; the next sweep asks again.
      if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') throw error;
    }
  }
}
