/** `receipt get`: the file that proves a transaction to anybody who has the genesis file. */
import { Command, Option } from 'commander';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { writeOutput } from '../input-file.js';
import {
  addNodeAccess,
  addNodeAddress,
  createClient,
  createOpenClient,
  type NodeAccessOptions,
  type NodeAddressOptions,
} from '../node-access.js';
import { parseDuration, parseTransactionId } from '../parse-options.js';
import { terminalOf } from '../terminal.js';

interface GetOptions extends NodeAccessOptions {
  readonly output?: string;
  readonly timeout: number;
  readonly format: 'json' | 'cose';
}

function getCommand(): Command {
  return addNodeAccess(new Command('get'))
    .description('fetch the receipt of a transaction')
    .argument('<id>', 'transaction id', parseTransactionId)
    .option('-o, --output <file>', 'write it there instead of to standard output')
    .addOption(
      new Option('--format <format>', 'json, proven by genesis alone, or cose for standard verifiers')
        .choices(['json', 'cose'])
        .default('json'),
    )
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
      const json = await client.waitForReceipt(id, { timeoutMs: options.timeout });
      const receipt = options.format === 'json' ? json : await client.coseReceipt(id);
      if (options.output === undefined || options.output === '-') {
        terminal.raw(receipt);
        return;
      }
      writeOutput(options.output, receipt);
      const { output } = options;
      terminal.data({ id, file: output, bytes: receipt.length }, () => `${output}: ${receipt.length} bytes`);
    });
}

function keysCommand(): Command {
  interface KeysOptions extends NodeAddressOptions {
    readonly output?: string;
  }
  return addNodeAddress(new Command('keys'))
    .description("fetch the organisations' keys for COSE receipts, as a COSE Key Set")
    .option('-o, --output <file>', 'write them there instead of to standard output')
    .action(async (options: KeysOptions, command: Command) => {
      const terminal = terminalOf(command);
      const keys = await createOpenClient(options).receiptKeys();
      if (options.output === undefined || options.output === '-') {
        terminal.raw(keys);
        return;
      }
      writeOutput(options.output, keys);
      const { output } = options;
      terminal.data({ file: output, bytes: keys.length }, () => `${output}: ${keys.length} bytes`);
    });
}

export function receiptCommand(): Command {
  return new Command('receipt')
    .description('fetch receipts')
    .addCommand(getCommand())
    .addCommand(keysCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign receipt get 5f0c…e1 --config acme/countersign.yaml -o receipt.json
  countersign verify receipt.json --genesis genesis.json
  countersign receipt get 5f0c…e1 --format cose --config acme/countersign.yaml -o receipt.cbor
  countersign receipt keys --config globex/countersign.yaml -o keys.cbor`,
    );
}
