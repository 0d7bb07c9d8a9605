/** An accepted action, executed with the ballot that decides it (GOV-7): which entries it needs, and what it does. */
import { PENDING_CHANGE_KEY, PENDING_TERMS_KEY } from '../../../governance/epoch-state.js';
import type { MotionAction } from '../../../governance/motion-entry.js';
import { organisationStateKey } from '../../../governance/organisation-entry.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { ProposedAction } from '../../../ledger/transaction.js';
import { unreachable } from '../../../primitives/invariant.js';
import type { StateKey } from '../../../state/state-key.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { AlsoListed, ChangeContext } from '../../planned-change.js';
import { admissionKeys, admitOrganisation } from './admit-organisation.js';
import { demoteValidator, promoteValidator, removeOrganisation, rotateLedgerKey } from './change-members.js';
import { keysOfHolder } from './governing-entries.js';
import { setParameters } from './set-parameters.js';

/** What the state keeps of it: the proofs have been checked. */
export function toMotionAction(action: ProposedAction): MotionAction {
  switch (action.type) {
    case 'admitOrganisation': {
      const { ledgerKey, admin } = action;
      return {
        ...action,
        ledgerKey: ledgerKey.publicKey,
        admin: { name: admin.name, publicKey: admin.key.publicKey },
      };
    }
    case 'rotateLedgerKey':
      return { ...action, ledgerKey: action.ledgerKey.publicKey };
    default:
      return action;
  }
}

/** Every entry that the action may read or write, the history of the organisation included. */
export function actionKeys(action: MotionAction): readonly StateKey[] {
  if (action.type === 'setParameters') return [PENDING_TERMS_KEY, PENDING_CHANGE_KEY];
  const { organisation } = action;
  const history = organisationHistoryStateKey(organisation);
  if (action.type === 'admitOrganisation') return [...admissionKeys(action), history];
  const keys = [organisationStateKey(organisation), PENDING_TERMS_KEY, PENDING_CHANGE_KEY, history];
  return action.type === 'rotateLedgerKey' ? [...keys, ...keysOfHolder(action.ledgerKey)] : keys;
}

function execute(action: MotionAction, context: ChangeContext, state: WriteSet): FailureCode | undefined {
  switch (action.type) {
    case 'admitOrganisation':
      return admitOrganisation(action, context, state);
    case 'promoteValidator':
      return promoteValidator(action.organisation, context, state);
    case 'demoteValidator':
      return demoteValidator(action.organisation, context, state);
    case 'removeOrganisation':
      return removeOrganisation(action.organisation, context, state);
    case 'rotateLedgerKey':
      return rotateLedgerKey(action, context, state);
    case 'setParameters':
      return setParameters(action.parameters, context, state);
    default:
      return unreachable(action);
  }
}

/** Failures: those of the actions. What is about an organisation is listed in its history too. */
export function executeAction(
  action: MotionAction,
  context: ChangeContext,
  state: WriteSet,
): FailureCode | AlsoListed | undefined {
  const failure = execute(action, context, state);
  if (failure !== undefined || action.type === 'setParameters') return failure;
  return { alsoListedIn: organisationHistoryStateKey(action.organisation) };
}
