/**
 * The last thing that the last block of an epoch does (EPOCH-3): what was scheduled becomes the terms of the next epoch, and the
 * entries that speak of validators and parameters in force follow. Its transactions still saw the change as pending.
 */
import {
  decodeEpochChange,
  decodeEpochTerms,
  encodeEpochTerms,
  encodeInForce,
  encodeParameters,
  epochTermsKey,
  IN_FORCE_KEY,
  PARAMETERS_KEY,
  PENDING_CHANGE_KEY,
  PENDING_TERMS_KEY,
  type EpochChange,
} from '../../governance/epoch-state.js';
import {
  decodeOrganisationEntry,
  encodeLedgerKeyHolder,
  encodeOrganisationEntry,
  ledgerKeyStateKey,
  organisationStateKey,
} from '../../governance/organisation-entry.js';
import type { EpochTerms } from '../../ledger/epoch-terms.js';
import { validatorSetDigest } from '../../ledger/validator-set.js';
import { bytesEqual } from '../../primitives/bytes.js';
import type { Height } from '../../primitives/identifiers.js';
import { invariant } from '../../primitives/invariant.js';
import type { StateKey } from '../../state/state-key.js';
import type { StateView } from '../../state/state-view.js';
import type { StateWrite, WriteSet } from '../../state/write-set.js';

/** Entries that say which others the end of an epoch writes. */
export const EPOCH_END_KEYS_READ_FIRST: readonly StateKey[] = [PENDING_TERMS_KEY, PENDING_CHANGE_KEY];

function readChange(state: StateView): EpochChange {
  const value = state.get(PENDING_CHANGE_KEY);
  invariant(value !== undefined, 'terms are pending, and not what they change');
  return decodeEpochChange(value);
}

/** Every entry that the end of an epoch may read or write. `first` holds those above as they are before the block. */
export function epochEndKeys(first: StateView): readonly StateKey[] {
  const value = first.get(PENDING_TERMS_KEY);
  invariant(value !== undefined, 'the last block of an epoch finds no terms of the next');
  const { epoch } = decodeEpochTerms(value);
  const { organisation, formerKey } = readChange(first);
  return [
    ...EPOCH_END_KEYS_READ_FIRST,
    epochTermsKey(epoch),
    IN_FORCE_KEY,
    PARAMETERS_KEY,
    ...(organisation === undefined ? [] : [organisationStateKey(organisation)]),
    ...(formerKey === undefined ? [] : [ledgerKeyStateKey(formerKey)]),
  ];
}

function changeOrganisation(state: WriteSet, change: EpochChange, firstHeight: Height): void {
  const { kind, organisation, formerKey, ledgerKey } = change;
  if (organisation === undefined) return;
  if (formerKey !== undefined) state.put(ledgerKeyStateKey(formerKey), encodeLedgerKeyHolder(organisation));
  const key = organisationStateKey(organisation);
  const value = state.get(key);
  invariant(value !== undefined, `${organisation} changes with the epoch, and the state does not know it`);
  const entry = decodeOrganisationEntry(value);
  const removedHeight = kind === 'remove' ? firstHeight : entry.removedHeight;
  state.put(
    key,
    encodeOrganisationEntry({ ...entry, ledgerKey: ledgerKey ?? entry.ledgerKey, removedHeight }),
  );
}

/** Terms that the block has scheduled, read back from what it writes. */
export function scheduledTerms(writes: readonly StateWrite[]): EpochTerms | undefined {
  const value = writes.find(({ key }) => key === PENDING_TERMS_KEY)?.value;
  return value === undefined ? undefined : decodeEpochTerms(value);
}

/** `pending` is what the node knows of what the state holds. */
export function endEpoch(pending: EpochTerms, state: WriteSet): void {
  const { epoch, firstHeight, validators, parameters } = pending;
  const terms = encodeEpochTerms(pending);
  const stored = state.get(PENDING_TERMS_KEY);
  invariant(
    stored !== undefined && bytesEqual(stored, terms),
    `the terms of epoch ${epoch} are not those that the state holds`,
  );
  changeOrganisation(state, readChange(state), firstHeight);
  state.put(epochTermsKey(epoch), terms);
  state.put(IN_FORCE_KEY, encodeInForce(epoch, validatorSetDigest(validators)));
  state.put(PARAMETERS_KEY, encodeParameters(parameters));
  state.delete(PENDING_TERMS_KEY);
  state.delete(PENDING_CHANGE_KEY);
}
