import { describe, expect, it } from '@jest/globals';
import type { Standing, Status, Vote } from '../../protocol/pbft/message.js';
import { PeerStatuses } from './peer-statuses.js';

function statusOf(standing: Standing): Status {
  return { type: 'status', view: 2, phase: 'active', standing, executedHeight: 8, clockMs: 1_050 } as Status;
}

function voteOf(kind: 'prepare' | 'commit', view: number, height: number, epoch = 0): Vote {
  return { type: 'vote', epoch, kind, view, height, signer: 0 } as Vote;
}

describe('PeerStatuses', () => {
  it('knows since when a peer is there or gone, and for one that never came, since the start', () => {
    const peers = new PeerStatuses((peer) => peer < 4, 1_000);
    expect([peers.isConnected(0), peers.changedAtMs(0), peers.heardAtMs(0)]).toEqual([
      false,
      1_000,
      undefined,
    ]);
    peers.onConnected(0, true, 2_000);
    expect([peers.isConnected(0), peers.changedAtMs(0), peers.heardAtMs(0)]).toEqual([true, 2_000, 2_000]);
    peers.onHeard(0, 2_500);
    peers.onConnected(0, true, 3_000);
    peers.onConnected(0, false, 4_000);
    peers.onConnected(0, false, 5_000);
    expect([peers.isConnected(0), peers.changedAtMs(0), peers.heardAtMs(0)]).toEqual([false, 4_000, 2_500]);
  });

  it('counts a peer as voting unless it is gone or has told otherwise in this connection', () => {
    const peers = new PeerStatuses((peer) => peer < 4, 0);
    expect(peers.isVoting(0)).toBe(false);
    peers.onConnected(0, true, 1);
    expect(peers.isVoting(0)).toBe(true);
    for (const standing of ['waking', 'observing', 'quarantined', 'halted'] as const) {
      peers.onStatus(0, statusOf(standing), 2);
      expect([standing, peers.isVoting(0)]).toEqual([standing, false]);
    }
    peers.onConnected(0, false, 3);
    expect(peers.isVoting(0)).toBe(false);
    peers.onConnected(0, true, 4);
    expect([peers.isVoting(0), peers.wordOf(0)?.standing]).toEqual([true, 'halted']);
    peers.onStatus(0, statusOf('voting'), 1_000);
    expect([peers.isVoting(0), peers.wordOf(0)]).toEqual([
      true,
      expect.objectContaining({ view: 2, height: 8, clockOffsetMs: 50 }),
    ]);
  });

  it('keeps nothing of observers, who come and go', () => {
    const peers = new PeerStatuses((peer) => peer < 4, 1_000);
    peers.onConnected(4, true, 2_000);
    peers.onHeard(4, 2_000);
    peers.onStatus(4, statusOf('observing'), 2_000);
    peers.onVote(4, voteOf('prepare', 0, 9), 2_000);
    expect([peers.isConnected(4), peers.isVoting(4), peers.heardAtMs(4)]).toEqual([false, false, undefined]);
    expect([peers.wordOf(4), peers.lastVoteOf(4)]).toEqual([undefined, undefined]);
  });

  it('keeps the newest vote, not the one that came last', () => {
    const peers = new PeerStatuses((peer) => peer < 4, 0);
    peers.onVote(0, voteOf('prepare', 0, 9), 1);
    peers.onVote(0, voteOf('prepare', 0, 8), 2);
    peers.onVote(0, voteOf('prepare', 0, 9), 3);
    expect(peers.lastVoteOf(0)).toEqual({ epoch: 0, kind: 'prepare', view: 0, height: 9, atMs: 1 });
    peers.onVote(0, voteOf('commit', 0, 9), 4);
    expect(peers.lastVoteOf(0)).toEqual({ epoch: 0, kind: 'commit', view: 0, height: 9, atMs: 4 });
    peers.onVote(0, voteOf('prepare', 1, 7), 5);
    expect(peers.lastVoteOf(0)).toEqual({ epoch: 0, kind: 'prepare', view: 1, height: 7, atMs: 5 });
    peers.onVote(0, voteOf('prepare', 0, 10, 1), 6);
    peers.onVote(0, voteOf('commit', 9, 9), 7);
    expect(peers.lastVoteOf(0)).toEqual({ epoch: 1, kind: 'prepare', view: 0, height: 10, atMs: 6 });
  });
});
