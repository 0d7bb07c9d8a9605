/**
 * What the state says of an identity: identity/<organisation>/<name> → its key, its rights, since when. An entry is never
 * removed, so a name stands for one identity for ever.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import {
  CUSTODIES,
  KEY_ALGORITHMS,
  ROLES,
  type IdentityRights,
  type KeyAlgorithm,
  type Role,
} from '../ledger/identity.js';
import type { Height, OrganisationName, PublicKey } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

export interface IdentityEntry {
  readonly algorithm: KeyAlgorithm;
  /** The key with which it signs; keys it had before are in signer entries only. */
  readonly publicKey: PublicKey;
  readonly rights: IdentityRights;
  readonly revoked: boolean;
  /** Height of the block that registered it; 0: genesis. */
  readonly registeredHeight: Height;
  /** Height of the last block that changed it. */
  readonly changedHeight: Height;
}

const VERSION = 1;

export function identityStateKey(organisation: OrganisationName, name: string): StateKey {
  return stateKey('identity', organisation, name);
}

/** Where the commands about an identity are listed, as a subject's records are (SUBJ-1). */
export function identityHistoryStateKey(organisation: OrganisationName, name: string): StateKey {
  return stateKey('identityHistory', organisation, name);
}

/** Bit i stands for ROLES[i]: the same set of roles is the same byte. */
export function rolesToBits(roles: readonly Role[]): number {
  return ROLES.reduce((bits, role, index) => (roles.includes(role) ? bits | (1 << index) : bits), 0);
}

export function bitsToRoles(bits: number): readonly Role[] {
  return ROLES.filter((_, index) => ((bits >> index) & 1) === 1);
}

export function encodeIdentityEntry(entry: IdentityEntry): Uint8Array {
  const { algorithm, publicKey, rights, revoked, registeredHeight, changedHeight } = entry;
  return new ByteWriter()
    .u8(VERSION)
    .u8(KEY_ALGORITHMS.indexOf(algorithm) + 1)
    .digest(publicKey)
    .u8(rolesToBits(rights.roles))
    .u8(CUSTODIES.indexOf(rights.custody))
    .u64(rights.validFromHeight)
    .u64(rights.validUntilHeight)
    .u8(revoked ? 1 : 0)
    .u64(registeredHeight)
    .u64(changedHeight)
    .finish();
}

/** Of a value that this ledger wrote. */
export function decodeIdentityEntry(value: Uint8Array): IdentityEntry {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const algorithm = KEY_ALGORITHMS[(reader.u8() ?? 0) - 1];
  const publicKey = reader.digest() as PublicKey | undefined;
  const roles = reader.u8();
  const custody = CUSTODIES[reader.u8() ?? CUSTODIES.length];
  const validFromHeight = reader.u64();
  const validUntilHeight = reader.u64();
  const revoked = reader.u8();
  const registeredHeight = reader.u64();
  const changedHeight = reader.u64();
  invariant(
    reader.isComplete() &&
      version === VERSION &&
      algorithm !== undefined &&
      publicKey !== undefined &&
      roles !== undefined &&
      custody !== undefined &&
      validFromHeight !== undefined &&
      validUntilHeight !== undefined &&
      revoked !== undefined &&
      registeredHeight !== undefined &&
      changedHeight !== undefined,
    'an identity entry of the state is not one that this ledger writes',
  );
  const rights = { roles: bitsToRoles(roles), custody, validFromHeight, validUntilHeight };
  return { algorithm, publicKey, rights, revoked: revoked === 1, registeredHeight, changedHeight };
}

/**
 * Whether it can govern its organisation now and from now on: an admin that is valid already and without end. One whose time
 * comes later, or ends, cannot be relied on to let others in.
 */
export function isLastingAdmin({ rights, revoked, changedHeight }: IdentityEntry): boolean {
  return (
    !revoked &&
    rights.roles.includes('admin') &&
    rights.validFromHeight <= changedHeight &&
    rights.validUntilHeight === 0
  );
}
