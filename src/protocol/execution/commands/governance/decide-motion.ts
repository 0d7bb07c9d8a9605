/** A ballot is added and the motion judged: decided, it is executed or closed at once, so nothing ever waits (GOV-4, GOV-7). */
import {
  decodeOpenMotions,
  encodeMotion,
  encodeOpenMotions,
  motionStateKey,
  openMotionsStateKey,
  withBallot,
  type MotionEntry,
  type OpenMotion,
} from '../../../governance/motion-entry.js';
import { isLost, tallyMotion } from '../../../governance/motion-tally.js';
import type { FailureCode } from '../../../ledger/outcome.js';
import type { OrganisationName, TransactionId } from '../../../primitives/identifiers.js';
import type { StateKey } from '../../../state/state-key.js';
import type { StateView } from '../../../state/state-view.js';
import type { WriteSet } from '../../../state/write-set.js';
import type { AlsoListed, ChangeContext } from '../../planned-change.js';
import { actionKeys, executeAction } from './execute-action.js';

/**
 * The most entries that a motion or a ballot writes: motion, index, two histories, and the six of an admission (organisation,
 * counts, identity, signer, ledger key, number of admissions).
 */
export const DECIDING_STATE_WRITES = 10;

/** Motion, index, and what its action needs. */
export function decidingKeys(
  motionId: TransactionId,
  { proposer, action }: Pick<MotionEntry, 'proposer' | 'action'>,
): readonly StateKey[] {
  return [motionStateKey(motionId), openMotionsStateKey(proposer), ...actionKeys(action)];
}

export function readOpenMotions(state: StateView, organisation: OrganisationName): readonly OpenMotion[] {
  return decodeOpenMotions(state.get(openMotionsStateKey(organisation)));
}

export function writeOpenMotions(
  state: WriteSet,
  organisation: OrganisationName,
  motions: readonly OpenMotion[],
): void {
  const key = openMotionsStateKey(organisation);
  if (motions.length === 0) state.delete(key);
  else state.put(key, encodeOpenMotions(motions));
}

/** Writes a motion that is open no more, and gives its place to another one. */
export function closeMotion(
  state: WriteSet,
  motionId: TransactionId,
  motion: MotionEntry,
  closed: Pick<MotionEntry, 'status' | 'closedHeight'> & Partial<MotionEntry>,
): void {
  state.put(motionStateKey(motionId), encodeMotion({ ...motion, ...closed }));
  const open = readOpenMotions(state, motion.proposer);
  writeOpenMotions(
    state,
    motion.proposer,
    open.filter((other) => other.motionId !== motionId),
  );
}

/** Casts the ballot of the signer's organisation. Failures: those of the action, when the ballot decides. */
export function castAndDecide(
  motionId: TransactionId,
  motion: MotionEntry,
  approve: boolean,
  context: ChangeContext,
  state: WriteSet,
): FailureCode | AlsoListed | undefined {
  const { signer, height, terms } = context;
  const cast = withBallot(motion, { organisation: signer.organisation, approve, height });
  const tally = tallyMotion(cast, terms);
  const { validators, needed } = tally;
  const decided = { closedHeight: height, validators, needed };
  if (approve && tally.approvals >= needed) {
    closeMotion(state, motionId, cast, { status: 'accepted', ...decided });
    return executeAction(motion.action, context, state);
  }
  if (isLost(tally)) closeMotion(state, motionId, cast, { status: 'rejected', ...decided });
  else state.put(motionStateKey(motionId), encodeMotion(cast));
  return undefined;
}
