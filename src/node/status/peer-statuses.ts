/** The last word of every peer about itself, and since when it is there, for the status page only: nothing is decided from it. */
import type { Phase, Standing, Status, Vote } from '../../protocol/pbft/message.js';
import type { Epoch, Height, TimestampMs, PeerIndex, View } from '../../protocol/primitives/identifiers.js';
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

export type VoteSeen = Omit<LastVote, 'ageMs'> & { readonly epoch: Epoch; readonly atMs: TimestampMs };

interface Connection {
  readonly connected: boolean;
  readonly sinceMs: TimestampMs;
}

/** Views begin anew with each epoch. */
export function isNewerVote(vote: VoteSeen, known: VoteSeen): boolean {
  if (vote.epoch !== known.epoch) return vote.epoch > known.epoch;
  if (vote.view !== known.view) return vote.view > known.view;
  if (vote.height !== known.height) return vote.height > known.height;
  return vote.kind === 'commit' && known.kind === 'prepare';
}

export class PeerStatuses {
  private readonly connections = new Map<PeerIndex, Connection>();
  private readonly words = new Map<PeerIndex, PeerWord>();
  private readonly votes = new Map<PeerIndex, VoteSeen>();
  private readonly heard = new Map<PeerIndex, TimestampMs>();
  /** Who has said where it stands since its connection came up. */
  private readonly spoken = new Set<PeerIndex>();

  /** Observers are no members and leave no trace here. `startedAtMs`: what was before is not known. */
  constructor(
    private readonly isMember: (peer: PeerIndex) => boolean,
    private readonly startedAtMs: TimestampMs,
  ) {}

  onConnected(index: PeerIndex, connected: boolean, atMs: TimestampMs): void {
    if (!this.isMember(index)) return;
    if (this.isConnected(index) === connected && this.connections.has(index)) return;
    this.connections.set(index, { connected, sinceMs: atMs });
    this.spoken.delete(index);
    if (connected) this.heard.set(index, atMs);
  }

  /** A message of any kind came from it. */
  onHeard(index: PeerIndex, atMs: TimestampMs): void {
    if (this.isMember(index)) this.heard.set(index, atMs);
  }

  onStatus(from: PeerIndex, status: Status, arrivedAtMs: TimestampMs): void {
    if (!this.isMember(from)) return;
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
  onVote(from: PeerIndex, { epoch, kind, view, height }: Vote, atMs: TimestampMs): void {
    if (!this.isMember(from)) return;
    const vote = { epoch, kind, view, height, atMs };
    const known = this.votes.get(from);
    if (known === undefined || isNewerVote(vote, known)) this.votes.set(from, vote);
  }

  isConnected(index: PeerIndex): boolean {
    return this.connections.get(index)?.connected ?? false;
  }

  /** Connected, and not known to be without a vote: what was said before this connection is of an earlier life. */
  isVoting(index: PeerIndex): boolean {
    if (!this.isConnected(index)) return false;
    return !this.spoken.has(index) || this.words.get(index)?.standing === 'voting';
  }

  /** When the connection came up or was lost; for a peer that never was there, the start of this node. */
  changedAtMs(index: PeerIndex): TimestampMs {
    return this.connections.get(index)?.sinceMs ?? this.startedAtMs;
  }

  heardAtMs(index: PeerIndex): TimestampMs | undefined {
    return this.heard.get(index);
  }

  wordOf(index: PeerIndex): PeerWord | undefined {
    return this.words.get(index);
  }

  lastVoteOf(index: PeerIndex): VoteSeen | undefined {
    return this.votes.get(index);
  }
}
