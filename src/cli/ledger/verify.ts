/** `verify`: checks a receipt offline, with nothing but the genesis file. Exit status 3 when it is refused. */
import { Command } from 'commander';
import { readInput } from '../input-file.js';
import { terminalOf } from '../terminal.js';
import { reportReceipt } from './receipt-verdict.js';

interface VerifyOptions {
  readonly genesis: string;
  readonly explain?: boolean;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('verify a receipt offline, trusting no node')
    .argument('<file>', 'receipt, or - for standard input')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .option('--explain', 'show each step of the proof: what held, and what failed')
    .addHelpText(
      'after',
      '\nExamples:\n  countersign verify receipt.json --genesis genesis.json\n  countersign verify receipt.json --genesis genesis.json --explain',
    )
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      const [receipt, genesis] = [await readInput(file), await readInput(options.genesis)];
      reportReceipt(terminalOf(command), file, receipt, genesis, options.explain === true);
    });
}
