/** What commands about the consortium read and write in common: whom an action is about, and which keys are anybody's. */
import { PENDING_TERMS_KEY } from '../../../governance/epoch-state.js';
import { decodeMotion, motionStateKey, type MotionEntry } from '../../../governance/motion-entry.js';
import {
  decodeOrganisationEntry,
  encodeLedgerKeyHolder,
  ledgerKeyStateKey,
  organisationStateKey,
  type OrganisationEntry,
} from '../../../governance/organisation-entry.js';
import { signerKey } from '../../../governance/signer.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { Validator } from '../../../ledger/validator-set.js';
import type { OrganisationName, PublicKey, TransactionId } from '../../../primitives/identifiers.js';
import type { StateKey } from '../../../state/state-key.js';
import type { StateView } from '../../../state/state-view.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { ChangeContext } from '../../planned-change.js';

export function readMotion(state: StateView, motionId: TransactionId): MotionEntry | undefined {
  const value = state.get(motionStateKey(motionId));
  return value === undefined ? undefined : decodeMotion(value);
}

/** Entry of a member that an action is about; or ORGANISATION_UNKNOWN, ORGANISATION_REMOVED. */
export function readMember(
  state: StateView,
  organisation: OrganisationName,
): OrganisationEntry | FailureCode {
  const value = state.get(organisationStateKey(organisation));
  if (value === undefined) return 'ORGANISATION_UNKNOWN';
  const entry = decodeOrganisationEntry(value);
  return entry.removedHeight === 0 ? entry : 'ORGANISATION_REMOVED';
}

/** The organisation's place among the validators in force; `undefined` when it does not vote. */
export function findValidator(
  { terms }: Pick<ChangeContext, 'terms'>,
  organisation: OrganisationName,
): Validator | undefined {
  return terms.validators.find((validator) => validator.organisation === organisation);
}

/** A change of validators or parameters is scheduled and not in force yet. */
export function isChangePending(state: StateView): boolean {
  return state.get(PENDING_TERMS_KEY) !== undefined;
}

/** What `isFreeKey` reads. */
export function keysOfHolder(publicKey: PublicKey): readonly StateKey[] {
  return [signerKey(publicKey), ledgerKeyStateKey(publicKey)];
}

/** Whether the key is, and was, nobody's: no identity's and no organisation's. */
export function isFreeKey(
  { terms }: Pick<ChangeContext, 'terms'>,
  state: StateView,
  publicKey: PublicKey,
): boolean {
  return (
    keysOfHolder(publicKey).every((key) => state.get(key) === undefined) &&
    !terms.validators.some(({ ledgerKey }) => ledgerKey === publicKey)
  );
}

/** The key stands for the organisation for ever. */
export function holdLedgerKey(state: WriteSet, publicKey: PublicKey, organisation: OrganisationName): void {
  state.put(ledgerKeyStateKey(publicKey), encodeLedgerKeyHolder(organisation));
}
