/**
 * What the state says of an organisation: organisation/<name> → its ledger key, where it is reached, since when and until when it
 * is a member. An entry is never removed, so a name stands for one organisation for ever; nor is a ledger key given twice.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { Height, OrganisationName, PublicKey } from '../primitives/identifiers.js';
import { hexToBytes } from '../primitives/bytes.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

export interface OrganisationEntry {
  /** Votes, checkpoint lines, certificate authority. */
  readonly ledgerKey: PublicKey;
  /** "host:port"; `undefined` until it says so. */
  readonly address: string | undefined;
  /** Height of the block that admitted it; 0: genesis. */
  readonly admittedHeight: Height;
  /** First height at which it is no member any more; 0: it is one. */
  readonly removedHeight: Height;
}

/** Organisations that a ledger may ever have, removed ones included. */
export const ORGANISATIONS_EVER_MAX = 1_000;

const FOUNDING_VERSION = 1;
const VERSION = 2;

export function organisationStateKey(organisation: OrganisationName): StateKey {
  return stateKey('organisation', organisation);
}

/** What genesis says of an organisation has the first version's bytes, which hold its key alone. */
export function encodeOrganisationEntry(entry: OrganisationEntry): Uint8Array {
  const { ledgerKey, address, admittedHeight, removedHeight } = entry;
  if (address === undefined && admittedHeight === 0 && removedHeight === 0)
    return new ByteWriter().u8(FOUNDING_VERSION).digest(ledgerKey).finish();
  return new ByteWriter()
    .u8(VERSION)
    .digest(ledgerKey)
    .text(address ?? '')
    .u64(admittedHeight)
    .u64(removedHeight)
    .finish();
}

/** Of a value that this ledger wrote. */
export function decodeOrganisationEntry(value: Uint8Array): OrganisationEntry {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const ledgerKey = reader.digest() as PublicKey | undefined;
  const isFounding = version === FOUNDING_VERSION;
  const address = isFounding ? '' : reader.text();
  const admittedHeight = isFounding ? 0 : reader.u64();
  const removedHeight = isFounding ? 0 : reader.u64();
  invariant(
    reader.isComplete() &&
      (isFounding || version === VERSION) &&
      ledgerKey !== undefined &&
      address !== undefined &&
      admittedHeight !== undefined &&
      removedHeight !== undefined,
    'an organisation entry of the state is not one that this ledger writes',
  );
  return { ledgerKey, address: address === '' ? undefined : address, admittedHeight, removedHeight };
}

/**
 * Whose ledger key it is, or was: governance/ledger-key/<public key> → organisation. Keys of genesis get their entry when
 * they stop being a validator's; until then the validators in force name them.
 */
export function ledgerKeyStateKey(publicKey: PublicKey): StateKey {
  return stateKey('governance', 'ledger-key', hexToBytes(publicKey));
}

export function encodeLedgerKeyHolder(organisation: OrganisationName): Uint8Array {
  return new ByteWriter().u8(1).text(organisation).finish();
}

/** How many organisations were admitted after genesis, those included that were removed. */
export const ADMISSIONS_KEY = stateKey('governance', 'admissions');

export function encodeAdmissions(count: number): Uint8Array {
  return new ByteWriter().u8(1).u32(count).finish();
}

/** Of a value that this ledger wrote; none stands for 0. */
export function decodeAdmissions(value: Uint8Array | undefined): number {
  if (value === undefined) return 0;
  const reader = new ByteReader(value);
  const version = reader.u8();
  const count = reader.u32();
  invariant(
    reader.isComplete() && version === 1 && count !== undefined,
    'the count of admissions in the state is not one that this ledger writes',
  );
  return count;
}
