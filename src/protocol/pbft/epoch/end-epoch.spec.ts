import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  enlarged,
  EpochBench,
  FIRST_HEIGHT,
  GLOBEX,
  HOOLI,
  INITECH,
  LAST_HEIGHT,
  successors,
  UMBRELLA,
} from '../../../../test/support/pbft/epoch-bench.js';
import { certifiedOf, founders, testBlock, testRoot } from '../../../../test/support/pbft/signed-messages.js';
import type { SignRequest } from '../effect.js';
import type { Message } from '../message.js';

/** A replica that has accepted, prepared, suspected, accused and left a view in epoch 0, up to just below its end. */
function busy(): EpochBench {
  const bench = new EpochBench(INITECH);
  bench.bring(1);
  for (const salt of [0, 7]) bench.vote(UMBRELLA, 'commit', testBlock(2, bench.block(1).hash, salt));
  bench.prepare(bench.block(2));
  bench.prepare(bench.block(3));
  bench.propose(testBlock(2, bench.block(1).hash, 9, 1), GLOBEX, 1);
  bench.setWork(true);
  bench.tick(2_000);
  bench.leave();
  bench.sign();
  bench.message(UMBRELLA, founders.suspectOf(UMBRELLA, 1));
  bench.synced(bench.block(2));
  return bench;
}

describe('the commit of the last block of an epoch (PBFT-EPOCH-1)', () => {
  it('begins the next one in view 0, in the places of its set', () => {
    const bench = busy();
    expect(bench.replica.view()).toMatchObject({ epoch: 0, view: 1, phase: 'changing', self: 2 });
    bench.synced(bench.block(3));
    expect(bench.all('epochBegun')).toEqual([
      { type: 'epochBegun', epoch: 1, firstHeight: FIRST_HEIGHT, seated: true },
    ]);
    expect(bench.replica.view()).toMatchObject({
      epoch: 1,
      view: 0,
      phase: 'active',
      self: 3,
      primary: 1,
      committedHeight: LAST_HEIGHT,
      acceptedHeight: LAST_HEIGHT,
      preparedHeight: LAST_HEIGHT,
      lastHeight: undefined,
      isLeaving: false,
    });
    expect([ACME, GLOBEX, HOOLI, INITECH, UMBRELLA].map((peer) => bench.replica.seatOf(peer))).toEqual([
      0,
      1,
      2,
      3,
      undefined,
    ]);
  });

  it('leaves nothing of votes, proposals, tips, suspicions, views, patience, last words and accusations', () => {
    const bench = busy();
    const { state } = bench;
    const counted = () => ({
      votes: state.votes.size,
      tips: state.tips.length,
      suspects: state.viewState.suspects.views().length,
      changes: state.viewState.changes.size,
      expiries: state.patience.expiries,
      words: state.lastWords.filter(({ prepare, commit, change }) => prepare ?? commit ?? change).length,
      accused: state.accused.size,
      echoes: state.echoes.size,
    });
    for (const count of Object.values(counted())) expect(count).toBeGreaterThan(0);
    expect(state.viewState.timeout).toBeDefined();
    bench.synced(bench.block(3));
    for (const count of Object.values(counted())) expect(count).toBe(0);
    expect(state.lastWords).toHaveLength(4);
    const { proposals, nextProposals, refused, voted, proposed, decided, bodies, requested, checking } =
      state;
    for (const map of [proposals, nextProposals, refused, voted, proposed, decided, bodies])
      expect(map.size).toBe(0);
    expect([requested, checking]).toEqual([undefined, undefined]);
    expect(state.viewState).toMatchObject({
      suspicion: undefined,
      timeout: undefined,
      ownChange: undefined,
      entered: undefined,
      chainTop: 0,
    });
  });

  it('makes Q and f those of the new set', () => {
    const bench = new EpochBench(ACME, enlarged);
    expect([bench.state.quorum, bench.state.weakQuorum]).toEqual([3, 2]);
    bench.bring(3);
    expect([bench.state.quorum, bench.state.weakQuorum]).toEqual([4, 2]);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    bench.accept(bench.block(4));
    bench.together(() => {
      for (const place of [1, 2]) bench.vote(place, 'prepare', bench.block(4));
    });
    expect(bench.signing()).toEqual([]);
    bench.vote(4, 'prepare', bench.block(4));
    expect(bench.signing()).toEqual(['vote']);
  });

  it('keeps whoever votes on among the peers, and forgets who has left unless it is connected', () => {
    const bench = new EpochBench(ACME);
    bench.bring(3);
    expect([...bench.state.peers.keys()].sort()).toEqual([ACME, GLOBEX, INITECH, HOOLI]);
    const connected = new EpochBench(ACME);
    connected.input({ type: 'peer', index: UMBRELLA, connected: true });
    connected.bring(3);
    expect([...connected.state.peers.keys()].sort()).toEqual([ACME, GLOBEX, INITECH, UMBRELLA, HOOLI]);
  });

  describe('makes the signatures worthless that come after it:', () => {
    const blockHash = new EpochBench(INITECH).block(LAST_HEIGHT).hash;

    /** Initech's replica in epoch 1, where its place is another; nothing of the new epoch is signed yet. */
    function begun(): EpochBench {
      const bench = new EpochBench(INITECH);
      bench.bring(3);
      bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
      return bench;
    }

    /** What is said when a signature of epoch 0 comes. */
    function saidAfter(bench: EpochBench, request: SignRequest): readonly Message['type'][] {
      bench.signed(request);
      return bench.sent().map(({ type }) => type);
    }

    it('of a vote', () => {
      const vote = {
        type: 'vote',
        kind: 'commit',
        epoch: 0,
        view: 0,
        height: LAST_HEIGHT,
        blockHash,
      } as const;
      expect(saidAfter(begun(), vote)).toEqual([]);
    });

    it('of a suspicion, of the view that is suspected anew', () => {
      const bench = begun();
      bench.input({ type: 'distrust', view: 0, reason: 'censorship' });
      expect(bench.signing()).toEqual(['suspect']);
      expect(saidAfter(bench, { type: 'suspect', epoch: 0, view: 0 })).toEqual([]);
      expect(bench.state.viewState.suspects.find(3)).toBeUndefined();
    });

    it('of a view change, for the view that is changed to again', () => {
      const bench = begun();
      bench.leave();
      expect(bench.signing()).toEqual(['suspect', 'viewChange']);
      expect(saidAfter(bench, { type: 'viewChange', epoch: 0, view: 1, digest: testRoot(9) })).toEqual([]);
      expect(bench.state.viewState.changes.get(3)).toBeUndefined();
    });

    it('of a NEWVIEW, for the view that it begins again as its primary', () => {
      const bench = begun();
      bench.leave();
      bench.leave(1);
      bench.sign();
      for (const place of [0, 1]) {
        const change = successors.changeOf(place, 2, { base: founders.baseOf(bench.block(3)) });
        bench.message(place, successors.viewChangeOf(change));
      }
      expect(bench.signing()).toEqual(['newView']);
      expect(saidAfter(bench, { type: 'newView', epoch: 0, view: 2, digest: testRoot(9) })).toEqual([]);
      expect(bench.state.viewState.entered).toMatchObject({ signature: undefined });
    });
  });
});
