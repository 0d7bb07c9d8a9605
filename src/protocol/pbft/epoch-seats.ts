/** The validators of one epoch as one replica meets them: who sits where, and where it sits itself. */
import type { BlockHeader } from '../ledger/block-header.js';
import type { ValidatorSet } from '../ledger/validator-set.js';
import type { BlockHash, Epoch, Height, PeerIndex, ValidatorIndex } from '../primitives/identifiers.js';
import type { CheckpointCertificate, QuorumCertificate } from './certificate.js';

export interface EpochSeats {
  readonly epoch: Epoch;
  /** First height that they agree on; the epoch before ended one below. */
  readonly firstHeight: Height;
  readonly validators: ValidatorSet;
  /** Own place; `undefined` for a replica that has no voice in this epoch. */
  readonly self: ValidatorIndex | undefined;
  /** The peer at each place, the own one included. */
  readonly peers: readonly PeerIndex[];
  /** Parameters of the epoch by which block times are judged; those of the configuration unless said otherwise. */
  readonly clockDriftMs?: number;
  readonly proposalAgeMsMax?: number;
}

/** An epoch that is over, with what proves it to whoever is still in it. */
export interface EndedEpoch {
  readonly seats: EpochSeats;
  /** Its last block, and the Q COMMITs of its set. */
  readonly header: BlockHeader;
  readonly blockHash: BlockHash;
  readonly certificate: QuorumCertificate;
  /** Q lines of its set under its last checkpoint; `undefined` while they are not known here (PBFT-EPOCH-3). */
  readonly checkpoint: CheckpointCertificate | undefined;
}
