/** From motions and validators to the bodies of /v1/motions and /v1/validators. */
import type { HistoryEntry } from '../../node/ports.js';
import type { ConsortiumMotion, ConsortiumValidators, Preflight } from '../../node/use-cases.js';
import type { MotionAction } from '../../protocol/governance/motion-entry.js';
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import { decodeCommand } from '../../protocol/ledger/transaction.js';
import { corrupt, entryToBody } from '../members/member-views.js';
import type { MotionBody, MotionHistoryBody, PreflightBody, ValidatorListBody } from './motion-schemas.js';

function actionToBody(action: MotionAction): MotionBody['action'] {
  return action.type === 'setParameters'
    ? { type: action.type, parameters: action.parameters.map((each) => ({ ...each })) }
    : { ...action };
}

export function motionToBody({ motionId, action, tally, rule, ...motion }: ConsortiumMotion): MotionBody {
  const { proposer, status, proposedHeight, expiresHeight, closedHeight, ballots } = motion;
  return {
    id: motionId,
    ...{ proposer, action: actionToBody(action), status, proposedHeight, expiresHeight },
    ...(closedHeight === 0 ? {} : { closedHeight }),
    ...(rule === undefined ? {} : { rule }),
    ...tally,
    ballots: [...ballots],
  };
}

export function motionEntryToBody(entry: HistoryEntry): MotionHistoryBody['items'][number] {
  const decoded = decodeCommand(entry.record);
  if (!decoded.ok) throw corrupt(entry);
  const command = decoded.value;
  switch (command.type) {
    case 'proposeMotion':
    case 'withdrawMotion':
      return { ...entryToBody(entry), command: { type: command.type } };
    case 'castBallot':
      return { ...entryToBody(entry), command: { type: command.type, approve: command.approve } };
    default:
      throw corrupt(entry);
  }
}

function termsToBody({ epoch, firstHeight, validators, parameters }: EpochTerms) {
  return { epoch, firstHeight, validators: [...validators], parameters: { ...parameters } };
}

export function preflightToBody({ lagBlocks, ...seen }: Preflight): PreflightBody {
  return {
    ...seen,
    mustStayUp: [...seen.mustStayUp],
    problems: [...seen.problems],
    ...(lagBlocks === undefined ? {} : { lagBlocks }),
  };
}

export function validatorsToBody({
  asOfHeight,
  inForce,
  pending,
  learners,
}: ConsortiumValidators): ValidatorListBody {
  return {
    asOfHeight,
    inForce: termsToBody(inForce),
    ...(pending === undefined ? {} : { pending: termsToBody(pending) }),
    learners: learners.map(({ organisation, ledgerKey, address }) => ({
      ...{ organisation, ledgerKey },
      ...(address === undefined ? {} : { address }),
    })),
  };
}
