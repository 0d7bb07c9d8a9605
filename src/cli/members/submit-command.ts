/** Submits a command of an admin, and tells what became of it. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Command as LedgerCommand } from '../../sdk/index.js';
import { EXIT_CODE } from '../exit-code.js';
import { Submission, type SubmissionOptions } from '../ledger/submission.js';
import { describeTransaction } from '../ledger/tx.js';
import { terminalOf } from '../terminal.js';

/** Every call is a command of its own: the same twice is done twice. */
export async function submitCommand(
  command: Command,
  options: SubmissionOptions,
  make: (submission: Submission) => LedgerCommand | Promise<LedgerCommand>,
): Promise<void> {
  const submission = await Submission.open(options);
  const committed = await submission.submit(await make(submission), `member-${randomUUID()}`);
  terminalOf(command).data(committed, () => describeTransaction(committed));
  if (committed.outcome.code === 'FAILED') process.exitCode = EXIT_CODE.failed;
}
