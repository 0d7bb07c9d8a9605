import { describe, expect, it } from '@jest/globals';
import {
  IDLE,
  ago,
  explain,
  inFlight,
  lost,
  type SnapshotChanges,
} from '../../../test/support/node-snapshots.js';

describe('the order of the causes', () => {
  it('tells the gravest of those that apply, then the next once it is gone', () => {
    const everything = {
      problem: { cause: 'databaseUnavailable', detail: 'no answer', sinceMs: ago(3) },
      report: {
        phase: 'changing',
        certifiedHeight: 1,
        catchUp: { at: 7, target: 9, blocksPerSecond: undefined, from: undefined },
        inFlight: [inFlight(8, 'accepted')],
        mempool: { transactions: 3, bytes: 1 },
      },
      acceptedHeight: 8,
      early: { height: 9, aheadMs: 2_000 },
      validators: { acme: lost(9), umbrella: lost(9) },
    } as const satisfies SnapshotChanges;
    const { report } = everything;
    const less: readonly (readonly [string, SnapshotChanges])[] = [
      ['no progress here since', {}],
      [
        'this node is waking',
        { problem: undefined, report: { ...report, standing: 'waking' }, echoedBy: [] },
      ],
      ['no progress: 2 of 4 validators', { problem: undefined }],
      ['catching up', { problem: undefined, validators: { acme: lost(9) } }],
      [
        'no progress: changing to view',
        { problem: undefined, validators: { acme: lost(9) }, report: { ...report, catchUp: undefined } },
      ],
    ];
    const calm = { ...report, catchUp: undefined, phase: 'active' } as const;
    const later: readonly (readonly [string, SnapshotChanges])[] = [
      ['no progress: the primary acme does not answer', { validators: { acme: lost(9) } }],
      ['no progress here: the proposal of height 9 is held', { validators: {} }],
      ['no progress: height 8 has 0 of 3 PREPAREs', { validators: {}, early: undefined }],
      [
        'height 7 is executed and not countersigned',
        {
          validators: {},
          early: undefined,
          report: { ...calm, inFlight: [], mempool: { transactions: 0, bytes: 0 } },
        },
      ],
    ];
    for (const [start, changes] of [
      ...less,
      ...later.map(([begin, changes]) => [begin, { problem: undefined, report: calm, ...changes }] as const),
    ])
      expect(explain({ ...everything, ...changes }).slice(0, start.length)).toBe(start);
  });
});

describe('the cause: none', () => {
  it('is idle, or in progress', () => {
    expect(explain({})).toBe(IDLE);
    expect(
      explain({
        report: {
          mempool: { transactions: 1, bytes: 300 },
          inFlight: [inFlight(8, 'committed'), inFlight(9, 'accepted')],
        },
        committedHeight: 8,
        executionSinceMs: ago(0.1),
        firstAcceptedSinceMs: ago(0.1),
      }),
    ).toBe('in progress: 1 transaction waiting, blocks up to 9 in flight');
  });
});
