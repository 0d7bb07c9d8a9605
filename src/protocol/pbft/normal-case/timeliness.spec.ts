import { describe, expect, it } from '@jest/globals';
import { ReplicaBench, testConfig } from '../../../../test/support/pbft/replica-bench.js';
import {
  changeOf,
  GENESIS_HASH,
  newViewOf,
  testBlock,
  tipOf,
} from '../../../../test/support/pbft/signed-messages.js';
import type { Block } from '../../ledger/block.js';

const { clockDriftMs, proposalAgeMsMax } = testConfig;
const NOW_MS = 10_000;

/** A block of height 1 that says it was made then. */
const blockAt = (timestampMs: number): Block => testBlock(1, GENESIS_HASH, 0, 0, { timestampMs });

/** A replica whose clock says NOW_MS. */
function benchAtNow(config = {}): ReplicaBench {
  const bench = new ReplicaBench(config);
  bench.tick(NOW_MS);
  return bench;
}

const isChecked = (bench: ReplicaBench): boolean => bench.all('checkProposal').length > 0;

describe('the time of a fresh proposal', () => {
  it('may lie ahead of the own clock by the drift, and is waited for when it lies further (PBFT-TIME-2)', () => {
    const bench = benchAtNow();
    bench.propose(blockAt(NOW_MS + clockDriftMs));
    expect(isChecked(bench)).toBe(true);
    const waiting = benchAtNow();
    waiting.propose(blockAt(NOW_MS + clockDriftMs + 5));
    expect([isChecked(waiting), waiting.traced()]).toEqual([false, []]);
    expect(waiting.replica.report().early).toEqual({ height: 1, aheadMs: clockDriftMs + 5 });
    waiting.tick(4);
    expect(isChecked(waiting)).toBe(false);
    waiting.tick(1);
    expect(isChecked(waiting)).toBe(true);
    expect(waiting.replica.report().suspicion?.reason).not.toBe('refusal');
  });

  it('may be as old as it may be on arrival, and is refused when it is older (PBFT-TIME-3)', () => {
    const bench = benchAtNow();
    bench.propose(blockAt(NOW_MS - proposalAgeMsMax));
    expect(isChecked(bench)).toBe(true);
    const late = benchAtNow({ silenceTimeoutMs: 1_000_000 });
    late.propose(blockAt(NOW_MS - proposalAgeMsMax - 1));
    expect([isChecked(late), late.traced()]).toEqual([false, ['proposalRefused', 'suspected']]);
    expect(late.replica.report()).toMatchObject({
      refusedHeight: 1,
      suspicion: { view: 0, reason: 'refusal' },
    });
  });

  it('is judged on arrival: how long it waited here since does not count', () => {
    const bench = benchAtNow();
    const parent = blockAt(NOW_MS);
    const child = testBlock(2, parent.hash, 0, 0, { timestampMs: NOW_MS + 1 });
    bench.propose(child);
    bench.tick(10 * proposalAgeMsMax);
    bench.synced(parent);
    expect(bench.all('checkProposal').map(({ block }) => block)).toEqual([child]);
  });

  it('is later than that of its parent, or the proposal is refused (PBFT-TIME-1)', () => {
    const parent = blockAt(NOW_MS);
    for (const [afterMs, isTaken] of [
      [1, true],
      [0, false],
      [-1, false],
    ] as const) {
      const bench = benchAtNow();
      bench.synced(parent);
      bench.propose(testBlock(2, parent.hash, 0, 0, { timestampMs: NOW_MS + afterMs }));
      expect(isChecked(bench)).toBe(isTaken);
      expect(bench.replica.report().refusedHeight).toBe(isTaken ? undefined : 2);
    }
  });

  it('is refused once: the block is not looked at again in this view', () => {
    const bench = benchAtNow();
    bench.propose(blockAt(0));
    expect(bench.traced()).toContain('proposalRefused');
    bench.tick(1);
    expect(bench.traced()).not.toContain('proposalRefused');
  });
});

describe('the time of a block that a view begins with', () => {
  it('is judged by no clock: it was in time once', () => {
    for (const timestampMs of [1, NOW_MS + 100 * clockDriftMs]) {
      const bench = benchAtNow({ self: 3 });
      const block = blockAt(timestampMs);
      const changes = [changeOf(0, 1, { tips: [tipOf([block])] }), changeOf(1, 1), changeOf(2, 1)];
      bench.message(1, newViewOf(changes));
      bench.message(0, { type: 'blockReply', block });
      expect(isChecked(bench)).toBe(true);
    }
  });
});
