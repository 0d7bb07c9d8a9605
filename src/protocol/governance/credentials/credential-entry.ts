/**
 * What the state says of credentials: credential/<organisation>/<name> → key and validity, never removed and never another key;
 * governance/credentials/<organisation> → how many; governance/credential-key/<public key> → whose it is, for ever.
 */
import { ByteReader } from '../../encoding/byte-reader.js';
import { ByteWriter } from '../../encoding/byte-writer.js';
import { CREDENTIAL_TYPES, type CredentialType, type CredentialValidity } from '../../ledger/transaction.js';
import { bytesToHex, hexToBytes, parseUtf8 } from '../../primitives/bytes.js';
import type { Es256PublicKey, OrganisationName } from '../../primitives/identifiers.js';
import { invariant } from '../../primitives/invariant.js';
import { stateKey, stateKeyParts, type StateKey } from '../../state/state-key.js';

export interface CredentialEntry extends CredentialValidity {
  readonly type: CredentialType;
  readonly publicKey: Es256PublicKey;
}

/** An entry with what its state key says. */
export interface NamedCredential extends CredentialEntry {
  readonly organisation: OrganisationName;
  readonly name: string;
}

const VERSION = 1;

export function credentialStateKey(organisation: OrganisationName, name: string): StateKey {
  return stateKey('credential', organisation, name);
}

/** What the keys of all credentials, or of those of one organisation, begin with. */
export function credentialsPrefix(organisation?: OrganisationName): StateKey {
  return organisation === undefined ? stateKey('credential') : stateKey('credential', organisation);
}

export function credentialCountStateKey(organisation: OrganisationName): StateKey {
  return stateKey('governance', 'credentials', organisation);
}

export function credentialKeyStateKey(publicKey: Es256PublicKey): StateKey {
  return stateKey('governance', 'credential-key', hexToBytes(publicKey));
}

export function encodeCredentialEntry(entry: CredentialEntry): Uint8Array {
  const publicKey = hexToBytes(entry.publicKey);
  return new ByteWriter()
    .u8(VERSION)
    .u8(CREDENTIAL_TYPES.indexOf(entry.type) + 1)
    .u16(publicKey.length)
    .raw(publicKey)
    .u64(entry.fromHeight)
    .u64(entry.untilHeight)
    .finish();
}

/** Of a value that this ledger wrote. */
export function decodeCredentialEntry(value: Uint8Array): CredentialEntry {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const type = CREDENTIAL_TYPES[(reader.u8() ?? 0) - 1];
  const publicKey = reader.raw(reader.u16() ?? 0);
  const fromHeight = reader.u64();
  const untilHeight = reader.u64();
  invariant(
    reader.isComplete() &&
      version === VERSION &&
      type !== undefined &&
      publicKey !== undefined &&
      fromHeight !== undefined &&
      untilHeight !== undefined,
    'a credential of the state is not one that this ledger writes',
  );
  return { type, publicKey: bytesToHex(publicKey) as Es256PublicKey, fromHeight, untilHeight };
}

export function toNamedCredential(key: StateKey, value: Uint8Array): NamedCredential {
  const [organisation, name] = stateKeyParts(key).map(parseUtf8);
  invariant(organisation !== undefined && name !== undefined, `${key} is not the key of a credential`);
  return { organisation, name, ...decodeCredentialEntry(value) };
}

export function encodeCredentialCount(credentials: number): Uint8Array {
  return new ByteWriter().u8(VERSION).u32(credentials).finish();
}

/** 0 where an organisation has never registered one. */
export function decodeCredentialCount(value: Uint8Array | undefined): number {
  if (value === undefined) return 0;
  const reader = new ByteReader(value);
  const version = reader.u8();
  const credentials = reader.u32();
  invariant(
    reader.isComplete() && version === VERSION && credentials !== undefined,
    'the count of credentials in the state is not one that this ledger writes',
  );
  return credentials;
}

export function encodeCredentialOwner(organisation: OrganisationName, name: string): Uint8Array {
  return new ByteWriter().u8(VERSION).text(organisation).text(name).finish();
}
