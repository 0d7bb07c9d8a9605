import { describe, expect, it } from '@jest/globals';
import { HealthBoard } from './health-board.js';

function board() {
  const reported: string[] = [];
  return { health: new HealthBoard((state) => reported.push(state.state)), reported };
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
