import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  messageContext,
  suspectOf,
  testChain,
  timeoutOf,
  voteOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import { verifyTimeoutCertificate } from '../certificate.js';

const [first, second] = testChain(2) as readonly [Block, Block];
const { statusIntervalMs } = testConfig;

/** A replica that suspects the primary of view 0 because it has found a transaction to be left out, or because of `reason`. */
function suspecting(reason: 'censorship' | 'progress' = 'censorship'): ReplicaBench {
  const bench = new ReplicaBench();
  bench.input({ type: 'distrust', view: 0, reason });
  bench.sign();
  return bench;
}

describe('suspecting the primary', () => {
  it('is said once, and with every periodic Status again while it is true (PBFT-VIEW-1)', () => {
    const bench = suspecting();
    expect(bench.sent()).toEqual([suspectOf(1, 0)]);
    bench.input({ type: 'distrust', view: 0, reason: 'censorship' });
    expect(bench.signing()).toEqual([]);
    for (let round = 0; round < 3; round++) {
      bench.tick(statusIntervalMs / 2);
      expect(bench.sentOf('suspect')).toEqual([]);
      bench.tick(statusIntervalMs / 2);
      expect(bench.sent()).toEqual([bench.sentOf('status')[0], suspectOf(1, 0)]);
    }
  });

  it('does not keep a replica from voting in the view that it suspects (PBFT-VIEW-1)', () => {
    const bench = suspecting();
    bench.propose(first);
    bench.approve(first);
    bench.sign();
    expect(bench.sentOf('vote')).toEqual([voteOf(1, 'prepare', first)]);
  });

  it('concerns the view in which it was found, and no other', () => {
    const bench = new ReplicaBench();
    for (const view of [1, 5]) bench.input({ type: 'distrust', view, reason: 'censorship' });
    expect(bench.signing()).toEqual([]);
    expect(bench.replica.report().suspicion).toBeUndefined();
  });

  it('is not for who may not speak: observers, and replicas that are waking', () => {
    for (const bench of [new ReplicaBench({ self: undefined }), new ReplicaBench({}, {}, { wakes: false })]) {
      bench.input({ type: 'distrust', view: 0, reason: 'censorship' });
      for (const signer of [2, 3]) bench.message(signer, suspectOf(signer, 0));
      expect(bench.signing()).toEqual([]);
    }
  });

  it('is not sent when it was taken back while it was being signed', () => {
    const bench = new ReplicaBench();
    bench.input({ type: 'distrust', view: 0, reason: 'progress' });
    const [asked] = bench.all('sign');
    bench.synced(first);
    bench.signed(asked!.request);
    expect(bench.sentOf('suspect')).toEqual([]);
  });
});

describe('taking a suspicion back', () => {
  it('is what a fresh commit does, and it is not said again (PBFT-TIMER-2)', () => {
    const bench = suspecting('progress');
    bench.synced(first);
    expect(bench.replica.report()).toMatchObject({ suspicion: undefined, suspectedBy: [] });
    bench.tick(statusIntervalMs);
    expect(bench.sentOf('suspect')).toEqual([]);
  });

  it('is not possible where only the end of the view helps', () => {
    const bench = suspecting('progress');
    bench.input({ type: 'distrust', view: 0, reason: 'censorship' });
    for (const block of [first, second]) bench.synced(block);
    expect(bench.replica.report().suspicion).toEqual({ view: 0, reason: 'censorship' });
    bench.tick(statusIntervalMs);
    expect(bench.sentOf('suspect')).toEqual([suspectOf(1, 0)]);
  });
});

describe('the suspicions of others', () => {
  it('are joined at f + 1 and not before (PBFT-VIEW-2)', () => {
    const bench = new ReplicaBench();
    bench.message(2, suspectOf(2, 0));
    expect(bench.replica.report().suspicion).toBeUndefined();
    bench.message(3, suspectOf(3, 0));
    expect(bench.replica.report().suspicion).toEqual({ view: 0, reason: 'followed' });
    expect(bench.signing()).toEqual(['suspect']);
  });

  it('do not add up over views, nor from one signer', () => {
    const bench = new ReplicaBench();
    bench.message(2, suspectOf(2, 0));
    bench.message(3, suspectOf(3, 1));
    bench.tick(statusIntervalMs);
    bench.message(2, suspectOf(2, 0));
    bench.message(2, suspectOf(2, 2));
    expect(bench.replica.report().suspicion).toBeUndefined();
    expect(bench.replica.view().phase).toBe('active');
  });

  it('count from their signer only: nobody else keeps an old one alive', () => {
    const bench = new ReplicaBench();
    expect(bench.receive(3, suspectOf(2, 0))).toBe('unwanted');
    expect(bench.replica.report().suspectedBy).toEqual([]);
    bench.message(2, suspectOf(2, 0));
    expect(bench.replica.report().suspectedBy).toEqual([2]);
    expect(bench.receive(0, { ...suspectOf(2, 0), signer: 0 })).toBe(
      'refused: suspect: bad SUSPECT signature',
    );
  });

  it('are the proof that the view has ended when they are Q, journalled as such (PBFT-VIEW-2)', () => {
    const bench = suspecting();
    bench.message(3, suspectOf(3, 0));
    expect(bench.replica.view()).toMatchObject({ view: 0, phase: 'active' });
    bench.message(2, suspectOf(2, 0));
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'changing' });
    const [record] = bench.journal;
    expect(record).toMatchObject({ type: 'viewLeft', timeout: timeoutOf(0, [1, 2, 3]) });
    expect(record?.type === 'viewLeft' && verifyTimeoutCertificate(record.timeout, messageContext)).toBe(
      true,
    );
  });

  it('end a view that this replica has not even reached', () => {
    const bench = new ReplicaBench();
    for (const signer of [0, 2, 3]) bench.message(signer, suspectOf(signer, 4));
    expect(bench.replica.view()).toMatchObject({ view: 5, phase: 'changing' });
  });

  it('count for eight status intervals after they were last heard, and no longer (PBFT-VIEW-1)', () => {
    for (const [intervals, phase] of [
      [8, 'changing'],
      [9, 'active'],
    ] as const) {
      const bench = suspecting();
      bench.message(2, suspectOf(2, 0));
      for (let passed = 0; passed < intervals; passed++) bench.tick(statusIntervalMs);
      bench.message(3, suspectOf(3, 0));
      expect(bench.replica.view().phase).toBe(phase);
    }
  });

  it('count on while they are repeated, however long that is', () => {
    const bench = new ReplicaBench({ silenceTimeoutMs: 1_000_000 });
    bench.message(2, suspectOf(2, 0));
    for (let passed = 0; passed < 30; passed++) {
      bench.tick(statusIntervalMs);
      bench.message(2, suspectOf(2, 0));
    }
    bench.message(3, suspectOf(3, 0));
    expect(bench.replica.report().suspicion).toEqual({ view: 0, reason: 'followed' });
  });

  it('are dropped unread when they are repeated faster than a Status can follow', () => {
    const bench = new ReplicaBench();
    expect(bench.receive(2, suspectOf(2, 0))).toBe('taken');
    expect(bench.receive(2, suspectOf(2, 0))).toBe('unwanted');
    bench.tick(testConfig.statusCoalesceMs);
    expect(bench.receive(2, suspectOf(2, 0))).toBe('taken');
  });
});

describe('an own suspicion', () => {
  it('is still one of the Q after a long wait, because it is repeated', () => {
    const bench = suspecting();
    for (let passed = 0; passed < 30; passed++) bench.tick(statusIntervalMs);
    for (const signer of [0, 2]) bench.message(signer, suspectOf(signer, 0));
    expect(bench.replica.view().phase).toBe('changing');
  });
});
