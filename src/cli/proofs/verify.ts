/** `verify`: checks a receipt offline, with nothing but the genesis file, or the COSE form with keys beside it. Exit status 3 when it is refused. */
import { Command } from 'commander';
import { verifyCoseReceipt } from '../../sdk/index.js';
import { UsageError } from '../exit-code.js';
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
import { reportReceipt, showGenuine, type PinnedCheckpoint } from './receipt-verdict.js';
import { showVerifiedProof } from './verified-proofs.js';
import { verifyBundleCommand } from './verify-bundle.js';

interface VerifyOptions extends CoseTrustOptions {
  readonly genesis: string;
  readonly explain?: boolean;
  readonly checkpoint?: string;
  readonly consistency?: string;
}

async function readPin({ checkpoint, consistency }: VerifyOptions): Promise<PinnedCheckpoint | undefined> {
  if (checkpoint === undefined) {
    if (consistency === undefined) return undefined;
    throw new UsageError(
      '--consistency connects the receipt with a pinned checkpoint: name that with --checkpoint',
    );
  }
  const note = await readInput(checkpoint);
  return { note, proof: consistency === undefined ? undefined : await readInput(consistency) };
}

export function verifyCommand(): Command {
  return new Command('verify')
    .addCommand(verifyBundleCommand())
    .description('verify a receipt (JSON or COSE), a history or a state proof offline, trusting no node')
    .argument('<file>', 'receipt, history or state proof, or - for standard input')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .option('--explain', 'show each step of the proof of a receipt: what held, and what failed')
    .option('--checkpoint <file>', 'a checkpoint that you know: the receipt must be of the same log')
    .option('--consistency <file>', 'answer of /v1/log/consistency, when the two are of different heights')
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
  countersign verify receipt.json --genesis genesis.json --explain
  countersign verify receipt.cbor --genesis genesis.json --keys keys.cbor
  countersign verify bundle acme.ndjson --genesis genesis.json`,
    )
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      const terminal = terminalOf(command);
      const [proof, genesis] = [await readInput(file), await readInput(options.genesis)];
      if (isCoseReceipt(proof)) {
        const verified = verifyCoseReceipt(proof, genesis, await readCoseTrust(options, genesis));
        if (!verified.ok) throw refusal(file, verified.rejection);
        showGenuine(terminal, file, verified.value);
        return;
      }
      if (showVerifiedProof(file, proof, genesis, terminal)) return;
      reportReceipt(terminal, file, proof, genesis, {
        isExplained: options.explain === true,
        pin: await readPin(options),
      });
    });
}
