/** `verify`: checks a receipt offline, with nothing but the genesis file, or the COSE form with keys beside it. Exit status 3 when it is refused. */
import { Command } from 'commander';
import {
  verifyCoseReceipt,
  verifyReceipt,
  type VerifiedCoseReceipt,
  type VerifiedReceipt,
} from '../../sdk/index.js';
import { readInput } from '../input-file.js';
import { terminalOf } from '../terminal.js';
import {
  collect,
  isCoseReceipt,
  parseNames,
  readCoseTrust,
  refusal,
  type CoseTrustOptions,
} from './cose-trust.js';

interface VerifyOptions extends CoseTrustOptions {
  readonly genesis: string;
}

type Verified = VerifiedReceipt | VerifiedCoseReceipt;

function verifiedToJson({ transaction, timestampMs, ...verified }: Verified): object {
  const { publicKey, idempotencyKey, command } = transaction;
  return {
    ...verified,
    timestamp: new Date(timestampMs).toISOString(),
    publicKey,
    idempotencyKey,
    command: command.type,
  };
}

function describeVerified(file: string, verified: Verified): string {
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
    .description('verify a receipt offline, trusting no node')
    .argument('<file>', 'receipt, or - for standard input')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .option('--keys <file>', 'of a COSE receipt: the key set of "receipt keys", from somebody you trust')
    .option(
      '--registration <file>',
      'of a COSE receipt, instead of --keys: the JSON receipt of a command about a key (repeatable)',
      collect,
      [],
    )
    .option(
      '--validators <names>',
      'of a COSE receipt: who voted then, when not those of genesis',
      parseNames,
    )
    .addHelpText(
      'after',
      `
Examples:
  countersign verify receipt.json --genesis genesis.json
  countersign verify receipt.cbor --genesis genesis.json --keys keys.cbor`,
    )
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      const [receipt, genesis] = [await readInput(file), await readInput(options.genesis)];
      const verified = isCoseReceipt(receipt)
        ? verifyCoseReceipt(receipt, genesis, await readCoseTrust(options, genesis))
        : verifyReceipt(receipt, genesis);
      if (!verified.ok) {
        throw refusal(file, verified.rejection);
      }
      terminalOf(command).data(verifiedToJson(verified.value), () => describeVerified(file, verified.value));
    });
}
