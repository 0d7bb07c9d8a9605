import { describe, expect, it } from '@jest/globals';
import {
  IDLE,
  WITHOUT_QUORUM,
  explain,
  lost,
  nodeSnapshot,
} from '../../../../test/support/node-snapshots.js';

describe('the cause: the quorum', () => {
  it('names who does not answer, and since when', () => {
    expect(explain({ validators: { globex: {}, initech: lost(25), umbrella: lost(25) } })).toBe(
      'no progress: 2 of 4 validators reachable, 3 needed: initech and umbrella do not answer since 2026-03-02T09:00:05Z',
    );
    expect(explain({ validators: { initech: lost(25), umbrella: lost(5) } })).toContain(
      '3 needed: initech does not answer since 2026-03-02T09:00:05Z; umbrella does not answer since 2026-03-02T09:00:25Z',
    );
  });

  it('does not count who answers and does not vote, this node included', () => {
    const umbrella = { voting: false, standing: 'quarantined' } as const;
    expect(explain({ validators: { initech: lost(25), umbrella } })).toBe(
      'no progress: 3 of 4 validators reachable and 2 of them voting, 3 needed: initech does not answer since 2026-03-02T09:00:05Z; reachable but not voting: umbrella (quarantined)',
    );
    const globex = { voting: false, standing: 'observing' } as const;
    expect(explain({ report: { standing: 'observing' }, validators: { globex, umbrella } })).toBe(
      'no progress: 4 of 4 validators reachable and 2 of them voting, 3 needed: reachable but not voting: globex (this node, observing) and umbrella (quarantined)',
    );
  });

  it('is not claimed while a quorum votes', () => {
    expect(explain({ validators: { umbrella: lost(25) } })).toBe(IDLE);
    expect(explain({ validators: { umbrella: { voting: false, standing: 'waking' } } })).toBe(IDLE);
  });

  it('is not what an observer needs: f + 1 validators tell it that nothing is held back', () => {
    const report = { role: 'observer', standing: 'observing' } as const;
    const self = { self: false };
    const far = { initech: lost(25), umbrella: lost(25) };
    expect(explain({ report, validators: { globex: self, ...far } })).toBe(
      'this node follows at height 7 without a vote',
    );
    expect(explain({ report, validators: { globex: { self: false, ...lost(25) }, ...far } })).toBe(
      'this observer may be behind without knowing: 1 of 4 validators reachable, 2 needed: globex, initech and umbrella do not answer since 2026-03-02T09:00:05Z',
    );
  });

  it('comes before what follows from it', () => {
    const cause = explain({
      ...WITHOUT_QUORUM,
      report: {
        ...WITHOUT_QUORUM.report,
        phase: 'changing',
        catchUp: { at: 7, target: 9, blocksPerSecond: undefined, from: undefined },
      },
    });
    expect(cause).toMatch(/^no progress: 2 of 4 validators reachable/);
    expect(cause).not.toMatch(/primary|catching up|changing/);
  });

  it('names a few of a hundred', () => {
    const cause = explain({
      report: {
        quorum: { needed: 67, reachable: 60, present: 60, validators: 100 },
        validators: Array.from({ length: 40 }, (_, index) => ({
          ...nodeSnapshot().report.validators[0]!,
          organisation: `org-${index}`,
          ...lost(25),
        })),
      },
    });
    expect(cause).toContain('org-6, org-7 and 32 more do not answer since');
    expect(cause.length).toBeLessThan(300);
  });
});
