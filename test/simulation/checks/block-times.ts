/**
 * The time of a final block: some correct validator judged it by its own clock when the proposal was fresh (PBFT-TIME-2,
 * PBFT-TIME-3), so it lies neither ahead of every correct clock nor long before its transactions were there.
 */
import type { BlockHeader } from '../../../src/protocol/ledger/block-header.js';
import type { TimestampMs } from '../../../src/protocol/primitives/identifiers.js';
import { CLOCK_SKEW_MS, EPOCH_MS } from '../virtual-time.js';

export interface TimeLimits {
  readonly clockDriftMs: number;
  readonly proposalAgeMsMax: number;
}

/** `nowMs` and `submittedAtMs` are virtual; the latter belongs to the newest transaction of the block. */
export function timeProblem(
  { height, timestampMs }: Pick<BlockHeader, 'height' | 'timestampMs'>,
  nowMs: TimestampMs,
  submittedAtMs: TimestampMs,
  { clockDriftMs, proposalAgeMsMax }: TimeLimits,
): string | undefined {
  const aheadMs = timestampMs - (EPOCH_MS + nowMs + CLOCK_SKEW_MS + clockDriftMs);
  if (aheadMs > 0) return `TIME: block ${height} is ${aheadMs} ms further ahead than any clock permits`;
  const behindMs = EPOCH_MS + Math.floor(submittedAtMs) - proposalAgeMsMax - timestampMs;
  if (behindMs > 0) return `TIME: block ${height} is ${behindMs} ms older than its transactions permit`;
  return undefined;
}
