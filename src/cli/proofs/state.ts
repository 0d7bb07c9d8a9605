/** `state get`: one entry of the world state, or that there is none, with proof if wanted. */
import { Command, InvalidArgumentError } from 'commander';
import { writeOutput } from '../input-file.js';
import { addNodeAccess, createClient, type NodeAccessOptions } from '../node-access.js';
import { parseCount } from '../parse-options.js';
import { terminalOf } from '../terminal.js';

interface GetOptions extends NodeAccessOptions {
  readonly proof?: true;
  readonly output?: string;
  readonly atHeight?: number;
}

function getCommand(): Command {
  return addNodeAccess(new Command('get'))
    .description('fetch one entry of the state')
    .argument('<key>', 'kind/part/part, for example identity/acme/scanner-1 or subject/urn:lot:9')
    .option('--proof', 'fetch a file that proves the value, or its absence, offline')
    .option('-o, --output <file>', 'with --proof: write the file there instead of to standard output')
    .option('--at-height <height>', 'as of this height instead of the newest', parseCount)
    .action(async (key: string, options: GetOptions, command: Command) => {
      const { proof, output, atHeight } = options;
      if (output !== undefined && proof !== true)
        throw new InvalidArgumentError('--output is for --proof; a value goes to standard output.');
      const at = atHeight === undefined ? {} : { atHeight };
      const terminal = terminalOf(command);
      const client = await createClient(options);
      if (proof !== true) {
        const entry = await client.state(key, at);
        terminal.data(entry, () => `${entry.value ?? 'no such entry'} (as of height ${entry.height})`);
        return;
      }
      const bytes = await client.stateProof(key, at);
      if (output === undefined || output === '-') {
        terminal.raw(bytes);
        return;
      }
      writeOutput(output, bytes);
      terminal.data({ key, file: output, bytes: bytes.length }, () => `${output}: ${bytes.length} bytes`);
    });
}

export function stateCommand(): Command {
  return new Command('state')
    .description('entries of the world state, with proof if wanted')
    .addCommand(getCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign state get identity/acme/scanner-1 --config globex/countersign.yaml
  countersign state get subject/urn:lot:9 --proof -o state.json --config globex/countersign.yaml
  countersign verify state.json --genesis genesis.json`,
    );
}
