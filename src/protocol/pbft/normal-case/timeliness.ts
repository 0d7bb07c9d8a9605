/**
 * Block time is the proposer's clock, and a voter judges it by its own (PBFT-TIME-1 to -3). Only fresh
 * proposals are judged against a clock: what is proposed again was in time once.
 */
import type { BlockHeader } from '../../ledger/block-header.js';
import type { TimestampMs } from '../../primitives/identifiers.js';
import type { ReplicaState } from '../state/replica-state.js';

/** PBFT-TIME-1: block time grows; judged for every block. */
export function isLaterThanParent(header: BlockHeader, parentTimestampMs: TimestampMs): boolean {
  return header.timestampMs > parentTimestampMs;
}

/** PBFT-TIME-2: from a clock that runs ahead; held back until the own clock has come near. */
export function isTooEarly(state: ReplicaState, header: BlockHeader): boolean {
  return header.timestampMs > state.wallMs + (state.seats.clockDriftMs ?? state.config.clockDriftMs);
}

/** PBFT-TIME-3: old already when it arrived. How long it waited here since is not the primary's fault. */
export function isTooOld(state: ReplicaState, header: BlockHeader, arrivedAtMs: TimestampMs): boolean {
  return header.timestampMs < arrivedAtMs - (state.seats.proposalAgeMsMax ?? state.config.proposalAgeMsMax);
}
