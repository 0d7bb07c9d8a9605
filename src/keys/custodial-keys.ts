/** Keys of identities that the node signs for (custody "node"). The ledger key is never among them. */
import type { IdentityKeys, Signer } from '../node/ports.js';
import type { PublicKey } from '../protocol/primitives/identifiers.js';
import { IDENTITY_KEY_PREFIX, type FileKeystore } from './file-keystore.js';
import { KeysByPublicHalf } from './keys-by-public-half.js';

export class CustodialKeys extends KeysByPublicHalf<PublicKey, Signer> implements IdentityKeys {
  constructor(keystore: FileKeystore) {
    super(keystore, {
      isWanted: (name) => name.startsWith(IDENTITY_KEY_PREFIX),
      algorithm: 'ed25519',
      open: (name) => keystore.loadSigner(name),
    });
  }
}
