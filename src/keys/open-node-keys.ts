/**
 * The keys of a validator's node, from its organisation's keystore or an external signer: the ledger key and
 * those of identities that the node signs for. Whether the ledger names that key is for the node to see (node/epochs/voice.ts).
 */
import type { IdentityKeys, ReceiptKeys, Signer } from '../node/ports.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import { CustodialKeys } from './custodial-keys.js';
import { ExternalKeys } from './external/external-keys.js';
import { CONNECTION_DEFAULTS, SignerConnection } from './external/signer-connection.js';
import { FileKeystore } from './file-keystore.js';
import { KeystoreReceiptKeys } from './keystore-receipt-keys.js';
import { readPassphrase, type PassphraseSource } from './read-passphrase.js';

export interface SignerSettings extends PassphraseSource {
  readonly directory: string;
  readonly allowPlain: boolean;
  /** Name of the ledger key. */
  readonly ledgerKey: string;
  /** Of an external signer, which then has the keys instead of the directory. */
  readonly signerSocket?: string | undefined;
}

export interface NodeKeys {
  readonly signer: Signer;
  readonly identities: IdentityKeys;
  /** None where an external signer holds the keys: it knows no ES256, and the node then signs no COSE receipts. */
  readonly receipts: ReceiptKeys;
  close(): void;
}

export const NO_RECEIPT_KEYS: ReceiptKeys = { find: () => Promise.resolve(undefined) };

export interface KeyWatchers {
  readonly verifier: SignatureVerifier;
  /** Of an external signer: told when something begins to be wrong, and with `undefined` when it ends. */
  readonly onSignerProblem: (problem: string | undefined) => void;
}

/** Throws those of the keystore, of readPassphrase and of the external signer. */
export function openNodeKeys(
  settings: SignerSettings,
  environment: Readonly<Record<string, string | undefined>>,
  watchers: KeyWatchers,
): Promise<NodeKeys> {
  const { signerSocket, ledgerKey } = settings;
  return signerSocket === undefined
    ? openKeystoreKeys(settings, environment)
    : openExternalKeys(signerSocket, ledgerKey, watchers);
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
  const signer = await keystore.loadSigner(settings.ledgerKey);
  return {
    signer,
    identities: new CustodialKeys(keystore),
    receipts: new KeystoreReceiptKeys(keystore),
    close: () => undefined,
  };
}

/** Waits while nobody listens at the socket. */
async function openExternalKeys(
  socket: string,
  ledgerKey: string,
  { verifier, onSignerProblem }: KeyWatchers,
): Promise<NodeKeys> {
  const connection = new SignerConnection({ socket, ...CONNECTION_DEFAULTS }, onSignerProblem);
  const identities = new ExternalKeys(connection, verifier);
  const close = (): void => {
    connection.close();
  };
  try {
    const signer = await identities.ledgerSigner(ledgerKey);
    return { signer, identities, receipts: NO_RECEIPT_KEYS, close };
  } catch (error) {
    close();
    throw error;
  }
}
