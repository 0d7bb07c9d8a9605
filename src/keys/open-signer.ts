/** The signer of this node: the organisation's ledger key from its keystore, which must be the one that genesis names. */
import type { Signer } from '../node/ports.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { OrganisationName } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { FileKeystore, LEDGER_KEY_NAME } from './file-keystore.js';
import { readPassphrase, type PassphraseSource } from './read-passphrase.js';

export interface SignerSettings extends PassphraseSource {
  readonly directory: string;
  readonly allowPlain: boolean;
}

/** Throws the LedgerErrors of the keystore and of readPassphrase, and LEDGER_KEY_MISMATCH. */
export async function openSigner(
  settings: SignerSettings,
  organisation: OrganisationName,
  genesis: Pick<Genesis, 'validators'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Signer> {
  const passphrase = await readPassphrase(settings, environment);
  const keystore = new FileKeystore({
    folder: settings.directory,
    passphrase,
    allowPlain: settings.allowPlain,
  });
  const signer = await keystore.loadSigner(LEDGER_KEY_NAME);
  const expected = genesis.validators.find((validator) => validator.organisation === organisation)?.ledgerKey;
  if (signer.publicKey !== expected) {
    throw new LedgerError(
      'LEDGER_KEY_MISMATCH',
      `the ledger key in ${settings.directory} is ${signer.publicKey}, but the genesis file names ${expected ?? 'no key'} for ${organisation}; use the key that was made for this consortium`,
    );
  }
  return signer;
}
