/** A row that this program cannot have written. */
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

export function corrupt(what: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'DATABASE_CORRUPT',
    `the database was damaged or changed from outside (${what}): stop the node, run \`countersign audit run\`, ` +
      'and restore from a backup or let an empty database be filled by the other organisations',
    { cause },
  );
}
