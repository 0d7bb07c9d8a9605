/** An admin casts the one ballot of its organisation on a motion that stands in the state before the block. */
import { isExpired, motionHistoryStateKey, motionStateKey } from '../../../governance/motion-entry.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { CastBallotCommand } from '../../../ledger/transaction.js';
import type { Height, TransactionId } from '../../../primitives/identifiers.js';
import type { StateView } from '../../../state/state-view.js';
import type { MotionEntry } from '../../../governance/motion-entry.js';
import type { PlannedChange } from '../../planned-change.js';
import { castAndDecide, DECIDING_STATE_WRITES, decidingKeys } from './decide-motion.js';
import { findValidator, readMotion } from './governing-entries.js';

/**
 * The motion while it can be decided. Failures: MOTION_UNKNOWN, also for one that this very block proposes, since the entries
 * that its action needs were not declared; MOTION_CLOSED, MOTION_EXPIRED.
 */
export function readOpenMotion(
  motionId: TransactionId,
  { before, height }: { readonly before: StateView; readonly height: Height },
  state: StateView,
): MotionEntry | FailureCode {
  if (before.get(motionStateKey(motionId)) === undefined) return 'MOTION_UNKNOWN';
  const motion = readMotion(state, motionId);
  if (motion === undefined) return 'MOTION_UNKNOWN';
  if (motion.status !== 'open') return 'MOTION_CLOSED';
  return isExpired(motion, height) ? 'MOTION_EXPIRED' : motion;
}

/**
 * Failures: MOTION_UNKNOWN, MOTION_CLOSED, MOTION_EXPIRED, BALLOT_NOT_ENTITLED, BALLOT_CAST_ALREADY, and those of the action when
 * the ballot decides: then it is not counted, and may be cast again.
 */
export function planCastBallot({ motionId, approve }: CastBallotCommand): PlannedChange {
  return {
    keysReadFirst: [motionStateKey(motionId)],
    stateKeys: (_organisation, first) => {
      const motion = readMotion(first, motionId);
      return motion === undefined ? [motionStateKey(motionId)] : decidingKeys(motionId, motion);
    },
    historyKey: () => motionHistoryStateKey(motionId),
    stateWrites: DECIDING_STATE_WRITES,
    flawFor: () => undefined,
    apply: (context, state) => {
      const motion = readOpenMotion(motionId, context, state);
      if (typeof motion === 'string') return motion;
      const { organisation } = context.signer;
      if (findValidator(context, organisation) === undefined) return 'BALLOT_NOT_ENTITLED';
      if (motion.ballots.some((ballot) => ballot.organisation === organisation)) return 'BALLOT_CAST_ALREADY';
      return castAndDecide(motionId, motion, approve, context, state);
    },
  };
}
