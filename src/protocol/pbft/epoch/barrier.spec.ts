import { describe, expect, it } from '@jest/globals';
import {
  ACME,
  EpochBench,
  FIRST_HEIGHT,
  GLOBEX,
  INITECH,
  LAST_HEIGHT,
  successors,
  UMBRELLA,
} from '../../../../test/support/pbft/epoch-bench.js';
import {
  certifiedOf,
  checkpointOf,
  founders,
  lineOf,
  testRoot,
} from '../../../../test/support/pbft/signed-messages.js';

/** A backup, and the primary of view 0, of epoch 1; both have executed the end of epoch 0, and lack Q lines of it. */
function waiting(peer: number): EpochBench {
  const bench = new EpochBench(peer);
  bench.bring(3);
  return bench;
}

const endCertified = { type: 'endCertified', certificate: checkpointOf(LAST_HEIGHT) } as const;

/** Types of the effects that have a place in the order of records, signatures and requests. */
function ordered(bench: EpochBench): readonly string[] {
  return bench.effects.flatMap((effect) => {
    if (effect.type === 'append') return [effect.record.type];
    if (effect.type === 'sign') return [`sign ${effect.request.epoch} ${effect.request.type}`];
    return effect.type === 'checkProposal' || effect.type === 'requestProposal' ? [effect.type] : [];
  });
}

describe('before the end of the epoch before is certified (PBFT-EPOCH-3)', () => {
  it('nothing is proposed', () => {
    const bench = waiting(GLOBEX);
    expect(bench.replica.view()).toMatchObject({ isPrimary: true, standing: 'voting', atBarrier: true });
    bench.setWork(true);
    bench.tick(50);
    expect(bench.all('requestProposal')).toEqual([]);
    bench.message(ACME, certifiedOf(LAST_HEIGHT));
    expect(bench.all('requestProposal').map(({ request }) => request)).toEqual([
      expect.objectContaining({ epoch: 1, view: 0, height: FIRST_HEIGHT, isDue: false, epochFinal: false }),
    ]);
    expect(bench.replica.view().atBarrier).toBe(false);
  });

  it('nothing is voted for: a proposal waits', () => {
    const bench = waiting(ACME);
    bench.propose(bench.block(4));
    expect([bench.all('checkProposal'), bench.signing()]).toEqual([[], []]);
    for (const place of [1, 2, 3]) bench.vote(place, 'prepare', bench.block(4));
    expect(bench.signing()).toEqual([]);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    expect(bench.all('checkProposal').map(({ block }) => block.hash)).toEqual([bench.block(4).hash]);
  });

  it('no primary is late: none of them can bring it about', () => {
    const bench = waiting(ACME);
    bench.setWork(true);
    bench.propose(bench.block(4));
    bench.tick(2_500);
    expect(bench.state.viewState.suspicion).toBeUndefined();
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    bench.tick(2_000);
    expect(bench.state.viewState.suspicion).toEqual({ view: 0, reason: 'progress' });
  });

  it('what others have committed all the same is followed', () => {
    const bench = waiting(ACME);
    bench.synced(bench.block(4));
    expect(bench.replica.view()).toMatchObject({ committedHeight: 4, atBarrier: false });
  });

  it('the certificate of another height does not do', () => {
    const bench = waiting(ACME);
    bench.propose(bench.block(4));
    bench.message(GLOBEX, certifiedOf(2));
    bench.together(() => {
      bench.message(GLOBEX, successors.certifiedOf(FIRST_HEIGHT));
    });
    expect([bench.all('checkProposal'), bench.replica.view().atBarrier]).toEqual([[], true]);
  });

  it('is no matter of epoch 0, nor of the second height of an epoch', () => {
    expect(new EpochBench(ACME).all('requestProposal')).toHaveLength(1);
    const bench = new EpochBench(GLOBEX);
    bench.bring(3);
    bench.synced(bench.block(4));
    expect(bench.all('requestProposal').map(({ request }) => request.height)).toEqual([5]);
  });
});

describe('the certificate of the end is journalled before anything of the new epoch is signed (PBFT-EPOCH-3)', () => {
  it('when it comes after the commit', () => {
    const bench = waiting(ACME);
    bench.together(() => {
      bench.accept(bench.block(4));
      bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
      bench.approve(bench.block(4));
    });
    expect(ordered(bench)).toEqual(['endCertified', 'checkProposal', 'prepared', 'sign 1 vote']);
    expect(bench.journal).toContainEqual({ type: 'endCertified', certificate: checkpointOf(LAST_HEIGHT) });
  });

  it('when it came before the commit', () => {
    const bench = new EpochBench(ACME);
    bench.bring(2);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    expect(bench.journal).not.toContainEqual(endCertified);
    bench.together(() => {
      bench.synced(bench.block(3));
      bench.accept(bench.block(4));
    });
    expect(ordered(bench)).toEqual(['committed', 'endCertified', 'checkProposal', 'prepared', 'sign 1 vote']);
  });

  it('when block sync brings it with the block', () => {
    const bench = new EpochBench(ACME);
    bench.bring(2);
    const block = bench.block(3);
    const certificate = founders.certificateOf('commit', block);
    bench.input({ type: 'synced', block, certificate, checkpoint: checkpointOf(LAST_HEIGHT) });
    expect(ordered(bench)).toEqual(['committed', 'endCertified']);
    expect(bench.replica.view()).toMatchObject({ atBarrier: false, lackedEnds: [] });
  });

  it('when the own line is the last of Q', () => {
    const bench = new EpochBench(GLOBEX);
    bench.bring(3, 2);
    for (const signer of [0, 3]) bench.message(signer, lineOf(signer, LAST_HEIGHT));
    bench.run(3);
    bench.sign();
    expect(ordered(bench)).toEqual(['endCertified', 'requestProposal']);
  });

  it('once, however often it is shown', () => {
    const bench = waiting(ACME);
    expect(bench.receive(GLOBEX, certifiedOf(LAST_HEIGHT))).toBe('taken');
    expect(bench.receive(INITECH, certifiedOf(LAST_HEIGHT))).toBe('unwanted');
    expect(bench.journal.filter(({ type }) => type === 'endCertified')).toEqual([endCertified]);
  });

  it('and is announced when it is executed, also where the own result is forgotten already', () => {
    const bench = waiting(ACME);
    bench.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    expect(bench.all('checkpointCertified').map(({ certificate }) => certificate)).toEqual([
      checkpointOf(LAST_HEIGHT),
    ]);
    const later = waiting(ACME);
    later.bring(6);
    later.state.checkpoints.ownRoots.delete(LAST_HEIGHT);
    later.message(GLOBEX, certifiedOf(LAST_HEIGHT));
    expect(later.all('checkpointCertified').map(({ certificate }) => certificate)).toEqual([
      checkpointOf(LAST_HEIGHT),
    ]);
  });
});

describe('Q lines of the old set', () => {
  it('make the certificate in its places, whoever has left among them', () => {
    const bench = waiting(ACME);
    bench.sign();
    bench.message(INITECH, lineOf(2, LAST_HEIGHT));
    expect(bench.replica.view().atBarrier).toBe(true);
    expect(bench.receive(UMBRELLA, lineOf(3, LAST_HEIGHT))).toBe('taken');
    expect(bench.journal.at(-1)).toEqual({
      type: 'endCertified',
      certificate: checkpointOf(LAST_HEIGHT, testRoot(LAST_HEIGHT), [0, 2, 3]),
    });
    expect(bench.replica.view().atBarrier).toBe(false);
  });
});
