/** Asks the database for many ids at once: look-ups of one turn share one query. */
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import type { LedgerStore } from '../ports.js';

interface OpenLookup {
  readonly id: TransactionId;
  readonly resolve: (committed: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export class CommittedLookup {
  private waiting: OpenLookup[] = [];
  private running = false;

  constructor(private readonly store: Pick<LedgerStore, 'findCommittedIds'>) {}

  /** True when the id is on the ledger. Look-ups that come while one query runs wait for the next. */
  isCommitted(id: TransactionId): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ id, resolve, reject });
      if (this.running) return;
      this.running = true;
      void Promise.resolve().then(() => this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const lookups = this.waiting;
      this.waiting = [];
      try {
        const committed = await this.store.findCommittedIds(lookups.map(({ id }) => id));
        for (const { id, resolve } of lookups) resolve(committed.has(id));
      } catch (error) {
        for (const { reject } of lookups) reject(error);
      }
    }
    this.running = false;
  }
}
