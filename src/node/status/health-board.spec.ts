import { describe, expect, it } from '@jest/globals';
import { HealthBoard } from './health-board.js';

function board() {
  const reported: string[] = [];
  const clock = { nowMs: 1_000, wallMs: () => clock.nowMs };
  return { health: new HealthBoard(clock, (state) => reported.push(state.state)), reported, clock };
}

describe('HealthBoard', () => {
  it('is ready when started with database and quorum, and tells each change once', () => {
    const { health, reported } = board();
    expect(health.readiness()).toMatchObject({ ready: false, cause: 'starting' });
    health.onStarted();
    health.onDatabase(true, '');
    health.onQuorum('1 of 4 validators reachable');
    health.onQuorum('1 of 4 validators reachable');
    expect(health.readiness()).toMatchObject({ ready: false, cause: 'quorumUnreachable' });
    health.onDatabase(false, 'the database does not answer');
    expect(health.readiness()).toMatchObject({
      cause: 'databaseUnavailable',
      detail: 'the database does not answer',
    });
    health.onDatabase(true, '');
    health.onQuorum(undefined);
    expect(health.readiness()).toEqual({ ready: true });
    expect(reported).toEqual(['ready', 'degraded', 'degraded', 'degraded', 'ready']);
  });

  it('is degraded while nothing can be made durable, and tells it once however often it is asked', () => {
    const { health, reported } = board();
    health.onStarted();
    for (const problem of ['the disk is full', 'the disk is full', undefined, undefined]) {
      health.onJournal(problem);
      expect(health.current()).toEqual(
        problem === undefined ? { state: 'ready' } : { state: 'degraded', reason: problem },
      );
      expect(health.readiness()).toEqual(
        problem === undefined
          ? { ready: true }
          : { ready: false, cause: 'journalStalled', detail: 'the disk is full' },
      );
    }
    expect(reported).toEqual(['ready', 'degraded', 'ready']);
  });

  it('knows since when the gravest problem lasts, however its words change', () => {
    const { health, clock } = board();
    expect(health.problem()).toMatchObject({ cause: 'starting', sinceMs: undefined });
    health.onStarted();
    expect(health.problem()).toBeUndefined();
    health.onQuorum('2 of 4 validators reachable');
    clock.nowMs = 2_000;
    health.onQuorum('1 of 4 validators reachable');
    expect(health.problem()).toEqual({
      cause: 'quorumUnreachable',
      detail: '1 of 4 validators reachable',
      sinceMs: 1_000,
    });
    health.onSigner('the signer is away');
    expect(health.problem()).toMatchObject({ cause: 'signerUnavailable', sinceMs: 2_000 });
    health.onJournal('the disk is full');
    expect(health.problem()).toMatchObject({ cause: 'journalStalled', sinceMs: 2_000 });
    clock.nowMs = 3_000;
    health.onDatabase(false, 'refused');
    health.onDatabase(false, 'timed out');
    expect(health.problem()).toEqual({
      cause: 'databaseUnavailable',
      detail: 'timed out',
      sinceMs: 3_000,
    });
    health.onDatabase(true, '');
    health.onJournal(undefined);
    clock.nowMs = 4_000;
    health.onDatabase(false, 'refused');
    expect(health.problem()).toMatchObject({ sinceMs: 4_000 });
  });

  it('does not date a quarantine that an earlier life brought with it', () => {
    const { health } = board();
    health.onQuarantined('another root');
    health.onStarted();
    expect(health.problem()).toEqual({ cause: 'quarantined', detail: 'another root', sinceMs: undefined });
    const later = board().health;
    later.onStarted();
    later.onQuarantined('another root');
    expect(later.problem()).toMatchObject({ cause: 'quarantined', sinceMs: 1_000 });
  });

  it('never leaves a quarantine, and a halt outweighs it', () => {
    const { health } = board();
    health.onStarted();
    health.onQuarantined('another root');
    health.onDatabase(true, '');
    expect(health.current()).toEqual({ state: 'quarantined', reason: 'another root' });
    health.onHalted('conflicting certificates');
    health.onQuarantined('another root');
    expect(health.readiness()).toMatchObject({ ready: false, cause: 'halted' });
  });
});
