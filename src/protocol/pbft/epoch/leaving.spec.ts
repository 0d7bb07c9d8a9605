import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  endOf,
  EpochBench,
  GLOBEX,
  HOOLI,
  INITECH,
  LAST_HEIGHT,
  rekeyed,
  successors,
  UMBRELLA,
} from '../../../../test/support/pbft/epoch-bench.js';
import { certifiedOf, founders, lineOf, testRoot } from '../../../../test/support/pbft/signed-messages.js';
import type { JournalRecord } from '../effect.js';
import type { RecoveredState } from '../replica-config.js';

/** Umbrella's replica, which leaves. */
function leaving(committed: number, executed = committed): EpochBench {
  const bench = new EpochBench(UMBRELLA);
  bench.bring(committed, executed);
  return bench;
}

describe('whoever leaves (PBFT-EPOCH-5)', () => {
  it('goes on countersigning the heights of its epoch, and signs nothing else', () => {
    const bench = leaving(3, 1);
    expect(bench.replica.view()).toMatchObject({ epoch: 1, standing: 'observing', isLeaving: true });
    bench.run(2);
    expect(bench.all('sign').map(({ request }) => request)).toEqual([
      { type: 'checkpoint', epoch: 0, height: 2, root: testRoot(2) },
    ]);
    bench.sign();
    expect(bench.sentOf('checkpointVote')).toEqual([lineOf(3, 2)]);
    bench.run(3);
    bench.sign();
    expect(bench.sentOf('checkpointVote')).toEqual([lineOf(3, 3)]);
    bench.propose(bench.block(4));
    expect([bench.all('checkProposal'), bench.signing()]).toEqual([[], []]);
    bench.synced(bench.block(4));
    bench.run(4);
    expect(bench.signing()).toEqual([]);
  });

  it('is not done with the commits above alone: the certificate may need its line', () => {
    const bench = leaving(5);
    expect([bench.all('retired'), bench.replica.view().isLeaving]).toEqual([[], true]);
    bench.message(ACME, certifiedOf(LAST_HEIGHT));
    expect(bench.all('retired')).toEqual([{ type: 'retired', epoch: 0, lastHeight: LAST_HEIGHT }]);
    expect(bench.replica.view().isLeaving).toBe(false);
  });

  it('is not done with the certificate alone: what it knows of the end may be the only copy', () => {
    for (const executed of [1, 3]) {
      const bench = leaving(3, executed);
      bench.message(ACME, certifiedOf(LAST_HEIGHT));
      expect([bench.all('retired'), bench.replica.view().isLeaving]).toEqual([[], true]);
      bench.bring(3);
      bench.synced(bench.block(4));
      expect(bench.all('retired')).toEqual([{ type: 'retired', epoch: 0, lastHeight: LAST_HEIGHT }]);
    }
  });

  it('is told once', () => {
    const bench = leaving(4);
    bench.together(() => {
      bench.message(ACME, certifiedOf(LAST_HEIGHT));
      bench.bring(6);
    });
    expect(bench.all('retired')).toHaveLength(1);
  });

  it('is nobody who stays, and nobody who was not there', () => {
    for (const peer of [ACME, HOOLI]) {
      const bench = new EpochBench(peer);
      bench.together(() => {
        bench.bring(3);
        bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
        bench.bring(5);
      });
      expect([bench.all('retired'), bench.replica.view().isLeaving]).toEqual([[], false]);
    }
  });

  it('is also whoever has changed its key, for the old one', () => {
    const bench = new EpochBench(INITECH, rekeyed);
    bench.bring(5);
    expect(bench.replica.view()).toMatchObject({ isLeaving: true, standing: 'waking' });
    bench.message(ACME, certifiedOf(LAST_HEIGHT));
    expect(bench.all('retired')).toEqual([{ type: 'retired', epoch: 0, lastHeight: LAST_HEIGHT }]);
  });

  describe('and is started anew in between', () => {
    const chain = new EpochBench(UMBRELLA).chain;

    /** Its database holds blocks up to `height`, and the end of its epoch, certified or not. */
    function restarted(
      height: number,
      isCertified: boolean,
      journal: readonly JournalRecord[] = [],
    ): EpochBench {
      const recovered: Partial<RecoveredState> = {
        executedHeight: height,
        executedBlockHash: chain[height - 1]!.hash,
        executedTimestampMs: height,
        executedRoot: testRoot(height),
        endedEpochs: [
          { ...endOf(chain, UMBRELLA), checkpoint: isCertified ? founders.checkpointOf(3) : undefined },
        ],
        journal,
      };
      const { validators, firstHeight, peers } = successors.seatsFor(UMBRELLA);
      const config = { self: undefined, epoch: 1, validators, firstHeight, peers };
      return new EpochBench(UMBRELLA, successors, recovered, config);
    }

    it('countersigns the last height again, which may be what all others wait for', () => {
      const { journal } = leaving(3);
      expect(journal.filter(({ type }) => type === 'checkpointSigned')).toHaveLength(3);
      const bench = restarted(3, false, journal.slice(-1));
      expect(bench.replica.view()).toMatchObject({ isLeaving: true, standing: 'observing' });
      expect(bench.all('sign').map(({ request }) => request)).toEqual([
        { type: 'checkpoint', epoch: 0, height: 3, root: testRoot(3) },
      ]);
      expect(bench.journal).toEqual([]);
      bench.sign();
      expect(bench.sentOf('checkpointVote')).toEqual([lineOf(3, 3)]);
    });

    it('goes when the end is certified and a block above it committed, and not before', () => {
      const uncertified = restarted(4, false);
      expect(uncertified.all('retired')).toEqual([]);
      uncertified.message(ACME, certifiedOf(LAST_HEIGHT));
      expect(uncertified.all('retired')).toHaveLength(1);
      const certified = restarted(3, true);
      expect(certified.all('retired')).toEqual([]);
      certified.synced(certified.block(4));
      expect(certified.all('retired')).toHaveLength(1);
      expect(restarted(4, true).all('retired')).toHaveLength(1);
    });
  });
});
