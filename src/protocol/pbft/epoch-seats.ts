/** The validators of one epoch as one replica meets them: who sits where, and where it sits itself. */
import type { ValidatorSet } from '../ledger/validator-set.js';
import type { Epoch, Height, PeerIndex, ValidatorIndex } from '../primitives/identifiers.js';

export interface EpochSeats {
  readonly epoch: Epoch;
  /** First height that they agree on; the epoch before ended one below. */
  readonly firstHeight: Height;
  readonly validators: ValidatorSet;
  /** Own place; `undefined` for a replica that has no voice in this epoch. */
  readonly self: ValidatorIndex | undefined;
  /** The peer at each place, the own one included. */
  readonly peers: readonly PeerIndex[];
}
