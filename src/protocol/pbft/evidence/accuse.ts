/** What becomes of evidence: it is kept, told to people, and passed on once (PBFT-EVIDENCE-3). */
import type { ValidatorIndex } from '../../primitives/identifiers.js';
import type { Effect } from '../effect.js';
import { evidenceSlot, type Evidence } from '../evidence.js';
import type { ReplicaState } from '../state/replica-state.js';
import { trace } from '../state/trace.js';

/** Proofs against one validator that are kept and passed on; more of them convince nobody more. */
export const EVIDENCE_EACH_MAX = 16;

/** True when a proof of this slot (evidence.ts) would tell something new. */
export function isAccusable(state: ReplicaState, offender: ValidatorIndex, slot: string): boolean {
  if (state.accused.has(slot)) return false;
  let known = 0;
  for (const accused of state.accused.values()) if (accused === offender) known += 1;
  return known < EVIDENCE_EACH_MAX;
}

/** Evidence that was found here, or that a peer has sent and verify-message.ts has checked. */
export function accuse(state: ReplicaState, evidence: Evidence, effects: Effect[]): void {
  const slot = evidenceSlot(evidence);
  if (!isAccusable(state, evidence.offender, slot)) return;
  state.accused.set(slot, evidence.offender);
  effects.push(
    { type: 'evidence', evidence },
    { type: 'send', to: 'all', message: { type: 'evidence', evidence } },
  );
  trace(state, effects, 'evidence', state.committed.height, slot);
}
