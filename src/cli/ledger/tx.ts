/** `tx`: submit signed transactions, and see what became of them. */
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { decodeSignedTransaction, isWithheld, type TransactionResource } from '../../sdk/index.js';
import { EXIT_CODE } from '../exit-code.js';
import { readInput } from '../input-file.js';
import {
  addNodeAccess,
  addNodeAddress,
  createClient,
  createOpenClient,
  type NodeAccessOptions,
  type NodeAddressOptions,
} from '../node-access.js';
import { parseCount, parseDuration, parseTransactionId } from '../parse-options.js';
import { formatTable, terminalOf } from '../terminal.js';

interface WaitOptions extends NodeAccessOptions {
  readonly timeout: number;
}

interface SubmitOptions extends NodeAddressOptions {
  readonly timeout: number;
  readonly wait: boolean;
}

interface ListOptions extends NodeAccessOptions {
  readonly limit: number;
  readonly cursor?: string;
  readonly height?: number;
}

export function describeTransaction(transaction: TransactionResource): string {
  const { id, status, height, index, outcome } = transaction;
  if (height === undefined || index === undefined || outcome === undefined) return `${id}  ${status}`;
  const detail = outcome.failure ?? outcome.firstId;
  const what = detail === undefined ? outcome.code : `${outcome.code} (${detail})`;
  return `${id}  ${status} in block ${height}, position ${index}: ${what}, signed by ${outcome.identity || 'an unknown key'}`;
}

function submitCommand(): Command {
  return addNodeAddress(new Command('submit'))
    .description('submit a signed transaction: the bytes of a protobuf SignedTransaction')
    .argument('<file>', 'file, or - for standard input')
    .option('--no-wait', 'do not wait until it is on the ledger')
    .option('--timeout <duration>', 'how long to wait', parseDuration, 30_000)
    .action(async (file: string, options: SubmitOptions, command: Command) => {
      const terminal = terminalOf(command);
      const transaction = decodeSignedTransaction(await readInput(file));
      if (!transaction.ok) {
        throw new LedgerError(transaction.rejection.code, `${file}: ${transaction.rejection.message}`);
      }
      const client = createOpenClient(options);
      const answer = options.wait
        ? await client.submitAndWait(transaction.value, { timeoutMs: options.timeout })
        : await client.submit(transaction.value);
      terminal.data(answer, () => describeTransaction(answer));
      if (answer.outcome?.code === 'FAILED') process.exitCode = EXIT_CODE.failed;
    });
}

function getCommand(): Command {
  return addNodeAccess(new Command('get'))
    .description('show what became of a transaction')
    .argument('<id>', 'transaction id', parseTransactionId)
    .action(async (id: string, options: NodeAccessOptions, command: Command) => {
      const client = await createClient(options);
      const found = await client.transaction(id);
      if (found === undefined) {
        throw new LedgerError(
          'TRANSACTION_UNKNOWN',
          `the node has never seen transaction ${id}; is it of this chain?`,
        );
      }
      terminalOf(command).data(found, () => describeTransaction(found));
    });
}

function listCommand(): Command {
  return addNodeAccess(new Command('list'))
    .description('list transactions in the order of the ledger')
    .option('--limit <count>', 'at most so many', parseCount, 20)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--height <height>', 'of this block alone', parseCount)
    .action(async ({ limit, cursor, height, ...address }: ListOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(address);
      const page = await client.transactions({
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(height === undefined ? {} : { height }),
      });
      terminal.data(page, () =>
        formatTable(
          ['BLOCK', 'POSITION', 'ID', 'OUTCOME', 'IDENTITY'],
          page.items.map((item) =>
            isWithheld(item)
              ? [String(item.height), String(item.index), 'withheld by its organisation', '', '']
              : [
                  String(item.height),
                  String(item.index),
                  item.id,
                  item.outcome.failure ?? item.outcome.code,
                  item.outcome.identity,
                ],
          ),
        ),
      );
      if (page.nextCursor !== undefined) terminal.message(`more: --cursor ${page.nextCursor}`);
    });
}

function waitCommand(): Command {
  return addNodeAccess(new Command('wait'))
    .description('wait until a transaction is on the ledger')
    .argument('<id>', 'transaction id', parseTransactionId)
    .option('--timeout <duration>', 'how long to wait', parseDuration, 30_000)
    .action(async (id: string, options: WaitOptions, command: Command) => {
      const client = await createClient(options);
      const committed = await client.waitForCommit(id, { timeoutMs: options.timeout });
      terminalOf(command).data(committed, () => describeTransaction(committed));
    });
}

export function txCommand(): Command {
  return new Command('tx')
    .description('submit transactions and see what became of them')
    .addCommand(submitCommand())
    .addCommand(getCommand())
    .addCommand(listCommand())
    .addCommand(waitCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign tx submit transaction.bin --url http://127.0.0.1:7101
  countersign tx get 5f0c…e1 --json
  countersign tx list --height 12`,
    );
}
