import { describe, expect, it } from '@jest/globals';
import {
  IDLE,
  ago,
  explain,
  inFlight,
  lost,
  type SnapshotChanges,
} from '../../../../test/support/node-snapshots.js';

describe('the cause: the next height', () => {
  const early = { height: 8, aheadMs: 1_499.6 };
  const proposed = { inFlight: [inFlight(8, 'proposed', ['acme'])] };

  it('lies ahead of the clock of this node, and how far the primary does', () => {
    expect(explain({ report: proposed, early, validators: { acme: { clockOffsetMs: 1_510 } } })).toBe(
      'no progress here: the proposal of height 8 is held, its time lies 1500 ms ahead of the clock of this node and 1000 ms are allowed: it comes from the primary acme, whose clock is 1510 ms ahead of it',
    );
  });

  it('is early because this node is late, when most clocks are ahead', () => {
    const validators = {
      acme: { clockOffsetMs: 1_510 },
      initech: { clockOffsetMs: 1_490 },
      umbrella: { clockOffsetMs: 4 },
    };
    const cause = explain({ report: proposed, early, validators });
    expect(cause).toContain('allowed: the clock of this node is behind those of acme and initech');
    expect(cause).not.toContain('primary');
  });

  it('was refused here, and with which reason', () => {
    const refusal = { height: 8, reason: 'too old on arrival' };
    const head =
      'no progress here: the proposal of height 8 by the primary acme was refused: too old on arrival';
    expect(explain({ report: proposed, refusal, validators: { acme: { clockOffsetMs: -40 } } })).toBe(head);
    expect(explain({ report: proposed, refusal, validators: { acme: { clockOffsetMs: -5_000 } } })).toBe(
      `${head}; its clock is 5000 ms behind that of this node`,
    );
    expect(explain({ report: proposed, refusal: { height: 8, reason: undefined } })).toMatch(/was refused$/);
  });

  it('lacks votes, whose and since when, and only after a while', () => {
    const accepted: SnapshotChanges = {
      report: {
        inFlight: [inFlight(8, 'accepted', ['acme', 'globex']), inFlight(9, 'accepted', ['acme'])],
      },
      acceptedHeight: 9,
      firstAcceptedSinceMs: ago(7),
      validators: { initech: lost(25), umbrella: { silentSinceMs: ago(8) } },
    };
    expect(explain(accepted)).toBe(
      'no progress: height 8 has 2 of 3 PREPAREs here, in flight since 2026-03-02T09:00:23Z: missing from initech (does not answer since 2026-03-02T09:00:05Z) and umbrella (silent since 2026-03-02T09:00:22Z)',
    );
    const prepared = [inFlight(8, 'prepared', ['acme', 'globex', 'initech'], ['acme'])];
    const cause = explain({ ...accepted, report: { inFlight: prepared }, validators: {} });
    expect(cause).toContain('height 8 has 1 of 3 COMMITs here');
    expect(cause).toMatch(/missing from this node, initech and umbrella$/);
    expect(cause).not.toContain('PREPARE');
    expect(explain({ ...accepted, firstAcceptedSinceMs: ago(0.9) })).toBe(
      'in progress: 0 transactions waiting, blocks up to 9 in flight',
    );
  });

  it('has votes enough that are not for one block', () => {
    const report = { inFlight: [inFlight(8, 'accepted', ['acme', 'globex', 'initech'])] };
    const cause = explain({ report, acceptedHeight: 8, firstAcceptedSinceMs: ago(7) });
    expect(cause).toContain('height 8 has PREPAREs of 3 validators here, and not 3 for one block');
    expect(cause).not.toContain('missing');
  });

  it('never came here, while others vote for it', () => {
    const voted = { lastVote: { kind: 'prepare', view: 0, height: 8, ageMs: 3_000 } } as const;
    const lacking: SnapshotChanges = {
      report: { inFlight: [inFlight(8, 'awaited', ['acme', 'initech'])] },
      validators: { acme: voted, initech: { lastVote: { ...voted.lastVote, ageMs: 5_000 } } },
    };
    expect(explain(lacking)).toBe(
      'no progress here: acme and initech voted for height 8, the last at 2026-03-02T09:00:27Z, and its proposal has not come to this node',
    );
    const proposedToo = { inFlight: [inFlight(8, 'proposed', ['acme', 'initech'])] };
    expect(explain({ ...lacking, report: proposedToo })).toMatch(
      /and this node still lacks its block or the one before$/,
    );
    const isBeingChecked = { height: 8, sinceMs: ago(0.1) };
    for (const harmless of [
      { ...lacking, validators: { ...lacking.validators, acme: {}, initech: { lastVote: undefined } } },
      { ...lacking, report: proposedToo, check: isBeingChecked },
      { ...lacking, acceptedHeight: 15 },
    ])
      expect(explain(harmless)).toMatch(/^in progress: /);
  });

  it('is executed and not countersigned, by whom not yet', () => {
    const uncertified: SnapshotChanges = { report: { certifiedHeight: 5 }, uncertifiedSinceMs: ago(6) };
    const head =
      'height 7 is executed and not countersigned by 3 validators since 2026-03-02T09:00:24Z (countersigned up to 5)';
    expect(
      explain({ ...uncertified, validators: { acme: { height: 6 }, umbrella: lost(25) } }),
    ).not.toContain('results differ');
    expect(explain({ ...uncertified, validators: { initech: { height: 6 }, umbrella: lost(25) } })).toBe(
      `${head}: not executed yet, as far as told, by initech and umbrella (does not answer since 2026-03-02T09:00:05Z)`,
    );
    expect(explain(uncertified)).toBe(
      `${head}: 4 have executed it, so their results differ or lines were lost`,
    );
    expect(explain({ ...uncertified, uncertifiedSinceMs: ago(1) })).toBe(IDLE);
  });
});
