/**
 * Whom a public key belongs to. signer/<public key> → organisation and name is written once and never changed: a key belongs
 * to one identity for ever. Whether it may sign is in the identity's own entry (identity-entry.ts).
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { identityText, type IdentityRights } from '../ledger/identity.js';
import type { FailureCode } from '../ledger/outcome.js';
import { bytesToHex, hexToBytes } from '../primitives/bytes.js';
import type { Height, OrganisationName, PublicKey } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, stateKeyParts, type StateKey } from '../state/state-key.js';
import type { StateView } from '../state/state-view.js';
import { decodeIdentityEntry, identityStateKey, type IdentityEntry } from './identity-entry.js';
import { decodeOrganisationEntry, organisationStateKey } from './organisation-entry.js';

export interface SignerName {
  readonly organisation: OrganisationName;
  /** Without the organisation. */
  readonly name: string;
}

export type SignerRefusal = Extract<
  FailureCode,
  'SIGNER_ORGANISATION_REMOVED' | 'SIGNER_REVOKED' | 'SIGNER_NOT_VALID_YET' | 'SIGNER_EXPIRED'
>;

export interface ResolvedSigner extends SignerName, IdentityRights {
  /** `organisation/name`. */
  readonly identity: string;
  /** Why it may not sign at this height, whatever its roles. */
  readonly refusal: SignerRefusal | undefined;
}

const SIGNER_VERSION = 1;

export function signerKey(publicKey: PublicKey): StateKey {
  return stateKey('signer', hexToBytes(publicKey));
}

export function encodeSigner({ organisation, name }: SignerName): Uint8Array {
  return new ByteWriter().u8(SIGNER_VERSION).text(organisation).text(name).finish();
}

function decodeSigner(value: Uint8Array): SignerName {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const organisation = reader.text();
  const name = reader.text();
  invariant(
    reader.isComplete() && version === SIGNER_VERSION && organisation !== undefined && name !== undefined,
    'a signer entry of the state is not one that this ledger writes',
  );
  return { organisation, name };
}

/** The identity that a key belongs to, or belonged to; `undefined` for a stranger's. */
export function findSigner(view: StateView, publicKey: PublicKey): SignerName | undefined {
  const value = view.get(signerKey(publicKey));
  return value === undefined ? undefined : decodeSigner(value);
}

/** Key and organisation of an entry signer/<public key>. */
export function readSignerEntry(
  key: StateKey,
  value: Uint8Array,
): { readonly publicKey: PublicKey; readonly organisation: OrganisationName } {
  const [publicKey] = stateKeyParts(key);
  invariant(publicKey !== undefined, `${key} is no signer entry`);
  return { publicKey: bytesToHex(publicKey) as PublicKey, organisation: decodeSigner(value).organisation };
}

function refusalAt(height: Height, entry: IdentityEntry, publicKey: PublicKey): SignerRefusal | undefined {
  const { rights, revoked } = entry;
  if (revoked || entry.publicKey !== publicKey) return 'SIGNER_REVOKED';
  if (height < rights.validFromHeight) return 'SIGNER_NOT_VALID_YET';
  if (rights.validUntilHeight !== 0 && height > rights.validUntilHeight) return 'SIGNER_EXPIRED';
  return undefined;
}

function isRemovedAt(height: Height, value: Uint8Array | undefined): boolean {
  invariant(value !== undefined, 'an identity belongs to an organisation that the state does not know');
  const { removedHeight } = decodeOrganisationEntry(value);
  return removedHeight !== 0 && height >= removedHeight;
}

/** Reads the key's entry, that of its identity and that of the organisation. `height` is that of the block that includes what it signs. */
export function resolveSigner(
  view: StateView,
  publicKey: PublicKey,
  height: Height,
): ResolvedSigner | undefined {
  const signer = findSigner(view, publicKey);
  if (signer === undefined) return undefined;
  const { organisation, name } = signer;
  const identity = identityText(organisation, name);
  const value = view.get(identityStateKey(organisation, name));
  invariant(value !== undefined, `key ${publicKey} belongs to ${identity}, which the state does not know`);
  const entry = decodeIdentityEntry(value);
  const refusal = isRemovedAt(height, view.get(organisationStateKey(organisation)))
    ? 'SIGNER_ORGANISATION_REMOVED'
    : refusalAt(height, entry, publicKey);
  return { organisation, name, identity, ...entry.rights, refusal };
}
