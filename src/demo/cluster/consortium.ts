/**
 * Keys and genesis of the demo's consortium, made once and kept: each organisation has its ledger key and the identities
 * app (submitter), auditor and admin. The keys are not encrypted, which only a demonstration may do.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { FileKeystore, identityKeyName, LEDGER_KEY_NAME } from '../../keys/file-keystore.js';
import {
  DEFAULT_PARAMETERS,
  encodeGenesis,
  GENESIS_FORMAT,
  parseGenesis,
  type Genesis,
  type GenesisIdentity,
  type GenesisOrganisation,
} from '../../protocol/ledger/genesis.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { TransactionSigner } from '../../sdk/index.js';
import { genesisFileIn, organisationFolder } from '../demo-folder.js';

/** Sorted by name, as genesis wants them. */
const IDENTITIES = [
  { name: 'admin', roles: ['admin'] },
  { name: 'app', roles: ['submitter'] },
  { name: 'auditor', roles: ['auditor'] },
] as const;

export interface Consortium {
  readonly genesis: Genesis;
  readonly genesisBytes: Uint8Array;
  readonly genesisFile: string;
  keystore(organisation: string): FileKeystore;
  /** Throws LedgerError KEY_NOT_FOUND. */
  identitySigner(organisation: string, identity: string): Promise<TransactionSigner>;
}

async function createMissing(
  keystore: FileKeystore,
  present: ReadonlySet<string>,
  name: string,
): Promise<PublicKey> {
  return present.has(name) ? keystore.publicKey(name) : keystore.createKey(name);
}

async function createEntry(organisation: string, keystore: FileKeystore): Promise<GenesisOrganisation> {
  const present = new Set(await keystore.list());
  const ledgerKey = await createMissing(keystore, present, LEDGER_KEY_NAME);
  const identities: GenesisIdentity[] = [];
  for (const { name, roles } of IDENTITIES) {
    identities.push({
      name,
      publicKey: await createMissing(keystore, present, identityKeyName(name)),
      roles,
    });
  }
  return { name: organisation, ledgerKey, identities };
}

/** Complete or absent: a start that is broken off leaves no half of it. */
function writeGenesis(file: string, bytes: Uint8Array): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, bytes);
  renameSync(draft, file);
}

/** `organisations` ascend. Throws LedgerError DEMO_DIRECTORY_FOREIGN, GENESIS_INVALID and those of the keystore. */
export async function prepareConsortium(
  directory: string,
  name: string,
  organisations: readonly string[],
): Promise<Consortium> {
  const keystore = (organisation: string): FileKeystore =>
    new FileKeystore({
      folder: organisationFolder(directory, organisation).keysFolder,
      passphrase: undefined,
      allowPlain: true,
    });
  const genesisFile = genesisFileIn(directory);
  if (!existsSync(genesisFile)) {
    const entries = await Promise.all(organisations.map((each) => createEntry(each, keystore(each))));
    const document = {
      format: GENESIS_FORMAT,
      name,
      parameters: DEFAULT_PARAMETERS,
      organisations: entries,
    } as const;
    writeGenesis(genesisFile, encodeGenesis(document));
  }
  const genesisBytes = readFileSync(genesisFile);
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok)
    throw new LedgerError(genesis.rejection.code, `${genesisFile}: ${genesis.rejection.message}`);
  const found = genesis.value.validators.map(({ organisation }) => organisation).join(', ');
  if (found !== organisations.join(', ')) {
    const message = `${genesisFile} names ${found}, not ${organisations.join(', ')}; use another --directory`;
    throw new LedgerError('DEMO_DIRECTORY_FOREIGN', message);
  }
  return {
    genesis: genesis.value,
    genesisBytes,
    genesisFile,
    keystore,
    identitySigner: (organisation, identity) => keystore(organisation).loadSigner(identityKeyName(identity)),
  };
}
