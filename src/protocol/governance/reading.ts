/**
 * Who may read whose records: the one rule (READ-1 … READ-3). It holds for lists, single transactions, receipts,
 * histories, searches and traces alike, at every member's node.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { IdentityRights } from '../ledger/identity.js';
import { EVERYONE } from '../ledger/identity.js';
import type { OrganisationName } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

const VERSION = 1;

/** What every organisation has until it says otherwise. */
export const READERS_UNLESS_SAID: readonly string[] = [EVERYONE];

export function readersStateKey(organisation: OrganisationName): StateKey {
  return stateKey('readers', organisation);
}

export function organisationHistoryStateKey(organisation: OrganisationName): StateKey {
  return stateKey('organisationHistory', organisation);
}

export function encodeReaders(readers: readonly string[]): Uint8Array {
  const writer = new ByteWriter().u8(VERSION).u16(readers.length);
  for (const reader of readers) writer.text(reader);
  return writer.finish();
}

/** Of a value that this ledger wrote; `undefined` where an organisation has said nothing. */
export function decodeReaders(value: Uint8Array | undefined): readonly string[] {
  if (value === undefined) return READERS_UNLESS_SAID;
  const reader = new ByteReader(value);
  const version = reader.u8();
  const count = reader.u16() ?? 0;
  const readers = Array.from({ length: count }, () => reader.text());
  invariant(
    reader.isComplete() && version === VERSION && readers.every((text) => text !== undefined),
    'the readers of an organisation in the state are not those that this ledger writes',
  );
  return readers;
}

export interface Reader extends Pick<IdentityRights, 'roles'> {
  readonly organisation: OrganisationName;
  /** `organisation/name`. */
  readonly identity: string;
}

/**
 * Own records: yes. Those of another organisation: a submitter or an auditor, if the owner lets everyone, the reader's
 * organisation, or the reader itself read. A record that nobody owns, since its key belongs to nobody, is everybody's to see.
 */
export function mayRead(
  { organisation, identity, roles }: Reader,
  owner: OrganisationName | undefined,
  readersOf: (owner: OrganisationName) => readonly string[],
): boolean {
  if (owner === undefined || owner === organisation) return true;
  if (!roles.includes('submitter') && !roles.includes('auditor')) return false;
  const readers = readersOf(owner);
  return [EVERYONE, organisation, identity].some((name) => readers.includes(name));
}

/**
 * READ-4: who reads the whole ledger, as bundles and comparisons of the state show it, is an auditor who may read every
 * organisation's records. The first one that it may not read; `undefined` when there is none.
 */
export function firstWithholding(
  reader: Reader,
  owners: readonly OrganisationName[],
  readersOf: (owner: OrganisationName) => readonly string[],
): OrganisationName | undefined {
  return owners.find((owner) => !mayRead(reader, owner, readersOf));
}
