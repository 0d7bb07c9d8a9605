/**
 * The keys of a validator's node, from its organisation's keystore or an external signer: the ledger key, which must be the one that genesis names,
 * and those of identities that the node signs for.
 */
import type { IdentityKeys, Signer } from '../node/ports.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { OrganisationName } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { CustodialKeys } from './custodial-keys.js';
import { ExternalKeys } from './external/external-keys.js';
import { CONNECTION_DEFAULTS, SignerConnection } from './external/signer-connection.js';
import { FileKeystore, LEDGER_KEY_NAME } from './file-keystore.js';
import { readPassphrase, type PassphraseSource } from './read-passphrase.js';

export interface SignerSettings extends PassphraseSource {
  readonly directory: string;
  readonly allowPlain: boolean;
  /** Of an external signer, which then has the keys instead of the directory. */
  readonly signerSocket?: string | undefined;
}

export interface NodeKeys {
  readonly signer: Signer;
  readonly identities: IdentityKeys;
  close(): void;
}

export interface KeyWatchers {
  readonly verifier: SignatureVerifier;
  /** Of an external signer: told when something begins to be wrong, and with `undefined` when it ends. */
  readonly onSignerProblem: (problem: string | undefined) => void;
}

/** Throws those of the keystore, of readPassphrase and of the external signer, and LEDGER_KEY_MISMATCH. */
export async function openNodeKeys(
  settings: SignerSettings,
  organisation: OrganisationName,
  genesis: Pick<Genesis, 'validators'>,
  environment: Readonly<Record<string, string | undefined>>,
  watchers: KeyWatchers,
): Promise<NodeKeys> {
  const { signerSocket, directory } = settings;
  const keys =
    signerSocket === undefined
      ? await openKeystoreKeys(settings, environment)
      : await openExternalKeys(signerSocket, watchers);
  const expected = genesis.validators.find((validator) => validator.organisation === organisation)?.ledgerKey;
  const { publicKey } = keys.signer;
  if (publicKey === expected) return keys;
  keys.close();
  throw new LedgerError(
    'LEDGER_KEY_MISMATCH',
    `the ledger key in ${signerSocket ?? directory} is ${publicKey}, but the genesis file names ${expected ?? 'no key'} for ${organisation}; use the key that was made for this consortium`,
  );
}

async function openKeystoreKeys(
  settings: SignerSettings,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<NodeKeys> {
  const keystore = new FileKeystore({
    folder: settings.directory,
    passphrase: await readPassphrase(settings, environment),
    allowPlain: settings.allowPlain,
  });
  const signer = await keystore.loadSigner(LEDGER_KEY_NAME);
  return { signer, identities: new CustodialKeys(keystore), close: () => undefined };
}

/** Waits while nobody listens at the socket. */
async function openExternalKeys(
  socket: string,
  { verifier, onSignerProblem }: KeyWatchers,
): Promise<NodeKeys> {
  const connection = new SignerConnection({ socket, ...CONNECTION_DEFAULTS }, onSignerProblem);
  const identities = new ExternalKeys(connection, verifier);
  const close = (): void => {
    connection.close();
  };
  try {
    return { signer: await identities.ledgerSigner(), identities, close };
  } catch (error) {
    close();
    throw error;
  }
}
