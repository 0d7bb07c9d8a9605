/** What a replica is told once: who it is, who the others are, and the consensus parameters of the genesis file. */
import type { Block } from '../ledger/block.js';
import type { ValidatorSet } from '../ledger/validator-set.js';
import type {
  BlockHash,
  ChainId,
  Digest,
  Epoch,
  Height,
  PeerIndex,
  TimestampMs,
  ValidatorIndex,
} from '../primitives/identifiers.js';
import type { JournalRecord } from './effect.js';
import type { CheckpointCertificate, QuorumCertificate } from './certificate.js';
import type { EndedEpoch, EpochSeats } from './epoch-seats.js';

export interface ReplicaConfig {
  readonly chainId: ChainId;
  /** Own index in the validator set of the epoch that it begins in; `undefined` for who has no voice in it. */
  readonly self: ValidatorIndex | undefined;
  /** The epoch of the height above the executed one. */
  readonly epoch: Epoch;
  readonly validators: ValidatorSet;
  /** First height of that epoch; 1 unless said otherwise. */
  readonly firstHeight?: Height;
  /** The peer at each place of the set; its index unless said otherwise. */
  readonly peers?: readonly PeerIndex[];
  /** L: blocks in flight, execution lag (PBFT-ORDER-2). */
  readonly pipelineDepth: number;
  /** Time between Status messages, which drive all retransmission. */
  readonly statusIntervalMs: number;
  /** Smallest time between two Status messages sent because something changed. */
  readonly statusCoalesceMs: number;
  /** Time after which a body is asked for again. */
  readonly fetchRetryMs: number;
  /** Time without a commit, while there is work, after which the primary is suspected; doubles each time up to the maximum. */
  readonly progressTimeoutMs: number;
  readonly progressTimeoutMsMax: number;
  /** Time without any message of the primary after which it is suspected, work or not. */
  readonly silenceTimeoutMs: number;
  /** Every so many blocks the primary's turn is over; 0 for never. */
  readonly rotationBlocks: number;
  /** How far ahead of the own clock a fresh proposal's time may lie before it is held back. */
  readonly clockDriftMs: number;
  /** How old a fresh proposal may be when it arrives. */
  readonly proposalAgeMsMax: number;
}

/** The committed and executed head that the database holds, and what the journal holds beyond it. */
export interface RecoveredState {
  readonly executedHeight: Height;
  readonly executedBlockHash: BlockHash;
  readonly executedTimestampMs: TimestampMs;
  /** Root of the result log of size executedHeight + 1. */
  readonly executedRoot: Digest;
  /** Certificate of the head; `undefined` at genesis. */
  readonly certificate: QuorumCertificate | undefined;
  /** The last blocks up to the head with their certificates, oldest first, at most 3L, for peers that lack them. */
  readonly recentBlocks: readonly { readonly block: Block; readonly certificate: QuorumCertificate }[];
  /** Highest height with a checkpoint certificate. */
  readonly certifiedHeight: Height;
  /** The certificate of that height, when the database has one: sent to peers that lack it. */
  readonly checkpoint?: CheckpointCertificate | undefined;
  /** The epochs before, oldest first, for peers that are still in one of them; the last one ended below the present one. */
  readonly endedEpochs?: readonly EndedEpoch[];
  /** The next epoch, when a block up to the head has scheduled it. */
  readonly pending?: EpochSeats | undefined;
  /** Journal records in any order; votes and blocks at or below the head are ignored. */
  readonly journal: readonly JournalRecord[];
  /**
   * Height that the database is known to have held. Above the head after the database was set back: nothing is voted for
   * before it is reached again.
   */
  readonly appliedHeight: Height;
}
