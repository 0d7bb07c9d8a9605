/** Entries of one identity as commands read and write them; the organisation's counts follow. */
import {
  decodeIdentityCounts,
  encodeIdentityCounts,
  identityCountsStateKey,
} from '../../../governance/identity-counts.js';
import {
  decodeIdentityEntry,
  encodeIdentityEntry,
  identityHistoryStateKey,
  identityStateKey,
  isLastingAdmin,
  type IdentityEntry,
} from '../../../governance/identity-entry.js';
import { IDENTITIES_PER_ORGANISATION_MAX } from '../../../ledger/genesis.js';
import { rightsFlaw, type IdentityRights } from '../../../ledger/identity.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { OrganisationName } from '../../../primitives/identifiers.js';
import { reject, type Rejection } from '../../../primitives/rejection.js';
import type { StateView } from '../../../state/state-view.js';
import type { WriteSet } from '../../../state/write-set.js';
import { OWN_CHANGE_STATE_WRITES, type ChangeContext, type PlannedChange } from '../../planned-change.js';

/** IDENTITY_INVALID when no identity may have these rights. */
export function rightsRejection(rights: IdentityRights): Rejection | undefined {
  const flaw = rightsFlaw(rights);
  return flaw === undefined ? undefined : reject('IDENTITY_INVALID', flaw, 'rights').rejection;
}

export function readIdentity(
  state: StateView,
  organisation: OrganisationName,
  name: string,
): IdentityEntry | undefined {
  const value = state.get(identityStateKey(organisation, name));
  return value === undefined ? undefined : decodeIdentityEntry(value);
}

/** Writes the entry and the counts. Refusals: LAST_ADMIN, IDENTITIES_TOO_MANY. */
export function writeIdentity(
  state: WriteSet,
  organisation: OrganisationName,
  name: string,
  before: IdentityEntry | undefined,
  after: IdentityEntry,
): FailureCode | undefined {
  const countsKey = identityCountsStateKey(organisation);
  const counts = decodeIdentityCounts(state.get(countsKey));
  const identities = counts.identities + (before === undefined ? 1 : 0);
  if (identities > IDENTITIES_PER_ORGANISATION_MAX) return 'IDENTITIES_TOO_MANY';
  const wasLasting = before !== undefined && isLastingAdmin(before);
  const lastingAdmins = counts.lastingAdmins + Number(isLastingAdmin(after)) - Number(wasLasting);
  if (wasLasting && lastingAdmins === 0) return 'LAST_ADMIN';
  state.put(identityStateKey(organisation, name), encodeIdentityEntry(after));
  state.put(countsKey, encodeIdentityCounts({ identities, lastingAdmins }));
  return undefined;
}

/** A change of the existing identity `name`. Refusals beside those of `writeIdentity`: IDENTITY_UNKNOWN, IDENTITY_REVOKED. */
export function planEntryChange(
  name: string,
  change: (entry: IdentityEntry) => Partial<IdentityEntry>,
): PlannedChange {
  return {
    stateKeys: (organisation) => [identityStateKey(organisation, name), identityCountsStateKey(organisation)],
    historyKey: (organisation) => identityHistoryStateKey(organisation, name),
    stateWrites: OWN_CHANGE_STATE_WRITES,
    flawFor: () => undefined,
    apply: ({ signer: { organisation }, height }: ChangeContext, state) => {
      const before = readIdentity(state, organisation, name);
      if (before === undefined) return 'IDENTITY_UNKNOWN';
      if (before.revoked) return 'IDENTITY_REVOKED';
      const after = { ...before, ...change(before), changedHeight: height };
      return writeIdentity(state, organisation, name, before, after);
    },
  };
}
