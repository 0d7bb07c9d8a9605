/** `capture`: records EPCIS documents, signed with an identity's key; each document is one transaction. */
import { Command } from 'commander';
import { sha256 } from '../../protocol/crypto/sha256.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { captureEpcisDocument, CountersignError, type CommittedTransaction } from '../../sdk/index.js';
import { EXIT_CODE } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { terminalOf } from '../terminal.js';
import { addSubmissionOptions, Submission, type SubmissionOptions } from './submission.js';
import { describeTransaction } from './tx.js';

interface CaptureOptions extends SubmissionOptions {
  readonly idempotencyKey?: string;
}

const LINE_FEED = 0x0a;

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** A file that is one JSON text is one document as it stands; otherwise each line that is not blank is one. */
function splitDocuments(bytes: Uint8Array): readonly Uint8Array[] {
  if (isJson(bytes)) return [bytes];
  const documents: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const feed = bytes.indexOf(LINE_FEED, start);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.subarray(start, end);
    if (new TextDecoder().decode(line).trim() !== '') documents.push(line);
    start = end + 1;
  }
  return documents;
}

async function capture(
  documents: readonly Uint8Array[],
  options: CaptureOptions,
  onCommitted: (committed: CommittedTransaction) => void,
): Promise<void> {
  const submission = await Submission.open(options);
  for (const [index, document] of documents.entries()) {
    const suffix = documents.length === 1 ? '' : `-${index + 1}`;
    const idempotencyKey =
      options.idempotencyKey === undefined
        ? `capture-${bytesToHex(sha256(document)).slice(0, 32)}`
        : options.idempotencyKey + suffix;
    try {
      const committed = await submission.submit(captureEpcisDocument(document), idempotencyKey);
      onCommitted(committed);
    } catch (error) {
      if (documents.length === 1 || !(error instanceof CountersignError)) throw error;
      throw new CountersignError(error.code, `document ${index + 1}: ${error.message}`, error.problem, {
        cause: error,
      });
    }
  }
}

export function captureCommand(): Command {
  return addSubmissionOptions(new Command('capture'), 'app')
    .description('record EPCIS 2.0 documents: a JSON file, or one document a line')
    .argument('<file>', 'file, or - for standard input')
    .option(
      '--idempotency-key <key>',
      'name of the request (default: digest of the document, so nothing is recorded twice)',
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign capture shipment.json --config acme/countersign.yaml
  countersign capture events.ndjson --config acme/countersign.yaml --identity scanner-1 --json`,
    )
    .action(async (file: string, options: CaptureOptions, command: Command) => {
      const terminal = terminalOf(command);
      const documents = splitDocuments(await readInput(file));
      if (documents.length === 0) throw new LedgerError('FILE_UNREADABLE', `${file} holds no document`);
      const captured: CommittedTransaction[] = [];
      try {
        await capture(documents, options, (committed) => {
          captured.push(committed);
          if (committed.outcome.code === 'FAILED') process.exitCode = EXIT_CODE.failed;
        });
      } finally {
        // What was recorded is told even when a later document failed.
        if (captured.length > 0) terminal.data(captured, () => captured.map(describeTransaction).join('\n'));
      }
    });
}
