import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  changeOf,
  newViewOf,
  suspectOf,
  testBlock,
  testChain,
  tipOf,
  viewChangeOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';
import type { OwnSuspicion } from '../state/replica-state.js';

const { progressTimeoutMs, progressTimeoutMsMax, silenceTimeoutMs } = testConfig;
const [first, second, third] = testChain(3) as readonly [Block, Block, Block];
/** Fits into every wait. */
const STEP_MS = 250;
/** Silence is another matter than progress. */
const NEVER_SILENT = { silenceTimeoutMs: 1_000_000_000 };

function suspicionOf(bench: ReplicaBench): OwnSuspicion | undefined {
  return bench.replica.report().suspicion;
}

function working(config = {}): ReplicaBench {
  const bench = new ReplicaBench({ ...NEVER_SILENT, ...config });
  bench.setWork(true);
  bench.tick(0);
  return bench;
}

/** How long from now until the replica's deadline passes; that is what it does at the end. */
function waitedMs(bench: ReplicaBench): number {
  const expiries = bench.state.patience.expiries;
  const startMs = bench.nowMs;
  while (bench.state.patience.expiries === expiries) {
    if (bench.nowMs - startMs > 10 * progressTimeoutMsMax) throw new Error('it waits for ever');
    bench.tick(progressTimeoutMs / 4);
  }
  return bench.nowMs - startMs;
}

describe('progress (PBFT-TIMER-1)', () => {
  it('is not owed while there is nothing to do, however long that is', () => {
    const bench = new ReplicaBench(NEVER_SILENT);
    for (let passed = 0; passed < 50; passed++) bench.tick(progressTimeoutMs);
    expect([suspicionOf(bench), bench.state.patience.expiries]).toEqual([undefined, 0]);
  });

  it('is owed from the moment that a transaction waits, and suspected of not coming when its time is over', () => {
    const bench = working();
    bench.tick(progressTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.tick(1);
    expect(suspicionOf(bench)).toEqual({ view: 0, reason: 'progress' });
    expect(bench.signing()).toEqual(['suspect']);
  });

  it('is not owed any more when the work has gone', () => {
    const bench = working();
    bench.tick(progressTimeoutMs - 1);
    bench.setWork(false);
    bench.tick(progressTimeoutMs);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.setWork(true);
    bench.tick(progressTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
  });

  it('is owed while a block is accepted and not committed', () => {
    const bench = new ReplicaBench(NEVER_SILENT);
    bench.accept(first);
    bench.tick(progressTimeoutMs);
    expect(suspicionOf(bench)?.reason).toBe('progress');
  });

  it('is owed while a block that the view began with is not committed', () => {
    const bench = new ReplicaBench({ ...NEVER_SILENT, self: 3 });
    const changes = [changeOf(0, 1, { tips: [tipOf([first])] }), changeOf(1, 1), changeOf(2, 1)];
    bench.message(1, newViewOf(changes));
    bench.tick(progressTimeoutMs);
    expect(suspicionOf(bench)).toEqual({ view: 1, reason: 'progress' });
  });

  it('is owed while the view is changing, work or not (Concord #805)', () => {
    const bench = new ReplicaBench(NEVER_SILENT);
    bench.leave();
    bench.tick(progressTimeoutMs);
    expect(suspicionOf(bench)).toEqual({ view: 1, reason: 'progress' });
  });

  it('is not owed while the own execution is what is waited for', () => {
    const bench = working();
    for (const block of [first, second]) bench.synced(block);
    for (let passed = 0; passed < 5; passed++) bench.tick(progressTimeoutMsMax);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.executed(1);
    bench.tick(progressTimeoutMs);
    expect(suspicionOf(bench)?.reason).toBe('progress');
  });

  it('is owed by nobody while this replica may not vote, and its time begins when it may', () => {
    const bench = new ReplicaBench(NEVER_SILENT, {}, { wakes: false });
    bench.setWork(true);
    bench.tick(10 * progressTimeoutMs);
    for (const peer of [0, 2]) bench.message(peer, { type: 'echo', epoch: 0, votes: [], change: undefined });
    expect(suspicionOf(bench)).toBeUndefined();
    bench.tick(progressTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.tick(1);
    expect(suspicionOf(bench)?.reason).toBe('progress');
  });
});

describe('the wait for progress (PBFT-TIMER-2)', () => {
  it('doubles with each expiry, up to the maximum', () => {
    const bench = working();
    const waits = Array.from({ length: 6 }, () => waitedMs(bench));
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
  });

  it('stays as long in the views after, until one of them works', () => {
    const bench = working();
    expect([waitedMs(bench), waitedMs(bench)]).toEqual([2_000, 4_000]);
    bench.leave();
    expect(waitedMs(bench)).toBe(8_000);
    expect(bench.replica.view()).toMatchObject({ view: 1, phase: 'changing' });
  });

  it('begins anew with every commit, and is the first one again after a fresh one only', () => {
    const bench = working();
    expect([waitedMs(bench), waitedMs(bench)]).toEqual([2_000, 4_000]);
    bench.tick(progressTimeoutMs);
    bench.synced(first, 3);
    bench.executed(1);
    expect(waitedMs(bench)).toBe(8_000);
    bench.synced(testBlock(2, first.hash, 0, 1), 1);
    bench.executed(2);
    expect(waitedMs(bench)).toBe(16_000);
    bench.synced(testBlock(3, testBlock(2, first.hash, 0, 1).hash), 0);
    bench.executed(3);
    expect(waitedMs(bench)).toBe(2_000);
  });

  it('is the first one again when a block of this view is committed in it, and the suspicion is gone', () => {
    const bench = working();
    waitedMs(bench);
    expect(suspicionOf(bench)?.reason).toBe('progress');
    bench.synced(first);
    expect([suspicionOf(bench), bench.state.patience.expiries]).toEqual([undefined, 0]);
  });

  it('does not shrink for a block that was first proposed in another view: that one was only finished here', () => {
    const bench = working({ self: 3 });
    expect([waitedMs(bench), waitedMs(bench)]).toEqual([2_000, 4_000]);
    const changes = [changeOf(0, 1, { tips: [tipOf([first])] }), changeOf(1, 1), changeOf(2, 1)];
    bench.message(1, newViewOf(changes));
    bench.synced(first, 1);
    bench.executed(1);
    expect(waitedMs(bench)).toBe(8_000);
    bench.synced(testBlock(2, first.hash, 0, 1), 1);
    bench.executed(2);
    expect(waitedMs(bench)).toBe(2_000);
  });
});

describe('silence (PBFT-TIMER-3)', () => {
  it('of the primary is suspected when it has lasted, work or not', () => {
    const bench = new ReplicaBench();
    bench.tick(silenceTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.tick(1);
    expect(suspicionOf(bench)).toEqual({ view: 0, reason: 'silence' });
  });

  it('is not that of others, and anything that the primary says ends it', () => {
    const bench = new ReplicaBench();
    bench.tick(silenceTimeoutMs - 1);
    bench.message(0, { type: 'fetchBlock', blockHash: first.hash });
    bench.message(3, { type: 'fetchBlock', blockHash: first.hash });
    bench.tick(silenceTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.message(3, { type: 'fetchBlock', blockHash: first.hash });
    bench.tick(1);
    expect(suspicionOf(bench)?.reason).toBe('silence');
  });

  it('is taken back when the primary is heard again', () => {
    const bench = new ReplicaBench();
    bench.tick(silenceTimeoutMs);
    bench.sign();
    expect(bench.replica.report().suspectedBy).toEqual([1]);
    bench.message(0, { type: 'fetchBlock', blockHash: first.hash });
    expect([suspicionOf(bench), bench.replica.report().suspectedBy]).toEqual([undefined, []]);
  });

  it('is no reproach to a primary that has just come: it owed no word before its view', () => {
    const bench = new ReplicaBench({ self: 3 });
    bench.tick(silenceTimeoutMs);
    bench.message(0, newViewOf([0, 1, 2].map((signer) => changeOf(signer, 2))));
    expect(bench.replica.view().primary).toBe(2);
    bench.tick(silenceTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
    bench.tick(1);
    expect(suspicionOf(bench)).toEqual({ view: 2, reason: 'silence' });
  });

  it('is waited for longer when more than f primaries were silent, until a fresh block is committed', () => {
    // Self is 3: the primaries of views 0, 1, 2, 4, 5, 6 are others.
    const bench = new ReplicaBench({ self: 3 });
    const enter = (view: number): void => {
      bench.message(view % 4, newViewOf([0, 1, 2].map((signer) => changeOf(signer, view))));
      expect(bench.replica.view()).toMatchObject({ view, phase: 'active' });
    };
    const silenceMs = (): number => {
      const startMs = bench.nowMs;
      while (suspicionOf(bench)?.view !== bench.replica.view().view) bench.tick(STEP_MS);
      // It stays, and counts once.
      bench.tick(STEP_MS);
      expect(suspicionOf(bench)?.reason).toBe('silence');
      return bench.nowMs - startMs - STEP_MS;
    };
    const waits = [silenceMs()];
    for (const view of [1, 2, 4, 5, 6]) {
      enter(view);
      waits.push(silenceMs());
    }
    const once = silenceTimeoutMs;
    expect(waits).toEqual(
      [once, once, 2 * once, 4 * once, 8 * once, 16 * once].map((wait) =>
        Math.min(wait, progressTimeoutMsMax),
      ),
    );
    enter(8);
    bench.synced(testBlock(1, first.header.parentHash, 0, 8), 8);
    bench.executed(1);
    expect(silenceMs()).toBe(once);
  });

  it('is not heard by the primary itself', () => {
    const bench = new ReplicaBench({ self: 0 });
    bench.tick(10 * silenceTimeoutMs);
    expect(suspicionOf(bench)).toBeUndefined();
  });

  it('lasts a third as long when the stream broke, and is none when the stream came back', () => {
    const third = silenceTimeoutMs / 3;
    for (const [isBack, reason] of [
      [false, 'silence'],
      [true, undefined],
    ] as const) {
      const bench = new ReplicaBench();
      bench.input({ type: 'peer', index: 0, connected: true });
      bench.tick(10);
      bench.input({ type: 'peer', index: 0, connected: false });
      bench.tick(third - 1);
      expect(suspicionOf(bench)).toBeUndefined();
      if (isBack) bench.input({ type: 'peer', index: 0, connected: true });
      bench.tick(1);
      expect(suspicionOf(bench)?.reason).toBe(reason);
    }
  });

  it('does not begin with a stream that never was', () => {
    const bench = new ReplicaBench();
    bench.tick(silenceTimeoutMs - 1);
    expect(suspicionOf(bench)).toBeUndefined();
  });
});

describe('a refused or doubled proposal (PBFT-TIMER-4)', () => {
  it('is a reason at once, whatever the time', () => {
    const bench = new ReplicaBench();
    bench.propose(first);
    bench.refuse(first);
    expect(suspicionOf(bench)).toEqual({ view: 0, reason: 'refusal' });
  });

  it('is forgiven by a fresh commit when it was refused, and never when there were two', () => {
    const other = testBlock(2, first.hash, 7);
    const bench = new ReplicaBench();
    bench.propose(second);
    bench.propose(other);
    expect(suspicionOf(bench)).toEqual({ view: 0, reason: 'equivocation' });
    for (const block of [first, second]) bench.synced(block);
    bench.executed(1);
    bench.propose(third);
    expect(suspicionOf(bench)).toEqual({ view: 0, reason: 'equivocation' });
  });
});

describe('a replica that has expired while changing', () => {
  it('suspects the view that it changes to, so that the one after can come', () => {
    const bench = new ReplicaBench(NEVER_SILENT);
    bench.leave();
    bench.sign();
    bench.tick(progressTimeoutMs);
    bench.sign();
    expect(bench.sentOf('suspect')).toEqual([suspectOf(1, 1)]);
    for (const signer of [0, 2]) bench.message(signer, suspectOf(signer, 1));
    expect(bench.replica.view()).toMatchObject({ view: 2, phase: 'changing' });
    expect(bench.receive(0, viewChangeOf(changeOf(0, 1)))).toBe('unwanted');
  });
});
