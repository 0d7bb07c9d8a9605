import { describe, expect, it } from '@jest/globals';
import {
  IDLE,
  WITHOUT_QUORUM,
  ago,
  explain,
  inFlight,
  lost,
  type SnapshotChanges,
} from '../../../../test/support/node-snapshots.js';

describe('the cause: this node', () => {
  it('is starting, whatever else is lacking', () => {
    const problem = {
      cause: 'starting',
      detail: 'the node is reading its ledger',
      sinceMs: undefined,
    } as const;
    expect(explain({ ...WITHOUT_QUORUM, problem })).toBe('the node is reading its ledger');
  });

  it('has halted, or is quarantined, and by what', () => {
    const halted = { cause: 'halted', detail: 'CONFLICTING_NEW_VIEW: view 3', sinceMs: ago(20) } as const;
    expect(explain({ ...WITHOUT_QUORUM, problem: halted })).toBe(
      'this node has halted since 2026-03-02T09:00:10Z: CONFLICTING_NEW_VIEW: view 3',
    );
    const quarantined = { cause: 'quarantined', detail: 'another root', sinceMs: undefined } as const;
    expect(explain({ problem: quarantined, report: { standing: 'observing' } })).toBe(
      'this node is quarantined and votes no more: another root',
    );
  });

  it('has no database, or no room for its votes, and blames nobody else', () => {
    const database = {
      cause: 'databaseUnavailable',
      detail: 'the database does not answer',
      sinceMs: ago(10),
    } as const;
    expect(explain({ ...WITHOUT_QUORUM, problem: database })).toBe(
      'no progress here since 2026-03-02T09:00:20Z: the database does not answer',
    );
    const signer = { cause: 'signerUnavailable', detail: 'the signer is away', sinceMs: ago(10) } as const;
    expect(explain({ ...WITHOUT_QUORUM, problem: signer })).toBe(
      'no progress here since 2026-03-02T09:00:20Z, this node cannot vote: the signer is away',
    );
    const journal = { cause: 'journalStalled', detail: 'the disk is full', sinceMs: ago(10) } as const;
    expect(explain({ ...WITHOUT_QUORUM, problem: journal })).toBe(
      'no progress here since 2026-03-02T09:00:20Z, this node cannot vote: the disk is full',
    );
  });

  it('waits for the echo of its own last words, and from how many more', () => {
    const waking = { report: { standing: 'waking' }, startedAtMs: ago(12) } as const;
    const head =
      'this node is waking since 2026-03-02T09:00:18Z and does not vote yet: it waits for the echo';
    expect(
      explain({ ...waking, echoedBy: ['acme'], validators: { initech: lost(12), umbrella: lost(11) } }),
    ).toBe(
      `${head} of its own last words from 1 more peer, acme answered; initech does not answer since 2026-03-02T09:00:18Z; umbrella does not answer since 2026-03-02T09:00:19Z`,
    );
    const alone = explain({ ...waking, echoedBy: [], knownHeight: 20 });
    expect(alone).toBe(`${head} of its own last words from 2 more peers, nobody has answered`);
    expect(alone).not.toContain('set back');
  });

  it('waits for its database to be what it was, and no longer for echoes', () => {
    const cause = explain({ report: { standing: 'waking' }, startedAtMs: ago(12), knownHeight: 20 });
    expect(cause).toBe(
      'this node is waking since 2026-03-02T09:00:18Z and does not vote yet: its database was set back to height 7 and has to reach height 20 again',
    );
    expect(cause).not.toContain('echo');
  });

  it('catches up, how fast and from whom', () => {
    const catchUp = { at: 7, target: 90, blocksPerSecond: 12.34, from: 'initech' };
    expect(explain({ report: { catchUp } })).toBe(
      'catching up: at height 7 of 90, 12 blocks a second, from initech',
    );
    expect(explain({ report: { catchUp: { ...catchUp, blocksPerSecond: 0.25 } } })).toContain(
      ', 0.3 blocks a second,',
    );
    expect(
      explain({ report: { catchUp: { ...catchUp, blocksPerSecond: undefined, from: undefined } } }),
    ).toBe('catching up: at height 7 of 90, nobody to fetch from');
  });

  it('is behind with its execution, and only after a while', () => {
    const behind: SnapshotChanges = {
      report: { inFlight: [inFlight(8, 'committed'), inFlight(9, 'committed')] },
      committedHeight: 9,
      executionSinceMs: ago(6),
    };
    expect(explain(behind)).toBe(
      'no progress here: blocks up to 9 are committed and wait for the execution of this node, which stands at height 7 since 2026-03-02T09:00:24Z',
    );
    expect(explain({ ...behind, executionSinceMs: ago(0.5) })).toMatch(/^in progress: /);
  });

  it('takes long to judge a proposal', () => {
    const checking = { report: { inFlight: [inFlight(8, 'proposed', ['acme'])] } };
    expect(explain({ ...checking, check: { height: 8, sinceMs: ago(5) } })).toBe(
      'no progress here: the proposal of height 8 is being checked since 2026-03-02T09:00:25Z',
    );
    expect(explain({ ...checking, check: { height: 8, sinceMs: ago(0.1) } })).toMatch(/^in progress: /);
  });

  it('lacks the height that its view stands on', () => {
    expect(explain({ report: { view: 3 }, baseHeight: 9, phaseSinceMs: ago(4) })).toBe(
      'no progress here: view 3 stands on height 9, and this node has committed 7: it lacks 2 blocks since 2026-03-02T09:00:26Z',
    );
    expect(explain({ report: { view: 3 }, baseHeight: 7, phaseSinceMs: ago(4) })).toBe(IDLE);
  });

  it('follows without a vote, which is no stall, and does not judge what the voters wait for', () => {
    const observing: SnapshotChanges = {
      report: {
        standing: 'observing',
        inFlight: [inFlight(8, 'accepted', ['acme'])],
        mempool: { transactions: 4, bytes: 1 },
      },
      early: { height: 8, aheadMs: 5_000 },
      validators: { acme: lost(25), globex: { standing: 'observing', voting: false } },
    };
    expect(explain({ ...observing, validators: { acme: lost(25) } })).toBe(
      'this node follows at height 7 without a vote',
    );
    expect(explain(observing)).toMatch(/^no progress: 3 of 4 validators reachable/);
  });
});
