/** An admin lays an action before the organisations that vote; its own organisation approves with it, if it votes. */
import {
  encodeMotion,
  motionHistoryStateKey,
  motionStateKey,
  OPEN_MOTIONS_MAX,
  type MotionEntry,
} from '../../../governance/motion-entry.js';
import { provesLedgerKey } from '../../../governance/possession.js';
import { governanceParameters } from '../../../ledger/genesis-parameters.js';
import { isAcceptablePublicKey } from '../../../crypto/ed25519.js';
import type {
  LedgerKey,
  ProposedAction,
  ProposeMotionCommand,
  Transaction,
} from '../../../ledger/transaction.js';
import type { ChainId, OrganisationName } from '../../../primitives/identifiers.js';
import { accept, reject, type Rejection, type Result } from '../../../primitives/rejection.js';
import type { PlannedChange } from '../../planned-change.js';
import { keyRejection, possessionRejection } from '../identity/new-key.js';
import {
  castAndDecide,
  DECIDING_STATE_WRITES,
  decidingKeys,
  readOpenMotions,
  writeOpenMotions,
} from './decide-motion.js';
import { toMotionAction } from './execute-action.js';
import { findValidator } from './governing-entries.js';
import { parametersRejection } from './set-parameters.js';

/** KEY_INVALID or POSSESSION_INVALID for a ledger key that the organisation could not sign with. */
function ledgerKeyRejection(
  ledgerKey: LedgerKey,
  organisation: OrganisationName,
  chainId: ChainId,
): Rejection | undefined {
  const { publicKey } = ledgerKey;
  if (!isAcceptablePublicKey(publicKey)) {
    const message = `${publicKey} is not a usable Ed25519 key (no point in canonical form, or of small order)`;
    return reject('KEY_INVALID', message, 'ledger_key.public_key').rejection;
  }
  if (provesLedgerKey(ledgerKey, { chainId, organisation })) return undefined;
  const message = `the key ${publicKey} has not signed that it is the ledger key of ${organisation}; sign it with the key itself`;
  return reject('POSSESSION_INVALID', message, 'ledger_key.possession').rejection;
}

/** What no ledger could execute, whatever its state. */
function actionRejection(action: ProposedAction, chainId: ChainId): Rejection | undefined {
  switch (action.type) {
    case 'admitOrganisation': {
      const { organisation, ledgerKey, admin } = action;
      return (
        ledgerKeyRejection(ledgerKey, organisation, chainId) ??
        keyRejection(admin.key) ??
        possessionRejection(admin.key, { chainId, organisation, name: admin.name })
      );
    }
    case 'rotateLedgerKey':
      return ledgerKeyRejection(action.ledgerKey, action.organisation, chainId);
    case 'setParameters':
      return parametersRejection(action.parameters);
    default:
      return undefined;
  }
}

/** ORGANISATION_NOT_OWN: nobody but the organisation itself knows which key it has made. */
function ownRejection(action: ProposedAction, organisation: OrganisationName): Rejection | undefined {
  if (action.type !== 'rotateLedgerKey' || action.organisation === organisation) return undefined;
  const message = `${organisation} cannot propose another ledger key of ${action.organisation}; that organisation can`;
  return reject('ORGANISATION_NOT_OWN', message, 'organisation').rejection;
}

/**
 * Refusals of the content: KEY_INVALID, POSSESSION_INVALID, PARAMETER_UNKNOWN, PARAMETER_FIXED, PARAMETER_INVALID; with the
 * signer: ORGANISATION_NOT_OWN. Failures: MOTIONS_TOO_MANY, and those of the action where the proposal itself decides.
 */
export function planProposeMotion(
  command: ProposeMotionCommand,
  { id: motionId, chainId }: Pick<Transaction, 'id' | 'chainId'>,
): Result<PlannedChange> {
  const rejection = actionRejection(command.action, chainId);
  if (rejection !== undefined) return { ok: false, rejection };
  const action = toMotionAction(command.action);
  return accept({
    stateKeys: (proposer) => decidingKeys(motionId, { proposer, action }),
    historyKey: () => motionHistoryStateKey(motionId),
    stateWrites: DECIDING_STATE_WRITES,
    flawFor: (organisation) => ownRejection(command.action, organisation),
    apply: (context, state) => {
      const { signer, height, terms } = context;
      const proposer = signer.organisation;
      const open = readOpenMotions(state, proposer).filter(({ expiresHeight }) => expiresHeight >= height);
      if (open.length >= OPEN_MOTIONS_MAX) return 'MOTIONS_TOO_MANY';
      const expiresHeight = height + governanceParameters(terms.parameters).motionLifetimeBlocks;
      writeOpenMotions(state, proposer, [...open, { motionId, expiresHeight }]);
      const motion: MotionEntry = {
        ...{ proposer, action, proposedHeight: height, expiresHeight },
        ...{ status: 'open', closedHeight: 0, validators: 0, needed: 0, ballots: [] },
      };
      state.put(motionStateKey(motionId), encodeMotion(motion));
      if (findValidator(context, proposer) === undefined) return undefined;
      return castAndDecide(motionId, motion, true, context, state);
    },
  });
}
