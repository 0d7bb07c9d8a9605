/** Reads what the state says of epochs by exact keys: there are few, in a table that is large. */
import { epochTermsKey, PENDING_TERMS_KEY } from '../../protocol/governance/epoch-state.js';
import type { LedgerStore, StateEntry, StoredEpochTerms } from '../../node/ports.js';

const EPOCHS_PER_READ = 64;

export async function readEpochTerms(read: LedgerStore['readState']): Promise<StoredEpochTerms> {
  const ended: StateEntry[] = [];
  for (;;) {
    const from = ended.length + 1;
    const keys = Array.from({ length: EPOCHS_PER_READ }, (_, index) => epochTermsKey(from + index));
    const values = await read([...keys, PENDING_TERMS_KEY]);
    for (const key of keys) {
      const value = values.get(key);
      if (value === undefined) {
        const pending = values.get(PENDING_TERMS_KEY);
        return { ended, pending: pending && { key: PENDING_TERMS_KEY, value: pending } };
      }
      ended.push({ key, value });
    }
  }
}
