/**
 * Whom a public key belongs to. The entry signer/<public key> holds everything that execution needs of its identity,
 * so one read resolves a signer; genesis-state.ts and later motions keep it equal to the identity's own entry.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { hexToBytes } from '../primitives/bytes.js';
import type { OrganisationName, PublicKey } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { identityText, ROLES, type Role } from '../ledger/identity.js';
import { stateKey, type StateKey } from '../state/state-key.js';
import type { StateView } from '../state/state-view.js';

export interface ResolvedSigner {
  /** `organisation/name`. */
  readonly identity: string;
  readonly organisation: OrganisationName;
  readonly name: string;
  /** In the order of ROLES. */
  readonly roles: readonly Role[];
}

const SIGNER_VERSION = 1;

/** Bit i stands for ROLES[i]: the same set of roles is the same byte. */
export function rolesToBits(roles: readonly Role[]): number {
  return ROLES.reduce((bits, role, index) => (roles.includes(role) ? bits | (1 << index) : bits), 0);
}

export function bitsToRoles(bits: number): readonly Role[] {
  return ROLES.filter((_, index) => ((bits >> index) & 1) === 1);
}

export function signerKey(publicKey: PublicKey): StateKey {
  return stateKey('signer', hexToBytes(publicKey));
}

export function encodeSigner(
  organisation: OrganisationName,
  name: string,
  roles: readonly Role[],
): Uint8Array {
  return new ByteWriter().u8(SIGNER_VERSION).text(organisation).text(name).u8(rolesToBits(roles)).finish();
}

/** `undefined` when the key belongs to no identity. */
export function resolveSigner(view: StateView, publicKey: PublicKey): ResolvedSigner | undefined {
  const value = view.get(signerKey(publicKey));
  if (value === undefined) return undefined;
  const reader = new ByteReader(value);
  const version = reader.u8();
  const organisation = reader.text();
  const name = reader.text();
  const roles = reader.u8();
  invariant(
    reader.isComplete() &&
      version === SIGNER_VERSION &&
      organisation !== undefined &&
      name !== undefined &&
      roles !== undefined,
    `state entry of signer ${publicKey} is not one that this ledger writes`,
  );
  return { identity: identityText(organisation, name), organisation, name, roles: bitsToRoles(roles) };
}
