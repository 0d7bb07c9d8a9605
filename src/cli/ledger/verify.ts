/** `verify`: checks a receipt offline, with nothing but the genesis file. Exit status 3 when it is refused. */
import { Command } from 'commander';
import { verifyReceipt } from '../../sdk/index.js';
import { VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { terminalOf } from '../terminal.js';

interface VerifyOptions {
  readonly genesis: string;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description('verify a receipt offline, trusting no node')
    .argument('<file>', 'receipt, or - for standard input')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .addHelpText('after', '\nExample:\n  countersign verify receipt.json --genesis genesis.json')
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      const [receipt, genesis] = [await readInput(file), await readInput(options.genesis)];
      const verified = verifyReceipt(receipt, genesis);
      if (!verified.ok) {
        const { code, message, field } = verified.rejection;
        const place = field === undefined || field === '' ? '' : ` (at ${field})`;
        throw new VerificationError(code, `${file} is refused: ${message}${place}`);
      }
      terminalOf(command).data(verified.value, () => `${file} is genuine`);
    });
}
