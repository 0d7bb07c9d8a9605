/** Keys for COSE receipts that are named by a text, and their proofs. */
import { KeystoreEs256Signer } from '../../src/keys/keystore-es256-signer.js';
import type { ReceiptKeys } from '../../src/node/ports.js';
import { es256PublicKeyOf, signEs256 } from '../../src/protocol/crypto/es256.js';
import { sha256 } from '../../src/protocol/crypto/sha256.js';
import { credentialPossessionBytes } from '../../src/protocol/governance/possession.js';
import type { CredentialKey } from '../../src/protocol/ledger/transaction.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { ChainId, Es256PublicKey } from '../../src/protocol/primitives/identifiers.js';

export { registerCredential, revokeCredential } from '../../src/sdk/governance/credential-commands.js';

/** A scalar below the order of the group but for one digest in 2^32. */
export function es256TestSecret(named: string): Uint8Array {
  return sha256(utf8ToBytes(`es256 ${named}`));
}

export function es256TestKey(named: string): Es256PublicKey {
  return es256PublicKeyOf(es256TestSecret(named));
}

export function provenCredential(
  chainId: ChainId,
  named: string,
  name = 'receipt',
  organisation = 'acme',
): CredentialKey {
  const key = { type: 'receiptEs256', publicKey: es256TestKey(named) } as const;
  const bytes = credentialPossessionBytes(key, { chainId, organisation, name });
  return { ...key, possession: signEs256(es256TestSecret(named), bytes) };
}

/** Holds the keys "<organisation>/receipt" and "<organisation>/receipt-2". */
export function testReceiptKeys(organisation: string): ReceiptKeys {
  const held = ['receipt', 'receipt-2'].map((name) => `${organisation}/${name}`);
  return {
    find: (publicKey) => {
      const named = held.find((name) => es256TestKey(name) === publicKey);
      const secret = named === undefined ? undefined : es256TestSecret(named);
      return Promise.resolve(secret && new KeystoreEs256Signer(secret, publicKey));
    },
  };
}
