/** `receipt get`: the file that proves a transaction to anybody who has the genesis file. */
import { Command } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { writeOutput } from '../input-file.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseDuration, parseTransactionId } from '../parse-options.js';
import { terminalOf } from '../terminal.js';

interface GetOptions extends NodeAccessOptions {
  readonly output?: string;
  readonly timeout: number;
}

function getCommand(): Command {
  return addNodeAccess(new Command('get'))
    .description('fetch the receipt of a transaction')
    .argument('<id>', 'transaction id', parseTransactionId)
    .option('-o, --output <file>', 'write it there instead of to standard output')
    .option('--timeout <duration>', 'how long to wait for the countersignatures', parseDuration, 10_000)
    .action(async (id: string, options: GetOptions, command: Command) => {
      const terminal = terminalOf(command);
      const client = await createClient(options);
      if ((await client.transaction(id)) === undefined) {
        throw new LedgerError(
          'TRANSACTION_UNKNOWN',
          `the node has never seen transaction ${id}; is it of this chain?`,
        );
      }
      const receipt = await client.waitForReceipt(id, { timeoutMs: options.timeout });
      if (options.output === undefined || options.output === '-') {
        terminal.raw(receipt);
        return;
      }
      writeOutput(options.output, receipt);
      const { output } = options;
      terminal.data({ id, file: output, bytes: receipt.length }, () => `${output}: ${receipt.length} bytes`);
    });
}

export function receiptCommand(): Command {
  return new Command('receipt')
    .description('fetch receipts')
    .addCommand(getCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign receipt get 5f0c…e1 --config acme/countersign.yaml -o receipt.json
  countersign verify receipt.json --genesis genesis.json`,
    );
}
