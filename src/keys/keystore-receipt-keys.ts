/** Keys for COSE receipts in the organisation's keystore. */
import type { Es256Signer, ReceiptKeys } from '../node/ports.js';
import type { Es256PublicKey } from '../protocol/primitives/identifiers.js';
import type { FileKeystore } from './file-keystore.js';
import { KeysByPublicHalf } from './keys-by-public-half.js';

export class KeystoreReceiptKeys
  extends KeysByPublicHalf<Es256PublicKey, Es256Signer>
  implements ReceiptKeys
{
  constructor(keystore: FileKeystore) {
    super(keystore, {
      isWanted: () => true,
      algorithm: 'es256',
      open: (name) => keystore.loadEs256Signer(name),
    });
  }
}
