/**
 * What went wrong at the database as a LedgerError. DATABASE_UNAVAILABLE: it does not answer or cannot work now, and the same
 * call may be repeated. DATABASE_NOT_MIGRATED, DATABASE_FAILED: repeating does not help.
 */
import pg from 'pg';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

/** Classes and codes of appendix A of the PostgreSQL manual that pass by themselves or by an operator's hand. */
const PASSING = [
  '08', // connection exception
  '25P03', // idle in a database transaction for too long
  '40', // rolled back: serialisation, deadlock
  '53', // insufficient resources: disk, memory, connections
  '55P03', // lock not available
  '57', // operator intervention: shutdown, starting up, statement timeout
  '58', // system error: input and output
];
/** No such schema, table, column or function. */
const NOT_MIGRATED = ['3F000', '42P01', '42703', '42883'];

export const UNIQUE_VIOLATION = '23505';
export const FOREIGN_KEY_VIOLATION = '23503';

/** SQLSTATE of an error that the server reported, `undefined` for one of the connection. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** `action` completes "could not …". */
export function databaseError(error: unknown, action: string): LedgerError {
  if (error instanceof LedgerError) return error;
  const state = sqlState(error);
  const message = describe(error);
  if (state === undefined || PASSING.some((prefix) => state.startsWith(prefix))) {
    return new LedgerError(
      'DATABASE_UNAVAILABLE',
      `could not ${action}, the database does not answer: ${message}. Check that PostgreSQL runs and can be reached`,
      { cause: error },
    );
  }
  if (NOT_MIGRATED.includes(state)) return notMigrated(message, error);
  return new LedgerError('DATABASE_FAILED', `could not ${action}: ${message} (SQLSTATE ${state})`, {
    cause: error,
  });
}

export function notMigrated(reason: string, cause?: unknown): LedgerError {
  return new LedgerError(
    'DATABASE_NOT_MIGRATED',
    `the database is not ready for this version (${reason}): run \`countersign db migrate\``,
    { cause },
  );
}

/** A connection that is refused at every address of a name is an AggregateError without a message of its own. */
function describe(error: unknown): string {
  const { message, errors } = error as { readonly message?: string; readonly errors?: readonly unknown[] };
  if (message !== undefined && message !== '') return message;
  return errors === undefined ? String(error) : errors.map(describe).join('; ');
}
