/**
 * The surroundings fail (database, disk, network, configuration): thrown, with a code that the registry maps
 * and a message that names the problem and the fix. Bad input is never a LedgerError; it is a Rejection.
 */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';

  constructor(
    /** SCREAMING_SNAKE_CASE, listed in docs/ERRORS.md. */
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
