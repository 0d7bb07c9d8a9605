/** An admin registers a key of its organisation for one purpose, in the place of another one or beside it. */
import { es256Coordinates } from '../../../crypto/es256.js';
import {
  credentialCountStateKey,
  credentialKeyStateKey,
  credentialStateKey,
  decodeCredentialCount,
  decodeCredentialEntry,
  encodeCredentialCount,
  encodeCredentialEntry,
  encodeCredentialOwner,
} from '../../../governance/credentials/credential-entry.js';
import { provesCredential } from '../../../governance/possession.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import { CREDENTIALS_PER_ORGANISATION_MAX, type CredentialType } from '../../../ledger/transaction.js';
import { identityText } from '../../../ledger/identity.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { CredentialKey, RegisterCredentialCommand } from '../../../ledger/transaction.js';
import type { ChainId, Height, OrganisationName } from '../../../primitives/identifiers.js';
import { accept, reject, type Rejection, type Result } from '../../../primitives/rejection.js';
import type { StateView } from '../../../state/state-view.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { PlannedChange } from '../../planned-change.js';
import { revokeCredentialEntry } from './revoke-credential.js';

/** Credential, count, owner of the key, the one that is replaced, history. */
const STATE_WRITES = 5;

/** KEY_INVALID for anything but the compressed form of a point of the curve. */
function keyRejection({ publicKey }: CredentialKey): Rejection | undefined {
  if (es256Coordinates(publicKey) !== undefined) return undefined;
  const message = `${publicKey} is not a P-256 key: 02 or 03 and the x coordinate of a point of the curve`;
  return reject('KEY_INVALID', message, 'key.public_key').rejection;
}

function possessionRejection(
  key: CredentialKey,
  place: { readonly chainId: ChainId; readonly organisation: OrganisationName; readonly name: string },
): Rejection | undefined {
  if (provesCredential(key, place)) return undefined;
  const credential = identityText(place.organisation, place.name);
  const message = `the key ${key.publicKey} has not signed that it is the credential ${credential}; sign it with the key itself`;
  return reject('POSSESSION_INVALID', message, 'key.possession').rejection;
}

function typeOf(state: StateView, organisation: OrganisationName, name: string): CredentialType | undefined {
  const value = state.get(credentialStateKey(organisation, name));
  return value === undefined ? undefined : decodeCredentialEntry(value).type;
}

function writeCredential(
  state: WriteSet,
  organisation: OrganisationName,
  { name, key, replaces }: RegisterCredentialCommand,
  height: Height,
): FailureCode | undefined {
  const entryKey = credentialStateKey(organisation, name);
  if (state.get(entryKey) !== undefined) return 'CREDENTIAL_EXISTS';
  const owner = credentialKeyStateKey(key.publicKey);
  if (state.get(owner) !== undefined) return 'KEY_IN_USE';
  const countKey = credentialCountStateKey(organisation);
  const credentials = decodeCredentialCount(state.get(countKey)) + 1;
  if (credentials > CREDENTIALS_PER_ORGANISATION_MAX) return 'CREDENTIALS_TOO_MANY';
  if (replaces !== undefined) {
    if (typeOf(state, organisation, replaces) !== key.type) return 'CREDENTIAL_UNKNOWN';
    const failure = revokeCredentialEntry(state, organisation, replaces, height);
    if (failure !== undefined) return failure;
  }
  const { type, publicKey } = key;
  state.put(entryKey, encodeCredentialEntry({ type, publicKey, fromHeight: height, untilHeight: 0 }));
  state.put(owner, encodeCredentialOwner(organisation, name));
  state.put(countKey, encodeCredentialCount(credentials));
  return undefined;
}

/**
 * Refusals of the content: KEY_INVALID, POSSESSION_INVALID. Failures: CREDENTIAL_EXISTS, KEY_IN_USE, CREDENTIALS_TOO_MANY;
 * of what it replaces CREDENTIAL_UNKNOWN, also when that is of another type, and CREDENTIAL_REVOKED.
 */
export function planRegisterCredential(
  command: RegisterCredentialCommand,
  chainId: ChainId,
): Result<PlannedChange> {
  const { name, key, replaces } = command;
  const rejection = keyRejection(key);
  if (rejection !== undefined) return { ok: false, rejection };
  return accept({
    stateKeys: (organisation) => [
      credentialStateKey(organisation, name),
      credentialCountStateKey(organisation),
      credentialKeyStateKey(key.publicKey),
      ...(replaces === undefined ? [] : [credentialStateKey(organisation, replaces)]),
    ],
    historyKey: organisationHistoryStateKey,
    stateWrites: STATE_WRITES,
    flawFor: (organisation) => possessionRejection(key, { chainId, organisation, name }),
    apply: ({ signer: { organisation }, height }, state) =>
      writeCredential(state, organisation, command, height),
  });
}
