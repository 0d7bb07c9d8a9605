/** `init`: the files of one organisation of a real consortium: encrypted keys, a commented configuration, and its genesis entry. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import {
  FileKeystore,
  identityKeyName,
  LEDGER_KEY_NAME,
  RECEIPT_KEY_NAME,
} from '../../keys/file-keystore.js';
import type { GenesisIdentity, GenesisOrganisation } from '../../protocol/ledger/genesis.js';
import { isRole, type Role } from '../../protocol/ledger/identity.js';
import { compareStrings, concatBytes, utf8ToBytes } from '../../protocol/primitives/bytes.js';
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
import {
  createRequest,
  readInvitation,
  type Invitation,
  type InvitationOptions,
} from '../members/joining/invitation.js';
import { terminalOf } from '../terminal.js';
import { configurationTemplate } from './configuration-template.js';

interface InitOptions extends KeystoreOptions, InvitationOptions {
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

interface MadeFiles {
  readonly organisation: string;
  readonly folder: string;
  readonly configFile: string;
  readonly keystore: FileKeystore;
  readonly entry: GenesisOrganisation;
}

/** Keys and configuration. Throws LedgerError FILE_EXISTS and UsageError when nothing gives a passphrase. */
async function makeFiles(
  organisation: string,
  options: InitOptions,
  addresses: Invitation['addresses'] | undefined,
): Promise<MadeFiles> {
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
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keystore = new FileKeystore({
    folder: path.join(folder, 'keys'),
    passphrase,
    allowPlain: options.plain ?? false,
  });
  const entry = await createEntry(organisation, keystore, options.identity);
  await keystore.createEs256Key(RECEIPT_KEY_NAME);
  const settings = configurationTemplate(organisation, passphraseSetting(options, folder), addresses);
  writeOutput(configFile, settings, { overwrite: false, mode: 0o600 });
  return { organisation, folder, configFile, keystore, entry };
}

/** The files of a founder end with its entry for the genesis file. */
function showFounded({ organisation, folder, configFile, entry }: MadeFiles, command: Command): void {
  const entryFile = path.join(folder, 'organisation.json');
  writeOutput(entryFile, `${JSON.stringify(entry, undefined, 2)}\n`, { overwrite: false });
  const { ledgerKey } = entry;
  terminalOf(command).data({ organisation, folder, configFile, entryFile, ledgerKey }, () =>
    [
      `${path.join(folder, 'keys')}  private keys: keep a copy where only this organisation can read it`,
      `${entryFile}  send this to whoever assembles the genesis file`,
      `${configFile}  set the database and the addresses of the other organisations`,
      '',
      'Next: countersign genesis assemble ORGANISATION.json… --name CONSORTIUM, put genesis.json beside the configuration,',
      'then countersign db migrate and countersign start, each with --config; once the ledger runs, countersign credential',
      'register receipt --config FILE lets the node sign COSE receipts.',
    ].join('\n'),
  );
}

/** Those of who joins, with the genesis file of the invitation and a request to the members. */
async function showJoining(
  { organisation, folder, configFile, keystore, entry }: MadeFiles,
  invitation: Invitation,
  command: Command,
): Promise<void> {
  const { genesis, genesisBytes } = invitation;
  const { chainId } = genesis;
  const request = await createRequest(entry, keystore, invitation);
  const requestFile = path.join(folder, 'join-request.json');
  const newline = utf8ToBytes('\n');
  writeOutput(path.join(folder, 'genesis.json'), concatBytes(genesisBytes, newline), { overwrite: false });
  writeOutput(requestFile, `${JSON.stringify(request, undefined, 2)}\n`, { overwrite: false });
  const { ledgerKey } = entry;
  terminalOf(command).data({ organisation, folder, configFile, requestFile, chainId, ledgerKey }, () =>
    [
      `${path.join(folder, 'keys')}  private keys: keep a copy where only this organisation can read it`,
      `${requestFile}  send this to a member, who proposes it with "countersign member propose admit"`,
      `${configFile}  set the database`,
      '',
      `Compare the chain id ${chainId} with a member over a channel that both trust.`,
      'Next: countersign db migrate and countersign start, each with --config: the node follows once it is admitted.',
    ].join('\n'),
  );
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
    .option(
      '--invite <file>',
      'join a ledger that is there, by what "countersign member invite" of a member wrote',
    )
    .option('--address <host:port>', 'with --invite: where the members reach the node')
    .addHelpText(
      'after',
      `
The passphrase that encrypts the keys is read from --passphrase-file, --passphrase-env or the terminal.

Example:
  countersign init acme --passphrase-file /run/secrets/acme --identity app:submitter --identity boss:admin+auditor
  countersign init hooli --invite invite.json --address ledger.hooli.example:7050`,
    )
    .action(async (organisation: string, options: InitOptions, command: Command) => {
      if (!isOrganisationName(organisation)) {
        throw new UsageError(`"${organisation}" is no name of an organisation: [a-z][a-z0-9-]{0,62}`);
      }
      const invitation = await readInvitation(organisation, options);
      const files = await makeFiles(organisation, options, invitation?.addresses);
      if (invitation === undefined) showFounded(files, command);
      else await showJoining(files, invitation, command);
    });
}
