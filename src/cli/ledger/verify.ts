/** `verify`: checks a receipt offline, with nothing but the genesis file. Exit status 3 when it is refused. */
import { Command } from 'commander';
import { verifyReceipt, type VerifiedReceipt } from '../../sdk/index.js';
import { VerificationError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { terminalOf } from '../terminal.js';
import { verifyBundleCommand } from './verify-bundle.js';

interface VerifyOptions {
  readonly genesis: string;
}

function verifiedToJson({ transaction, timestampMs, ...verified }: VerifiedReceipt): object {
  const { publicKey, idempotencyKey, command } = transaction;
  return {
    ...verified,
    timestamp: new Date(timestampMs).toISOString(),
    publicKey,
    idempotencyKey,
    command: command.type,
  };
}

function describeVerified(file: string, verified: VerifiedReceipt): string {
  const { outcome, transactionId, height, index, timestampMs, signers, checkpoint } = verified;
  const detail =
    outcome.code === 'FAILED'
      ? ` (${outcome.failure})`
      : outcome.code === 'REPLAYED'
        ? ` of ${outcome.firstId}`
        : '';
  return [
    `${file} is genuine`,
    `transaction    ${transactionId}`,
    `outcome        ${outcome.code}${detail}`,
    `signed by      ${outcome.identity || 'an unknown key'} (${outcome.signer})`,
    `recorded       block ${height}, position ${index}, ${new Date(timestampMs).toISOString()}`,
    `countersigned  ${signers.join(', ')} at height ${checkpoint.height}`,
    `chain id       ${verified.chainId}`,
  ].join('\n');
}

export function verifyCommand(): Command {
  return new Command('verify')
    .addCommand(verifyBundleCommand())
    .description('verify a receipt offline, trusting no node')
    .argument('<file>', 'receipt, or - for standard input')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .addHelpText(
      'after',
      '\nExamples:\n  countersign verify receipt.json --genesis genesis.json\n  countersign verify bundle acme.ndjson --genesis genesis.json',
    )
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      const [receipt, genesis] = [await readInput(file), await readInput(options.genesis)];
      const verified = verifyReceipt(receipt, genesis);
      if (!verified.ok) {
        const { code, message, field } = verified.rejection;
        const place = field === undefined || field === '' ? '' : ` (at ${field})`;
        throw new VerificationError(code, `${file} is refused: ${message}${place}`);
      }
      terminalOf(command).data(verifiedToJson(verified.value), () => describeVerified(file, verified.value));
    });
}
