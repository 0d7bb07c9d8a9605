/** The outcome of a transaction as the database has it. */
import { decodeOutcome, type Outcome } from '../../protocol/ledger/outcome.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

/** Throws LedgerError DATABASE_CORRUPT. */
export function readStoredOutcome(id: TransactionId, bytes: Uint8Array): Outcome {
  const outcome = decodeOutcome(bytes);
  if (outcome.ok) return outcome.value;
  throw new LedgerError(
    'DATABASE_CORRUPT',
    `the outcome of transaction ${id} cannot be decoded (${outcome.rejection.message}); run "countersign audit run"`,
  );
}
