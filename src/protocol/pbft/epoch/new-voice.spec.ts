import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  EpochBench,
  GLOBEX,
  HOOLI,
  INITECH,
  LAST_HEIGHT,
  rekeyed,
  successors,
} from '../../../../test/support/pbft/epoch-bench.js';
import { certifiedOf, changeOf, echoOf, voteOf } from '../../../../test/support/pbft/signed-messages.js';

describe('the voice in the next epoch (PBFT-EPOCH-6)', () => {
  it('is there at once under the same key, though the place is another', () => {
    const bench = new EpochBench(INITECH);
    bench.bring(3);
    expect(bench.replica.view()).toMatchObject({ standing: 'voting', self: 3 });
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    bench.accept(bench.block(4));
    expect(bench.sentOf('vote')).toEqual([successors.voteOf(3, 'prepare', bench.block(4))]);
  });

  it.each([
    ['of a member that joins', HOOLI, successors],
    ['of a new key', INITECH, rekeyed],
  ] as const)('%s begins with the echoes of Q − 1 validators of this epoch', (_, peer, next) => {
    const bench = new EpochBench(peer, next);
    bench.bring(3);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    expect(bench.replica.view().standing).toBe('waking');
    for (const from of [ACME, GLOBEX]) expect(bench.receive(from, echoOf())).toBe('unwanted');
    bench.propose(bench.block(4));
    expect([bench.all('checkProposal'), bench.signing()]).toEqual([[], []]);
    expect(bench.receive(ACME, next.echoOf())).toBe('taken');
    expect(bench.replica.report()).toMatchObject({ standing: 'waking', echoedBy: [ACME] });
    bench.message(GLOBEX, next.echoOf());
    expect(bench.replica.view().standing).toBe('voting');
    expect(bench.all('checkProposal').map(({ block }) => block.hash)).toEqual([bench.block(4).hash]);
  });

  it('does not count what was echoed to it in the epoch before', () => {
    const bench = new EpochBench(INITECH, rekeyed, {}, {}, { wakes: false });
    for (const from of [ACME, GLOBEX]) expect(bench.receive(from, echoOf())).toBe('taken');
    bench.bring(3);
    expect(bench.replica.report()).toMatchObject({ standing: 'waking', echoedBy: [] });
  });

  it('is not found to be forgetful for what the same place said in the epoch before', () => {
    const bench = new EpochBench(HOOLI);
    bench.bring(3);
    bench.message(ACME, successors.echoOf([successors.voteOf(3, 'prepare', bench.block(4))]));
    expect(bench.replica.view().standing).toBe('waking');
    bench.message(INITECH, successors.echoOf([successors.voteOf(2, 'prepare', bench.block(4))]));
    expect([bench.replica.view().standing, bench.all('amnesia').length]).toEqual(['observing', 1]);
  });
});

describe('a key under which words were forgotten (PBFT-RECOVER-4)', () => {
  /** Initech's replica was shown a vote of its own that its journal does not know. */
  function forgetful(next = successors): EpochBench {
    const bench = new EpochBench(INITECH, next, {}, {}, { wakes: false });
    bench.message(ACME, echoOf([voteOf(2, 'prepare', bench.block(1))], changeOf(2, 1)));
    expect(bench.replica.view().standing).toBe('observing');
    bench.bring(3);
    return bench;
  }

  it('is mute in the next epoch as well, countersignatures included', () => {
    const bench = forgetful();
    expect(bench.replica.view()).toMatchObject({ epoch: 1, self: 3, standing: 'observing' });
    bench.together(() => {
      bench.wake();
      bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
      bench.propose(bench.block(4));
      bench.leave();
      bench.synced(bench.block(4));
      bench.run(4);
    });
    expect(bench.signing()).toEqual([]);
  });

  it('says nothing about another key of the same organisation', () => {
    const bench = forgetful(rekeyed);
    expect(bench.replica.view().standing).toBe('waking');
    bench.wake();
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    bench.accept(bench.block(4));
    expect(bench.sentOf('vote')).toEqual([rekeyed.voteOf(2, 'prepare', bench.block(4))]);
  });
});
