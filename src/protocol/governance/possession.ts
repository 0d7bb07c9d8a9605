/** Proof that whoever registers a key holds it: without it, somebody else's key could be taken before its holder registers it. */
import { ed25519Verifier } from '../crypto/ed25519.js';
import { verifyEs256 } from '../crypto/es256.js';
import { CREDENTIAL_POSSESSION_TAG, LEDGER_POSSESSION_TAG, POSSESSION_TAG } from '../encoding/domain-tags.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { CREDENTIAL_TYPES } from '../ledger/transaction.js';
import type { CredentialKey, IdentityKey, LedgerKey } from '../ledger/transaction.js';
import { hexToBytes } from '../primitives/bytes.js';
import type { ChainId, OrganisationName, PublicKey } from '../primitives/identifiers.js';

export interface KeyPlace {
  readonly chainId: ChainId;
  readonly organisation: OrganisationName;
  /** Of the identity, without the organisation. */
  readonly name: string;
}

/** What the key signs: tag ‖ chain id ‖ text organisation ‖ text name ‖ public key (IDENT-2). */
export function possessionBytes(publicKey: PublicKey, { chainId, organisation, name }: KeyPlace): Uint8Array {
  return new ByteWriter()
    .raw(POSSESSION_TAG)
    .digest(chainId)
    .text(organisation)
    .text(name)
    .digest(publicKey)
    .finish();
}

export function provesPossession({ publicKey, possession }: IdentityKey, place: KeyPlace): boolean {
  return ed25519Verifier.verify(publicKey, possessionBytes(publicKey, place), possession);
}

/** Where an organisation's ledger key belongs; its own tag, so that no identity's proof passes for it. */
export type LedgerKeyPlace = Omit<KeyPlace, 'name'>;

/** What a ledger key signs: tag ‖ chain id ‖ text organisation ‖ public key (GOV-5). */
export function ledgerPossessionBytes(
  publicKey: PublicKey,
  { chainId, organisation }: LedgerKeyPlace,
): Uint8Array {
  return new ByteWriter()
    .raw(LEDGER_POSSESSION_TAG)
    .digest(chainId)
    .text(organisation)
    .digest(publicKey)
    .finish();
}

export function provesLedgerKey({ publicKey, possession }: LedgerKey, place: LedgerKeyPlace): boolean {
  return ed25519Verifier.verify(publicKey, ledgerPossessionBytes(publicKey, place), possession);
}

/** What a credential signs: tag ‖ chain id ‖ text organisation ‖ text name ‖ type u8 ‖ u16 length and key (CRED-2). */
export function credentialPossessionBytes(
  { type, publicKey }: Pick<CredentialKey, 'type' | 'publicKey'>,
  { chainId, organisation, name }: KeyPlace,
): Uint8Array {
  const key = hexToBytes(publicKey);
  return new ByteWriter()
    .raw(CREDENTIAL_POSSESSION_TAG)
    .digest(chainId)
    .text(organisation)
    .text(name)
    .u8(CREDENTIAL_TYPES.indexOf(type) + 1)
    .u16(key.length)
    .raw(key)
    .finish();
}

export function provesCredential(key: CredentialKey, place: KeyPlace): boolean {
  return verifyEs256(key.publicKey, credentialPossessionBytes(key, place), key.possession);
}
