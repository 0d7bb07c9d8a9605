import { describe, expect, it } from '@jest/globals';
import type { TraceKind } from '../protocol/pbft/effect.js';
import { PhaseDurations } from './phase-durations.js';

/** A clock that moves by one millisecond for each trace of a phase. */
function bench() {
  let nowMs = 0;
  const measured: string[] = [];
  const phases = new PhaseDurations(
    () => nowMs++,
    (phase, durationMs) => measured.push(`${phase} ${durationMs}`),
  );
  const trace = (height: number, ...kinds: readonly TraceKind[]): void => {
    for (const kind of kinds) phases.onTrace(kind, height);
  };
  return { trace, measured };
}

describe('PhaseDurations', () => {
  it('measures each phase of blocks that overlap', () => {
    const { trace, measured } = bench();
    trace(1, 'proposed', 'accepted');
    trace(2, 'accepted');
    trace(1, 'prepared', 'committed');
    trace(2, 'prepared');
    trace(1, 'executed', 'certified');
    expect(measured).toEqual(['prepare 2', 'commit 1', 'prepare 3', 'execute 2', 'certify 1']);
  });

  it('does not guess a phase whose beginning it has not seen', () => {
    const { trace, measured } = bench();
    trace(7, 'committed', 'executed', 'certified');
    expect(measured).toEqual([]);
    trace(8, 'accepted', 'committed', 'executed', 'certified');
    expect(measured).toEqual(['execute 1', 'certify 1']);
  });

  it('begins again when a later view accepts the block again', () => {
    const { trace, measured } = bench();
    trace(3, 'accepted', 'prepared', 'viewLeft', 'viewEntered', 'accepted', 'prepared', 'prepared');
    expect(measured).toEqual(['prepare 1', 'prepare 1']);
  });

  it('forgets the oldest height beyond its bound', () => {
    const { trace, measured } = bench();
    for (let height = 1; height <= 1_025; height++) trace(height, 'accepted');
    trace(1, 'prepared');
    expect(measured).toEqual([]);
    trace(2, 'prepared');
    expect(measured).toHaveLength(1);
  });
});
