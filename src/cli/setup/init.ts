/** `init`: the files of one organisation of a real consortium: encrypted keys, a commented configuration, and its genesis entry. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { FileKeystore, identityKeyName, LEDGER_KEY_NAME } from '../../keys/file-keystore.js';
import type { GenesisIdentity, GenesisOrganisation } from '../../protocol/ledger/genesis.js';
import { isRole, type Role } from '../../protocol/ledger/identity.js';
import { compareStrings } from '../../protocol/primitives/bytes.js';
import { isOrganisationName } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { UsageError } from '../exit-code.js';
import { writeOutput } from '../input-file.js';
import {
  addPassphraseOptions,
  obtainPassphrase,
  passphraseSource,
  type KeystoreOptions,
} from '../keystore-options.js';
import { terminalOf } from '../terminal.js';
import { configurationTemplate } from './configuration-template.js';

interface InitOptions extends KeystoreOptions {
  readonly directory?: string;
  readonly identity: readonly RequestedIdentity[];
}

interface RequestedIdentity {
  readonly name: string;
  readonly roles: readonly Role[];
}

const DEFAULT_IDENTITIES: readonly RequestedIdentity[] = [
  { name: 'admin', roles: ['admin'] },
  { name: 'app', roles: ['submitter'] },
  { name: 'auditor', roles: ['auditor'] },
];

function parseIdentity(text: string, before: readonly RequestedIdentity[]): readonly RequestedIdentity[] {
  const [name = '', list = ''] = text.split(':');
  const roles = list.split('+').filter(isRole);
  if (!isOrganisationName(name) || roles.length === 0 || roles.join('+') !== list) {
    throw new UsageError(
      `--identity ${text} must be NAME:ROLE or NAME:ROLE+ROLE with submitter, auditor, admin, operator`,
    );
  }
  const others = before === DEFAULT_IDENTITIES ? [] : before.filter((identity) => identity.name !== name);
  return [...others, { name, roles }];
}

async function createEntry(
  organisation: string,
  keystore: FileKeystore,
  requested: readonly RequestedIdentity[],
): Promise<GenesisOrganisation> {
  const ledgerKey = await keystore.createKey(LEDGER_KEY_NAME);
  const identities: GenesisIdentity[] = [];
  for (const { name, roles } of requested.toSorted((left, right) => compareStrings(left.name, right.name))) {
    identities.push({ name, publicKey: await keystore.createKey(identityKeyName(name)), roles });
  }
  return { name: organisation, ledgerKey, identities };
}

/** Where the node will find the passphrase: the way it was given now, else a variable to set. */
function passphraseSetting({ plain, passphraseFile, passphraseEnv }: InitOptions, folder: string): string {
  if (plain === true) return 'allowPlain: true # the keys are not encrypted: for demonstrations only';
  if (passphraseFile === undefined)
    return `passphraseEnvironment: ${passphraseEnv ?? 'COUNTERSIGN_PASSPHRASE'}`;
  return `passphraseFile: ${JSON.stringify(path.relative(folder, path.resolve(passphraseFile)))}`;
}

export function initCommand(): Command {
  return addPassphraseOptions(new Command('init'))
    .description('make the files of one organisation: keys, configuration, genesis entry')
    .argument('<organisation>', 'its name: lower-case letters, digits and hyphens')
    .option('--directory <folder>', 'where to (default: a folder of the same name)')
    .option(
      '--identity <name:role+role>',
      'an identity of the organisation (repeatable)',
      parseIdentity,
      DEFAULT_IDENTITIES,
    )
    .addHelpText(
      'after',
      `
The passphrase that encrypts the keys is read from --passphrase-file, --passphrase-env or the terminal.

Example:
  countersign init acme --passphrase-file /run/secrets/acme --identity app:submitter --identity boss:admin+auditor`,
    )
    .action(async (organisation: string, options: InitOptions, command: Command) => {
      if (!isOrganisationName(organisation)) {
        throw new UsageError(`"${organisation}" is no name of an organisation: [a-z][a-z0-9-]{0,62}`);
      }
      const folder = path.resolve(options.directory ?? organisation);
      const configFile = path.join(folder, 'countersign.yaml');
      if (existsSync(configFile)) {
        throw new LedgerError('FILE_EXISTS', `${configFile} exists already; name another --directory`);
      }
      const passphrase =
        options.plain === true ? undefined : await obtainPassphrase(passphraseSource(options), true);
      if (passphrase === undefined && options.plain !== true) {
        throw new UsageError(
          'the keys need a passphrase: --passphrase-file FILE, --passphrase-env NAME, or a terminal to ask on',
        );
      }
      const keys = { folder: path.join(folder, 'keys'), passphrase, allowPlain: options.plain ?? false };
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const entry = await createEntry(organisation, new FileKeystore(keys), options.identity);
      const entryFile = path.join(folder, 'organisation.json');
      writeOutput(entryFile, `${JSON.stringify(entry, undefined, 2)}\n`, { overwrite: false });
      const settings = configurationTemplate(organisation, passphraseSetting(options, folder));
      writeOutput(configFile, settings, { overwrite: false, mode: 0o600 });
      terminalOf(command).data(
        { organisation, folder, configFile, entryFile, ledgerKey: entry.ledgerKey },
        () =>
          [
            `${keys.folder}  private keys: keep a copy where only this organisation can read it`,
            `${entryFile}  send this to whoever assembles the genesis file`,
            `${configFile}  set the database and the addresses of the other organisations`,
            '',
            'Next: countersign genesis assemble ORGANISATION.json… --name CONSORTIUM, put genesis.json beside the configuration,',
            'then countersign db migrate and countersign start, each with --config.',
          ].join('\n'),
      );
    });
}
