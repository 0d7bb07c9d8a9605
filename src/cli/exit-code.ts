/** What the exit status of `countersign` says, the same for every command. */
import { CommanderError } from 'commander';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { CountersignError } from '../sdk/index.js';

export const EXIT_CODE = { ok: 0, failed: 1, usage: 2, verificationFailed: 3, notReachable: 4 } as const;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

/** The command was called in a way that cannot be meant: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A proof was checked and refused: exit status 3. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const NOT_REACHABLE = new Set(['NODE_UNREACHABLE', 'REQUEST_TIMEOUT', 'DATABASE_UNAVAILABLE']);

export function errorToExitCode(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage;
  if (error instanceof UsageError) return EXIT_CODE.usage;
  if (error instanceof VerificationError) return EXIT_CODE.verificationFailed;
  const coded = error instanceof LedgerError || error instanceof CountersignError;
  return coded && NOT_REACHABLE.has(error.code) ? EXIT_CODE.notReachable : EXIT_CODE.failed;
}

/** Stable name of the error, for `--json` and in brackets behind the message. */
export function errorCode(error: unknown): string {
  if (error instanceof UsageError) return 'USAGE';
  if (
    error instanceof VerificationError ||
    error instanceof LedgerError ||
    error instanceof CountersignError
  ) {
    return error.code;
  }
  return 'UNEXPECTED';
}
