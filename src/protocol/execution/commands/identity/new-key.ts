/** A key that an identity is to have: usable, held by whoever registers it, and nobody's before. */
import { isAcceptablePublicKey } from '../../../crypto/ed25519.js';
import { provesPossession, type KeyPlace } from '../../../governance/possession.js';
import { encodeSigner, signerKey, type SignerName } from '../../../governance/signer.js';
import type { IdentityKey } from '../../../ledger/transaction.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import { identityText } from '../../../ledger/identity.js';
import { reject, type Rejection } from '../../../primitives/rejection.js';
import type { WriteSet } from '../../../state/write-set.js';

/** KEY_INVALID for a key of small order, in non-canonical form, or no point at all. */
export function keyRejection({ publicKey }: IdentityKey): Rejection | undefined {
  if (isAcceptablePublicKey(publicKey)) return undefined;
  const message = `${publicKey} is not a usable Ed25519 key (no point in canonical form, or of small order)`;
  return reject('KEY_INVALID', message, 'key.public_key').rejection;
}

/** POSSESSION_INVALID when the key has not signed its place. */
export function possessionRejection(key: IdentityKey, place: KeyPlace): Rejection | undefined {
  if (provesPossession(key, place)) return undefined;
  const identity = identityText(place.organisation, place.name);
  const message = `the key ${key.publicKey} has not signed that it belongs to ${identity}; sign it with the key itself`;
  return reject('POSSESSION_INVALID', message, 'key.possession').rejection;
}

/** From the next block on the key names its identity. */
export function takeKey(state: WriteSet, key: IdentityKey, signer: SignerName): FailureCode | undefined {
  const entry = signerKey(key.publicKey);
  if (state.get(entry) !== undefined) return 'KEY_IN_USE';
  state.put(entry, encodeSigner(signer));
  return undefined;
}
