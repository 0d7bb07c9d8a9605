/** The journal's failures: each names the file and what to do, because a node without its journal must not vote. */
import { LedgerError } from '../protocol/primitives/ledger-error.js';

function systemCode(cause: unknown): string | undefined {
  // Errors of Node come from another realm in tests, so `instanceof Error` says too little.
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Damage to what was durable. Never repaired by skipping: the records decide what this organisation may still vote for. */
export function journalCorrupt(name: string, problem: string): LedgerError {
  return new LedgerError(
    'JOURNAL_CORRUPT',
    `journal file ${name} is damaged: ${problem}. Do not delete it: without its records this organisation could vote twice. ` +
      'Restore the folder from the same disk, or replace the ledger key by governance and start with an empty journal',
  );
}

/** True for the system's own error only: what was turned into a LedgerError already is final. */
export function isDiskFull(cause: unknown): boolean {
  return !(cause instanceof LedgerError) && ['ENOSPC', 'EDQUOT'].includes(systemCode(cause) ?? '');
}

/** Why nothing can be made durable while the journal waits for room. */
export const DISK_FULL =
  'the disk of the vote journal is full: free space on it, and the node goes on by itself';

/** The error of a failed append, write or sync: JOURNAL_FULL for a full disk, JOURNAL_FAILED for everything else. */
export function journalFailure(action: string, cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause;
  const code = systemCode(cause);
  if (isDiskFull(cause)) {
    return new LedgerError(
      'JOURNAL_FULL',
      `the journal's disk is full (${action}): free space on it and start the node again`,
      {
        cause,
      },
    );
  }
  return new LedgerError(
    'JOURNAL_FAILED',
    `the journal cannot ${action} (${code ?? String(cause)}): check the disk and start the node again; a failed sync is never retried`,
    { cause },
  );
}
