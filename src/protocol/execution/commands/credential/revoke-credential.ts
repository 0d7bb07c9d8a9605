/** An admin revokes a credential of its organisation: it counts for no height from this one on, and its name is not given again. */
import {
  credentialStateKey,
  decodeCredentialEntry,
  encodeCredentialEntry,
} from '../../../governance/credentials/credential-entry.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { RevokeCredentialCommand } from '../../../ledger/transaction.js';
import type { Height, OrganisationName } from '../../../primitives/identifiers.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { PlannedChange } from '../../planned-change.js';

/** Credential, history. */
const STATE_WRITES = 2;

/** Failures: CREDENTIAL_UNKNOWN, CREDENTIAL_REVOKED. */
export function revokeCredentialEntry(
  state: WriteSet,
  organisation: OrganisationName,
  name: string,
  height: Height,
): FailureCode | undefined {
  const key = credentialStateKey(organisation, name);
  const value = state.get(key);
  if (value === undefined) return 'CREDENTIAL_UNKNOWN';
  const entry = decodeCredentialEntry(value);
  if (entry.untilHeight !== 0) return 'CREDENTIAL_REVOKED';
  state.put(key, encodeCredentialEntry({ ...entry, untilHeight: height }));
  return undefined;
}

export function planRevokeCredential({ name }: RevokeCredentialCommand): PlannedChange {
  return {
    stateKeys: (organisation) => [credentialStateKey(organisation, name)],
    historyKey: organisationHistoryStateKey,
    stateWrites: STATE_WRITES,
    flawFor: () => undefined,
    apply: ({ signer: { organisation }, height }, state) =>
      revokeCredentialEntry(state, organisation, name, height),
  };
}
