import { describe, expect, it } from '@jest/globals';
import { IDLE, ago, explain, lost, type SnapshotChanges } from '../../../../test/support/node-snapshots.js';

describe('the cause: the primary', () => {
  it('is being changed, and whose word for it is missing', () => {
    const changing: SnapshotChanges = {
      report: {
        view: 5,
        phase: 'changing',
        primary: 'initech',
        viewChange: { sinceMs: ago(8), held: ['acme', 'globex'], suspectedBy: [] },
      },
      phaseSinceMs: ago(8),
    };
    const validators = { acme: { view: 5 }, globex: { view: 5 }, initech: lost(20), umbrella: { view: 4 } };
    expect(explain({ ...changing, validators })).toBe(
      'no progress: changing to view 5 since 2026-03-02T09:00:22Z: 2 of 3 view changes held, missing from initech (does not answer since 2026-03-02T09:00:10Z) and umbrella (in view 4); its primary is initech (does not answer since 2026-03-02T09:00:10Z)',
    );
    const held = { sinceMs: ago(8), held: ['acme', 'globex', 'umbrella'], suspectedBy: [] };
    const enough = explain({ ...changing, report: { ...changing.report, viewChange: held }, validators });
    expect(enough).toBe(
      'no progress: changing to view 5 since 2026-03-02T09:00:22Z: 3 view changes held, enough; the new primary initech (does not answer since 2026-03-02T09:00:10Z) has not begun it',
    );
    expect(enough).not.toContain('missing');
    const own = { ...changing.report, viewChange: held, primary: 'globex' };
    expect(explain({ ...changing, report: own })).toContain('this node is its primary and begins it');
  });

  it('does not answer, says nothing, or does not vote', () => {
    expect(explain({ validators: { acme: lost(4) } })).toBe(
      'no progress: the primary acme does not answer since 2026-03-02T09:00:26Z',
    );
    expect(explain({ validators: { acme: { silentSinceMs: ago(4) } } })).toBe(
      'no progress: the primary acme is reachable and silent since 2026-03-02T09:00:26Z',
    );
    expect(explain({ validators: { acme: { voting: false, standing: 'waking' } } })).toBe(
      'no progress: the primary acme does not vote (waking)',
    );
    expect(explain({ validators: { initech: { silentSinceMs: ago(4) } } })).toBe(IDLE);
  });

  it('proposes nothing although transactions wait, and why as far as it has told', () => {
    const waiting = { report: { mempool: { transactions: 5, bytes: 1 } }, unproposedSinceMs: ago(4) };
    const head = 'no progress: 5 transactions wait and the primary acme has proposed nothing for 4 s';
    const word = {
      view: 0,
      phase: 'active',
      standing: 'voting',
      height: 2,
      acceptedHeight: 10,
      mempoolTransactions: 5,
      clockOffsetMs: 0,
    } as const;
    expect(explain(waiting)).toBe(head);
    expect(explain({ ...waiting, primaryWord: word })).toBe(
      `${head}: it waits for its own execution, which stands at height 2 of 10`,
    );
    expect(explain({ ...waiting, primaryWord: { ...word, height: 9, mempoolTransactions: 0 } })).toBe(
      `${head}: it knows of none`,
    );
    expect(explain({ ...waiting, report: { ...waiting.report, primary: 'globex' }, primaryWord: word })).toBe(
      'no progress: 5 transactions wait and this node, the primary, has proposed nothing for 4 s',
    );
    expect(explain({ ...waiting, unproposedSinceMs: ago(1) })).toBe(
      'in progress: 5 transactions waiting, no block in flight yet',
    );
    expect(explain({ unproposedSinceMs: ago(4) })).toBe(IDLE);
  });

  it('is suspected, by whom and why, alone or beside what was found', () => {
    const report = { viewChange: { sinceMs: undefined, held: [], suspectedBy: ['globex', 'umbrella'] } };
    const suspicion = { reason: 'rotation', sinceMs: ago(1) } as const;
    const suspects = '2 of 3 validators that it takes want another primary than acme: globex and umbrella';
    expect(explain({ report, suspicion })).toBe(
      `${suspects}; this node since 2026-03-02T09:00:29Z, because its turn is over`,
    );
    expect(explain({ report })).toBe(suspects);
    expect(explain({ report, suspicion, validators: { acme: lost(4) } })).toBe(
      `no progress: the primary acme does not answer since 2026-03-02T09:00:26Z; ${suspects}`,
    );
  });

  it('is not called suspected for the complaint of one other', () => {
    const report = { viewChange: { sinceMs: undefined, held: [], suspectedBy: ['umbrella'] } };
    expect(explain({ report })).toBe(IDLE);
    expect(explain({ report, validators: { acme: lost(4) } })).not.toContain('another primary');
  });
});
