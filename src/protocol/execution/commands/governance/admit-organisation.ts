/** An organisation becomes a member without a vote, with one admin, from the next block on. */
import { encodeIdentityCounts, identityCountsStateKey } from '../../../governance/identity-counts.js';
import { encodeIdentityEntry, identityStateKey } from '../../../governance/identity-entry.js';
import type { MotionAction } from '../../../governance/motion-entry.js';
import {
  ADMISSIONS_KEY,
  decodeAdmissions,
  encodeAdmissions,
  encodeOrganisationEntry,
  ORGANISATIONS_EVER_MAX,
  organisationStateKey,
} from '../../../governance/organisation-entry.js';
import { encodeSigner, signerKey } from '../../../governance/signer.js';
import { ORGANISATIONS_MAX } from '../../../ledger/genesis.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { StateKey } from '../../../state/state-key.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { ChangeContext } from '../../planned-change.js';
import { holdLedgerKey, isFreeKey, keysOfHolder } from './governing-entries.js';

type Admission = Extract<MotionAction, { type: 'admitOrganisation' }>;

/** After those of genesis, however many they were. */
export const ADMISSIONS_MAX = ORGANISATIONS_EVER_MAX - ORGANISATIONS_MAX;

export function admissionKeys({ organisation, ledgerKey, admin }: Admission): readonly StateKey[] {
  return [
    organisationStateKey(organisation),
    identityCountsStateKey(organisation),
    identityStateKey(organisation, admin.name),
    ...keysOfHolder(ledgerKey),
    ...keysOfHolder(admin.publicKey),
    ADMISSIONS_KEY,
  ];
}

/** Failures: ORGANISATION_EXISTS, ORGANISATIONS_TOO_MANY, KEY_IN_USE. */
export function admitOrganisation(
  { organisation, ledgerKey, address, admin }: Admission,
  context: ChangeContext,
  state: WriteSet,
): FailureCode | undefined {
  const { height } = context;
  if (state.get(organisationStateKey(organisation)) !== undefined) return 'ORGANISATION_EXISTS';
  const admissions = decodeAdmissions(state.get(ADMISSIONS_KEY));
  if (admissions >= ADMISSIONS_MAX) return 'ORGANISATIONS_TOO_MANY';
  const { name, publicKey } = admin;
  if (ledgerKey === publicKey || ![ledgerKey, publicKey].every((key) => isFreeKey(context, state, key)))
    return 'KEY_IN_USE';
  state.put(ADMISSIONS_KEY, encodeAdmissions(admissions + 1));
  state.put(
    organisationStateKey(organisation),
    encodeOrganisationEntry({ ledgerKey, address, admittedHeight: height, removedHeight: 0 }),
  );
  holdLedgerKey(state, ledgerKey, organisation);
  state.put(signerKey(publicKey), encodeSigner({ organisation, name }));
  state.put(
    identityStateKey(organisation, name),
    encodeIdentityEntry({
      algorithm: 'ed25519',
      publicKey,
      rights: { roles: ['admin'], custody: 'self', validFromHeight: 0, validUntilHeight: 0 },
      revoked: false,
      registeredHeight: height,
      changedHeight: height,
    }),
  );
  state.put(identityCountsStateKey(organisation), encodeIdentityCounts({ identities: 1, lastingAdmins: 1 }));
  return undefined;
}
