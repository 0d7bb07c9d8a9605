/** `verify`: checks a receipt offline, with nothing but the genesis file. Exit status 3 when it is refused. */
import { Command } from 'commander';
import { UsageError } from '../exit-code.js';
import { readInput } from '../input-file.js';
import { terminalOf } from '../terminal.js';
import { reportReceipt, type PinnedCheckpoint } from './receipt-verdict.js';
import { showVerifiedProof } from './verified-proofs.js';
import { verifyBundleCommand } from './verify-bundle.js';

interface VerifyOptions {
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
    .description('verify a receipt, a history or a state proof offline, trusting no node')
    .argument('<file>', 'receipt, history or state proof, or - for standard input')
    .requiredOption('--genesis <file>', "the consortium's genesis file, from somebody you trust")
    .option('--explain', 'show each step of the proof of a receipt: what held, and what failed')
    .option('--checkpoint <file>', 'a checkpoint that you know: the receipt must be of the same log')
    .option('--consistency <file>', 'answer of /v1/log/consistency, when the two are of different heights')
    .addHelpText(
      'after',
      `
Examples:
  countersign verify receipt.json --genesis genesis.json
  countersign verify receipt.json --genesis genesis.json --explain
  countersign verify bundle acme.ndjson --genesis genesis.json`,
    )
    .action(async (file: string, options: VerifyOptions, command: Command) => {
      const [receipt, genesis] = [await readInput(file), await readInput(options.genesis)];
      if (showVerifiedProof(file, receipt, genesis, terminalOf(command))) return;
      reportReceipt(terminalOf(command), file, receipt, genesis, {
        isExplained: options.explain === true,
        pin: await readPin(options),
      });
    });
}
