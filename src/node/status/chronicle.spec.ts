import { describe, expect, it } from '@jest/globals';
import type { TraceKind } from '../../protocol/pbft/effect.js';
import { Chronicle } from './chronicle.js';
import { ExecutionRate } from './execution-rate.js';

/** At second 0; `at` moves the clock to a second and tells what happens then. */
function bench() {
  const clock = { nowMs: 0, wallMs: () => clock.nowMs };
  const chronicle = new Chronicle(clock);
  const at = (second: number, kind: TraceKind, height: number, view = 0, detail?: string): void => {
    clock.nowMs = second * 1_000;
    const trace = { type: 'trace', kind, epoch: 0, view, height } as const;
    chronicle.onTrace(detail === undefined ? trace : { ...trace, detail });
  };
  return { chronicle, clock, at };
}

describe('Chronicle', () => {
  it('dates an accepted height until it is committed or the view ends', () => {
    const { chronicle, at } = bench();
    at(1, 'accepted', 5);
    at(2, 'accepted', 6);
    at(3, 'committed', 5);
    expect([chronicle.acceptedSinceMs(6), chronicle.acceptedAtMs]).toEqual([2_000, 2_000]);
    expect(chronicle.acceptedSinceMs(5)).toBe(0);
    at(4, 'viewLeft', 5, 1);
    expect([chronicle.phaseSinceMs, chronicle.acceptedSinceMs(6)]).toEqual([4_000, 4_000]);
    at(5, 'viewEntered', 5, 1);
    expect(chronicle.phaseSinceMs).toBe(5_000);
  });

  it('dates the wait for the execution from the commit or from the block before, whichever is later', () => {
    const { chronicle, at } = bench();
    expect(chronicle.executionSinceMs(0)).toBe(0);
    at(1, 'committed', 1);
    at(2, 'committed', 2);
    expect(chronicle.executionSinceMs(0)).toBe(1_000);
    at(6, 'executed', 1);
    expect(chronicle.executionSinceMs(1)).toBe(6_000);
  });

  it('dates the lack of countersignatures from the last progress of any', () => {
    const { chronicle, at } = bench();
    at(1, 'executed', 1);
    at(2, 'executed', 2);
    expect(chronicle.uncertifiedSinceMs).toBe(1_000);
    at(3, 'certified', 1);
    expect(chronicle.uncertifiedSinceMs).toBe(3_000);
    at(4, 'certified', 2);
    at(9, 'executed', 3);
    expect(chronicle.uncertifiedSinceMs).toBe(9_000);
  });

  it('keeps the own last vote, the last refusal and the open check, which ends with the view', () => {
    const { chronicle, clock, at } = bench();
    expect(chronicle.lastVote).toBeUndefined();
    at(1, 'accepted', 5);
    at(2, 'prepared', 5);
    expect(chronicle.lastVote).toEqual({ epoch: 0, kind: 'commit', view: 0, height: 5, atMs: 2_000 });
    at(3, 'proposalRefused', 6, 0, 'too old on arrival');
    expect(chronicle.refusal).toEqual({ view: 0, height: 6, reason: 'too old on arrival' });
    clock.nowMs = 4_000;
    chronicle.onCheck(7);
    expect(chronicle.check).toEqual({ height: 7, sinceMs: 4_000 });
    at(5, 'suspected', 5);
    expect(chronicle.suspectedSinceMs).toBe(5_000);
    at(6, 'viewLeft', 5, 1);
    expect(chronicle.check).toBeUndefined();
    at(7, 'accepted', 5, 1);
    expect(chronicle.lastVote).toEqual({ epoch: 0, kind: 'prepare', view: 1, height: 5, atMs: 7_000 });
  });
});

describe('ExecutionRate', () => {
  it('measures over a few seconds, and says nothing after too few', () => {
    const rate = new ExecutionRate();
    expect(rate.blocksPerSecond(0, 0)).toBeUndefined();
    for (let height = 1; height <= 1_000; height++) rate.onExecuted(height, height * 10);
    expect(rate.blocksPerSecond(1_000, 10_000)).toBeCloseTo(100, 5);
    expect(rate.blocksPerSecond(1_000, 30_000)).toBe(0);
    rate.onExecuted(1_001, 30_000);
    expect(rate.blocksPerSecond(1_001, 30_500)).toBeUndefined();
    expect(rate.blocksPerSecond(1_021, 32_000)).toBeCloseTo(10, 5);
  });

  it('forgets what it measured when the clock is set back', () => {
    const rate = new ExecutionRate();
    rate.onExecuted(1, 10_000);
    rate.onExecuted(5, 1_000);
    expect(rate.blocksPerSecond(7, 2_000)).toBe(2);
  });
});
