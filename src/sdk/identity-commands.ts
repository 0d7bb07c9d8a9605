/**
 * Commands of an admin about the identities of its organisation. The key that an identity gets proves itself for this chain,
 * organisation and name, where its private half is; the admin gets the proof, never the private half.
 */
import { possessionBytes, type KeyPlace } from '../protocol/governance/possession.js';
import { signMessage } from '../protocol/crypto/ed25519.js';
import { ROLES, type Custody, type IdentityRights, type Role } from '../protocol/ledger/identity.js';
import type { Command, IdentityKey } from '../protocol/ledger/transaction.js';
import type { Height } from '../protocol/primitives/identifiers.js';
import { compareStrings } from '../protocol/primitives/bytes.js';
import { invariant } from '../protocol/primitives/invariant.js';
import type { KeyPair } from './key-pair.js';
import type { TransactionSigner } from './key-pair.js';

export interface RightsOptions {
  readonly roles: readonly Role[];
  /** `self` unless named. */
  readonly custody?: Custody;
  /** As soon as the command is executed unless named. */
  readonly validFromHeight?: Height;
  /** Without end unless named. */
  readonly validUntilHeight?: Height;
}

/** Key and proof for `registerIdentity` and `rotateIdentityKey`. */
export function proveKey(keyPair: KeyPair, place: KeyPlace): IdentityKey {
  const { publicKey, seed } = keyPair;
  return {
    algorithm: 'ed25519',
    publicKey,
    possession: signMessage(seed, possessionBytes(publicKey, place)),
  };
}

/** The same with a key that somebody else holds; rejects as the signer does. */
export async function proveKeyWith(signer: TransactionSigner, place: KeyPlace): Promise<IdentityKey> {
  const { publicKey } = signer;
  const [possession] = await signer.sign([possessionBytes(publicKey, place)]);
  invariant(possession !== undefined, 'a signer gives one signature for each message');
  return { algorithm: 'ed25519', publicKey, possession };
}

function rightsOf({ roles, custody, validFromHeight, validUntilHeight }: RightsOptions): IdentityRights {
  return {
    roles: ROLES.filter((role) => roles.includes(role)),
    custody: custody ?? 'self',
    validFromHeight: validFromHeight ?? 0,
    validUntilHeight: validUntilHeight ?? 0,
  };
}

/** A new identity `name` of the signer's organisation. */
export function registerIdentity(name: string, key: IdentityKey, rights: RightsOptions): Command {
  return { type: 'registerIdentity', name, key, rights: rightsOf(rights) };
}

/** Replaces all rights of an identity. */
export function changeIdentity(name: string, rights: RightsOptions): Command {
  return { type: 'changeIdentity', name, rights: rightsOf(rights) };
}

/** Gives an identity another key; the one before signs nothing more. */
export function rotateIdentityKey(name: string, key: IdentityKey): Command {
  return { type: 'rotateIdentityKey', name, key };
}

/** For ever. */
export function revokeIdentity(name: string): Command {
  return { type: 'revokeIdentity', name };
}

/**
 * Says who reads the records of the admin's organisation beside itself: `*` for everyone, organisations, identities as
 * organisation/name; nobody when empty. What was said before is replaced.
 */
export function setReaders(readers: readonly string[]): Command {
  return { type: 'setReaders', readers: [...new Set(readers)].sort(compareStrings) };
}
