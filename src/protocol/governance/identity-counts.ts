/** How many identities an organisation has and how many of them are lasting admins: governance/identities/<organisation>. */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { OrganisationName } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

export interface IdentityCounts {
  /** Revoked ones included. */
  readonly identities: number;
  readonly lastingAdmins: number;
}

const VERSION = 1;

export function identityCountsStateKey(organisation: OrganisationName): StateKey {
  return stateKey('governance', 'identities', organisation);
}

export function encodeIdentityCounts({ identities, lastingAdmins }: IdentityCounts): Uint8Array {
  return new ByteWriter().u8(VERSION).u32(identities).u32(lastingAdmins).finish();
}

/** Of a value that this ledger wrote: every organisation has one. */
export function decodeIdentityCounts(value: Uint8Array | undefined): IdentityCounts {
  const reader = new ByteReader(value ?? new Uint8Array(0));
  const version = reader.u8();
  const identities = reader.u32();
  const lastingAdmins = reader.u32();
  invariant(
    reader.isComplete() && version === VERSION && identities !== undefined && lastingAdmins !== undefined,
    'the counts of an organisation in the state are not those that this ledger writes',
  );
  return { identities, lastingAdmins };
}
