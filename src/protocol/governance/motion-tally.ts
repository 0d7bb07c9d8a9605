/** When a motion is decided (GOV-4): judged at each ballot, by the validators that are in force at its height. */
import {
  APPROVAL_RULES,
  governanceParameters,
  type GenesisParameters,
} from '../ledger/genesis-parameters.js';
import type { ValidatorSet } from '../ledger/validator-set.js';
import { invariant } from '../primitives/invariant.js';
import { quorumSize } from '../primitives/quorum.js';
import type { MotionEntry } from './motion-entry.js';

export type ApprovalRule = (typeof APPROVAL_RULES)[number];

export interface Tally {
  readonly validators: number;
  /** Organisations that must approve. */
  readonly needed: number;
  /** Of organisations whose validator is in force; ballots of others stand in the motion and count nothing. */
  readonly approvals: number;
  readonly rejections: number;
}

/** The rule for the action: parameters have their own, everything else is a change of members. */
export function approvalRule(
  { action }: Pick<MotionEntry, 'action'>,
  parameters: GenesisParameters,
): ApprovalRule {
  const { membershipApproval, parameterApproval } = governanceParameters(parameters);
  const rule = APPROVAL_RULES[action.type === 'setParameters' ? parameterApproval : membershipApproval];
  invariant(rule !== undefined, 'the parameters name a rule of approval that is none');
  return rule;
}

export function approvalsNeeded(rule: ApprovalRule, validatorCount: number): number {
  switch (rule) {
    case 'moreThanHalf':
      return Math.floor(validatorCount / 2) + 1;
    case 'quorum':
      return quorumSize(validatorCount);
    case 'all':
      return validatorCount;
  }
}

export function tallyMotion(
  motion: Pick<MotionEntry, 'action' | 'ballots'>,
  terms: { readonly validators: ValidatorSet; readonly parameters: GenesisParameters },
): Tally {
  const { validators, parameters } = terms;
  const voters = new Set(validators.map(({ organisation }) => organisation));
  const counted = motion.ballots.filter(({ organisation }) => voters.has(organisation));
  const approvals = counted.filter(({ approve }) => approve).length;
  return {
    validators: validators.length,
    needed: approvalsNeeded(approvalRule(motion, parameters), validators.length),
    approvals,
    rejections: counted.length - approvals,
  };
}

/** Approval is not possible any more, whatever the others say. */
export function isLost({ validators, needed, rejections }: Tally): boolean {
  return validators - rejections < needed;
}
