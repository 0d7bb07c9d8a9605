/** The last word of every peer about itself, for the status page only: nothing is decided from it. */
import type { Status } from '../../protocol/pbft/message.js';
import type { Height, TimestampMs, ValidatorIndex } from '../../protocol/primitives/identifiers.js';

export interface PeerWord {
  readonly height: Height;
  readonly clockOffsetMs: number;
}

export class PeerStatuses {
  private readonly words = new Map<ValidatorIndex, PeerWord>();
  private readonly votes = new Map<ValidatorIndex, Height>();
  private readonly connectedPeers = new Set<ValidatorIndex>();

  onStatus(from: ValidatorIndex, status: Status, arrivedAtMs: TimestampMs): void {
    this.words.set(from, { height: status.executedHeight, clockOffsetMs: status.clockMs - arrivedAtMs });
  }

  onVote(signer: ValidatorIndex, height: Height): void {
    this.votes.set(signer, Math.max(height, this.votes.get(signer) ?? 0));
  }

  onConnected(index: ValidatorIndex, connected: boolean): void {
    if (connected) this.connectedPeers.add(index);
    else this.connectedPeers.delete(index);
  }

  isConnected(index: ValidatorIndex): boolean {
    return this.connectedPeers.has(index);
  }

  get connectedCount(): number {
    return this.connectedPeers.size;
  }

  wordOf(index: ValidatorIndex): PeerWord | undefined {
    return this.words.get(index);
  }

  lastVoteOf(index: ValidatorIndex): Height | undefined {
    return this.votes.get(index);
  }
}
