/** `genesis`: from the entries of the founding organisations to the one file that names the chain. */
import { Command } from 'commander';
import { bytesToHex, compareStrings, concatBytes, utf8ToBytes } from '../../protocol/primitives/bytes.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import {
  DEFAULT_PARAMETERS,
  encodeGenesis,
  GENESIS_FORMAT,
  parseGenesis,
  type GenesisOrganisation,
  type GenesisParameters,
} from '../../protocol/ledger/genesis.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { UsageError } from '../exit-code.js';
import { readInput, writeOutput } from '../input-file.js';
import { terminalOf } from '../terminal.js';

interface AssembleOptions {
  readonly name: string;
  readonly output: string;
  readonly parameter: Readonly<Record<string, number>>;
}

function readEntry(file: string, bytes: Uint8Array): GenesisOrganisation {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as GenesisOrganisation;
  } catch (cause) {
    const message = `${file} is not JSON; it must be the organisation.json that "countersign init" wrote`;
    throw new LedgerError('ORGANISATION_ENTRY_INVALID', message, { cause });
  }
}

function collectParameter(text: string, before: Record<string, number>): Record<string, number> {
  const [, name, value] = /^([A-Za-z]+)=([0-9]{1,15})$/.exec(text) ?? [];
  if (name === undefined || !(name in DEFAULT_PARAMETERS)) {
    const names = Object.keys(DEFAULT_PARAMETERS).join(', ');
    throw new UsageError(`--parameter ${text} must be NAME=NUMBER with one of ${names}`);
  }
  return { ...before, [name]: Number(value) };
}

function assembleCommand(): Command {
  return new Command('assemble')
    .description(
      "build the genesis file from every founding organisation's entry; all must get the same bytes",
    )
    .argument('<entry...>', 'organisation.json of each organisation, in any order')
    .requiredOption('--name <name>', 'name of the consortium: lower-case letters, digits and hyphens')
    .option('-o, --output <file>', 'file to write', 'genesis.json')
    .option('--parameter <name=number>', 'set a parameter of the chain (repeatable)', collectParameter, {})
    .action(async (files: readonly string[], options: AssembleOptions, command: Command) => {
      const entries: GenesisOrganisation[] = [];
      for (const file of files) entries.push(readEntry(file, await readInput(file)));
      const organisations = entries.toSorted((left, right) => compareStrings(left.name, right.name));
      const parameters: GenesisParameters = { ...DEFAULT_PARAMETERS, ...options.parameter };
      const bytes = encodeGenesis({ format: GENESIS_FORMAT, name: options.name, parameters, organisations });
      const genesis = parseGenesis(bytes);
      if (!genesis.ok) throw new LedgerError(genesis.rejection.code, genesis.rejection.message);
      writeOutput(options.output, concatBytes(bytes, utf8ToBytes('\n')), { overwrite: false });
      const { chainId, name, validators } = genesis.value;
      const names = validators.map(({ organisation }) => organisation);
      terminalOf(command).data({ file: options.output, chainId, name, organisations: names }, () =>
        [
          `wrote     ${options.output}`,
          `chain id  ${chainId}`,
          `members   ${names.join(', ')}`,
          '',
          'Every organisation must compare the chain id with the others over a channel it trusts before it starts.',
        ].join('\n'),
      );
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('check a genesis file and show whom it names')
    .argument('<file>', 'genesis file')
    .action(async (file: string, _options: object, command: Command) => {
      const bytes = await readInput(file);
      const genesis = parseGenesis(bytes);
      if (!genesis.ok) throw new LedgerError(genesis.rejection.code, `${file}: ${genesis.rejection.message}`);
      const { chainId, name, origin, organisations, parameters } = genesis.value;
      const fileDigest = bytesToHex(sha256(bytes));
      terminalOf(command).data({ chainId, name, origin, fileDigest, organisations, parameters }, () =>
        [
          `chain id  ${chainId}`,
          `name      ${name}`,
          `origin    ${origin}`,
          ...organisations.map((organisation) => {
            const identities = organisation.identities.map(
              (identity) => `${identity.name} (${identity.roles.join(', ')})`,
            );
            return `${organisation.name}  ${organisation.ledgerKey}\n          ${identities.join(', ')}`;
          }),
        ].join('\n'),
      );
    });
}

export function genesisCommand(): Command {
  return new Command('genesis')
    .description('the file that names the chain')
    .addCommand(assembleCommand())
    .addCommand(showCommand())
    .addHelpText(
      'after',
      `
Examples:
  countersign genesis assemble acme/organisation.json globex/organisation.json \\
    initech/organisation.json umbrella/organisation.json --name example
  countersign genesis show genesis.json`,
    );
}
