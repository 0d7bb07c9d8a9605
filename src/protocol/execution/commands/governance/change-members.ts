/** Actions about an organisation that is a member: its vote, its membership, its ledger key. */
import type { EpochChange } from '../../../governance/epoch-state.js';
import type { MotionAction } from '../../../governance/motion-entry.js';
import { encodeOrganisationEntry, organisationStateKey } from '../../../governance/organisation-entry.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { OrganisationName } from '../../../primitives/identifiers.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { ChangeContext } from '../../planned-change.js';
import { findValidator, holdLedgerKey, isChangePending, isFreeKey, readMember } from './governing-entries.js';
import { scheduleEpoch } from '../../epoch/schedule-epoch.js';

type Execution = (
  organisation: OrganisationName,
  context: ChangeContext,
  state: WriteSet,
) => FailureCode | undefined;

function withoutVote({ terms }: ChangeContext, organisation: OrganisationName) {
  return terms.validators.filter((validator) => validator.organisation !== organisation);
}

function changeOf(
  kind: EpochChange['kind'],
  organisation: OrganisationName,
  keys: Partial<EpochChange> = {},
): EpochChange {
  return { kind, organisation, formerKey: undefined, ledgerKey: undefined, ...keys };
}

/** Failures beside those of an epoch: ORGANISATION_UNKNOWN, ORGANISATION_REMOVED, VALIDATOR_ALREADY. */
export const promoteValidator: Execution = (organisation, context, state) => {
  const member = readMember(state, organisation);
  if (typeof member === 'string') return member;
  if (findValidator(context, organisation) !== undefined) return 'VALIDATOR_ALREADY';
  const { ledgerKey } = member;
  const validators = [...context.terms.validators, { organisation, ledgerKey }];
  return scheduleEpoch(context, state, { validators }, changeOf('promote', organisation));
};

/** Failures beside those of an epoch: ORGANISATION_UNKNOWN, ORGANISATION_REMOVED, VALIDATOR_NOT. */
export const demoteValidator: Execution = (organisation, context, state) => {
  const member = readMember(state, organisation);
  if (typeof member === 'string') return member;
  const validator = findValidator(context, organisation);
  if (validator === undefined) return 'VALIDATOR_NOT';
  const change = changeOf('demote', organisation, { formerKey: validator.ledgerKey });
  return scheduleEpoch(context, state, { validators: withoutVote(context, organisation) }, change);
};

/** Failures beside those of an epoch: ORGANISATION_UNKNOWN, ORGANISATION_REMOVED. */
export const removeOrganisation: Execution = (organisation, context, state) => {
  const member = readMember(state, organisation);
  if (typeof member === 'string') return member;
  const validator = findValidator(context, organisation);
  if (validator !== undefined) {
    const change = changeOf('remove', organisation, { formerKey: validator.ledgerKey });
    return scheduleEpoch(context, state, { validators: withoutVote(context, organisation) }, change);
  }
  // It may be the one that is about to vote.
  if (isChangePending(state)) return 'EPOCH_CHANGE_PENDING';
  const removedHeight = context.height + 1;
  state.put(organisationStateKey(organisation), encodeOrganisationEntry({ ...member, removedHeight }));
  return undefined;
};

/** Failures beside those of an epoch: ORGANISATION_UNKNOWN, ORGANISATION_REMOVED, KEY_IN_USE. */
export function rotateLedgerKey(
  { organisation, ledgerKey }: Extract<MotionAction, { type: 'rotateLedgerKey' }>,
  context: ChangeContext,
  state: WriteSet,
): FailureCode | undefined {
  const member = readMember(state, organisation);
  if (typeof member === 'string') return member;
  if (!isFreeKey(context, state, ledgerKey)) return 'KEY_IN_USE';
  const validator = findValidator(context, organisation);
  if (validator !== undefined) {
    holdLedgerKey(state, ledgerKey, organisation);
    const validators = [...withoutVote(context, organisation), { organisation, ledgerKey }];
    const change = changeOf('rotate', organisation, { formerKey: validator.ledgerKey, ledgerKey });
    return scheduleEpoch(context, state, { validators }, change);
  }
  if (isChangePending(state)) return 'EPOCH_CHANGE_PENDING';
  holdLedgerKey(state, ledgerKey, organisation);
  state.put(organisationStateKey(organisation), encodeOrganisationEntry({ ...member, ledgerKey }));
  return undefined;
}
