/**
 * Quorum arithmetic for n validators: f = floor((n−1)/3), Q = ceil(2n/3), integers only.
 * Two quorums meet in a correct member (2Q − n ≥ f + 1) and a quorum of correct members exists (Q ≤ n − f).
 */
import { invariant } from './invariant.js';

export function faultsMax(validatorCount: number): number {
  invariant(Number.isSafeInteger(validatorCount) && validatorCount >= 1, `no validators: ${validatorCount}`);
  return Math.floor((validatorCount - 1) / 3);
}

export function quorumSize(validatorCount: number): number {
  invariant(Number.isSafeInteger(validatorCount) && validatorCount >= 1, `no validators: ${validatorCount}`);
  return Math.floor((2 * validatorCount + 2) / 3);
}
