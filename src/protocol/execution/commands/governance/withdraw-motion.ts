/** An admin takes back a motion that its organisation has proposed, while it is open. */
import {
  motionHistoryStateKey,
  motionStateKey,
  openMotionsStateKey,
} from '../../../governance/motion-entry.js';
import type { WithdrawMotionCommand } from '../../../ledger/transaction.js';
import type { PlannedChange } from '../../planned-change.js';
import { readOpenMotion } from './cast-ballot.js';
import { closeMotion } from './decide-motion.js';

/** Motion, index, history. */
const STATE_WRITES = 3;

/** Failures: MOTION_UNKNOWN, MOTION_CLOSED, MOTION_EXPIRED, NOT_PROPOSER. */
export function planWithdrawMotion({ motionId }: WithdrawMotionCommand): PlannedChange {
  return {
    stateKeys: (organisation) => [motionStateKey(motionId), openMotionsStateKey(organisation)],
    historyKey: () => motionHistoryStateKey(motionId),
    stateWrites: STATE_WRITES,
    flawFor: () => undefined,
    apply: (context, state) => {
      const motion = readOpenMotion(motionId, context, state);
      if (typeof motion === 'string') return motion;
      if (motion.proposer !== context.signer.organisation) return 'NOT_PROPOSER';
      closeMotion(state, motionId, motion, { status: 'withdrawn', closedHeight: context.height });
      return undefined;
    },
  };
}
