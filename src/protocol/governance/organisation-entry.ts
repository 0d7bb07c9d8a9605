/** What the state says of an organisation: organisation/<name> → its ledger key. */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { OrganisationName, PublicKey } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

export interface OrganisationEntry {
  /** Votes, checkpoint lines, certificate authority. */
  readonly ledgerKey: PublicKey;
}

const VERSION = 1;

export function organisationStateKey(organisation: OrganisationName): StateKey {
  return stateKey('organisation', organisation);
}

export function encodeOrganisationEntry({ ledgerKey }: OrganisationEntry): Uint8Array {
  return new ByteWriter().u8(VERSION).digest(ledgerKey).finish();
}

/** Of a value that this ledger wrote. */
export function decodeOrganisationEntry(value: Uint8Array): OrganisationEntry {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const ledgerKey = reader.digest() as PublicKey | undefined;
  invariant(
    reader.isComplete() && version === VERSION && ledgerKey !== undefined,
    'an organisation entry of the state is not one that this ledger writes',
  );
  return { ledgerKey };
}
