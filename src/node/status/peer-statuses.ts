/** The last word of every peer about itself, and since when it is there, for the status page only: nothing is decided from it. */
import type { Phase, Standing, Status, Vote } from '../../protocol/pbft/message.js';
import type { Height, TimestampMs, ValidatorIndex, View } from '../../protocol/primitives/identifiers.js';
import type { LastVote } from '../use-cases.js';

export interface PeerWord {
  readonly view: View;
  readonly phase: Phase;
  readonly standing: Standing;
  /** Executed. */
  readonly height: Height;
  readonly acceptedHeight: Height;
  readonly mempoolTransactions: number;
  readonly clockOffsetMs: number;
}

export type VoteSeen = Omit<LastVote, 'ageMs'> & { readonly atMs: TimestampMs };

interface Connection {
  readonly connected: boolean;
  readonly sinceMs: TimestampMs;
}

export function isNewerVote(vote: Omit<LastVote, 'ageMs'>, known: Omit<LastVote, 'ageMs'>): boolean {
  if (vote.view !== known.view) return vote.view > known.view;
  if (vote.height !== known.height) return vote.height > known.height;
  return vote.kind === 'commit' && known.kind === 'prepare';
}

export class PeerStatuses {
  private readonly connections = new Map<ValidatorIndex, Connection>();
  private readonly words = new Map<ValidatorIndex, PeerWord>();
  private readonly votes = new Map<ValidatorIndex, VoteSeen>();
  private readonly heard = new Map<ValidatorIndex, TimestampMs>();
  /** Who has said where it stands since its connection came up. */
  private readonly spoken = new Set<ValidatorIndex>();

  /** Observers, whose indices lie above, leave no trace here. `startedAtMs`: what was before is not known. */
  constructor(
    private readonly validatorCount: number,
    private readonly startedAtMs: TimestampMs,
  ) {}

  onConnected(index: ValidatorIndex, connected: boolean, atMs: TimestampMs): void {
    if (index >= this.validatorCount) return;
    if (this.isConnected(index) === connected && this.connections.has(index)) return;
    this.connections.set(index, { connected, sinceMs: atMs });
    this.spoken.delete(index);
    if (connected) this.heard.set(index, atMs);
  }

  /** A message of any kind came from it. */
  onHeard(index: ValidatorIndex, atMs: TimestampMs): void {
    if (index < this.validatorCount) this.heard.set(index, atMs);
  }

  onStatus(from: ValidatorIndex, status: Status, arrivedAtMs: TimestampMs): void {
    if (from >= this.validatorCount) return;
    const { view, phase, standing, acceptedHeight, mempoolTransactions } = status;
    this.words.set(from, {
      view,
      phase,
      standing,
      height: status.executedHeight,
      acceptedHeight,
      mempoolTransactions,
      clockOffsetMs: status.clockMs - arrivedAtMs,
    });
    this.spoken.add(from);
  }

  /** A vote from its signer's own stream; what is said again is not newer. */
  onVote({ kind, view, height, signer }: Vote, atMs: TimestampMs): void {
    if (signer >= this.validatorCount) return;
    const vote = { kind, view, height, atMs };
    const known = this.votes.get(signer);
    if (known === undefined || isNewerVote(vote, known)) this.votes.set(signer, vote);
  }

  isConnected(index: ValidatorIndex): boolean {
    return this.connections.get(index)?.connected ?? false;
  }

  /** Connected, and not known to be without a vote: what was said before this connection is of an earlier life. */
  isVoting(index: ValidatorIndex): boolean {
    if (!this.isConnected(index)) return false;
    return !this.spoken.has(index) || this.words.get(index)?.standing === 'voting';
  }

  /** When the connection came up or was lost; for a peer that never was there, the start of this node. */
  changedAtMs(index: ValidatorIndex): TimestampMs {
    return this.connections.get(index)?.sinceMs ?? this.startedAtMs;
  }

  heardAtMs(index: ValidatorIndex): TimestampMs | undefined {
    return this.heard.get(index);
  }

  wordOf(index: ValidatorIndex): PeerWord | undefined {
    return this.words.get(index);
  }

  lastVoteOf(index: ValidatorIndex): VoteSeen | undefined {
    return this.votes.get(index);
  }
}
