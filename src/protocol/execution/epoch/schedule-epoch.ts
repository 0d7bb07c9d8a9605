/**
 * What changes with an epoch is written down now and takes force L + 1 heights later (EPOCH-2): blocks in flight are agreed on
 * by those who began them.
 */
import {
  encodeEpochChange,
  encodeEpochTerms,
  PENDING_CHANGE_KEY,
  PENDING_TERMS_KEY,
  type EpochChange,
} from '../../governance/epoch-state.js';
import type { EpochTerms } from '../../ledger/epoch-terms.js';
import { ORGANISATIONS_MAX } from '../../ledger/genesis.js';
import type { FailureCode } from '../../ledger/outcome.js';
import type { ValidatorSet } from '../../ledger/validator-set.js';
import { compareStrings } from '../../primitives/bytes.js';
import { invariant } from '../../primitives/invariant.js';
import { faultsMax } from '../../primitives/quorum.js';
import type { WriteSet } from '../../state/write-set.js';
import type { ChangeContext } from '../planned-change.js';
import { isChangePending } from '../commands/governance/governing-entries.js';

/** Validators that tolerate one fault: what had them keeps them. */
const FAULT_TOLERANT_MIN = 4;

/** How many of `validators` have no place, with this key, among `others`. */
function missingIn(others: ValidatorSet, validators: ValidatorSet): number {
  const keys = new Set(others.map(({ ledgerKey }) => ledgerKey));
  return validators.filter(({ ledgerKey }) => !keys.has(ledgerKey)).length;
}

/** LAST_QUORUM, VALIDATORS_TOO_MANY. */
function validatorsFailure(before: ValidatorSet, after: ValidatorSet): FailureCode | undefined {
  const most = Math.max(1, faultsMax(before.length));
  invariant(
    missingIn(after, before) <= most && missingIn(before, after) <= most,
    'one action changes more validators than the epoch before tolerates faults',
  );
  if (after.length > ORGANISATIONS_MAX) return 'VALIDATORS_TOO_MANY';
  const least = before.length >= FAULT_TOLERANT_MIN ? FAULT_TOLERANT_MIN : 1;
  return after.length < before.length && after.length < least ? 'LAST_QUORUM' : undefined;
}

/** Failures: EPOCH_CHANGE_PENDING, LAST_QUORUM, VALIDATORS_TOO_MANY. */
export function scheduleEpoch(
  { terms, height }: ChangeContext,
  state: WriteSet,
  next: Partial<Pick<EpochTerms, 'validators' | 'parameters'>>,
  change: EpochChange,
): FailureCode | undefined {
  if (isChangePending(state)) return 'EPOCH_CHANGE_PENDING';
  const validators = (next.validators ?? terms.validators).toSorted((left, right) =>
    compareStrings(left.organisation, right.organisation),
  );
  const failure = validatorsFailure(terms.validators, validators);
  if (failure !== undefined) return failure;
  const scheduled: EpochTerms = {
    epoch: terms.epoch + 1,
    firstHeight: height + terms.parameters.pipelineDepth + 1,
    validators,
    parameters: next.parameters ?? terms.parameters,
  };
  state.put(PENDING_TERMS_KEY, encodeEpochTerms(scheduled));
  state.put(PENDING_CHANGE_KEY, encodeEpochChange(change));
  return undefined;
}
