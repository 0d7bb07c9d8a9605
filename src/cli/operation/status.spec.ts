import { describe, expect, it } from '@jest/globals';
import type { StatusResource } from '../../sdk/index.js';
import { formatStatus } from './status.js';

const STATUS: StatusResource = {
  role: 'validator',
  organisation: 'acme',
  standing: 'voting',
  height: 1,
  certifiedHeight: 1,
  epoch: 0,
  view: 2,
  phase: 'changing',
  primary: 'globex',
  quorum: { needed: 3, reachable: 3, present: 2, validators: 4 },
  validators: [
    {
      organisation: 'acme',
      self: true,
      reachable: true,
      voting: true,
      standing: 'voting',
      view: 2,
      height: 1,
      lastVote: { kind: 'prepare', view: 1, height: 2, ageMs: 4_000 },
      clockOffsetMs: 0,
    },
    {
      organisation: 'globex',
      self: false,
      reachable: false,
      voting: false,
      unreachableSince: '2026-03-02T08:00:00.000Z',
    },
  ],
  inFlight: [{ height: 2, stage: 'accepted', prepares: ['acme'], commits: [] }],
  viewChange: { since: '2026-03-02T08:00:05.000Z', held: ['acme'], suspectedBy: [] },
  catchUp: { at: 1, target: 9, from: 'initech' },
  scrub: null,
  mempool: { transactions: 0, bytes: 0 },
  index: { height: 9 },
  health: { state: 'ready' },
  cause: 'no progress: a sample',
};

/** The line that begins with `title`, columns apart by one space. */
function lineOf(text: string, title: string): string {
  const line = text.split('\n').find((candidate) => candidate.trimStart().startsWith(title));
  return (line ?? '').trim().replace(/\s+/g, ' ');
}

describe('countersign status', () => {
  it('prints where the node stands, its validators, what is in flight, and why', () => {
    const text = formatStatus(STATUS);
    expect(lineOf(text, 'organisation')).toBe('organisation acme, validator, voting');
    expect(lineOf(text, 'view ')).toBe('view 2 (changing), primary globex');
    expect(lineOf(text, 'quorum')).toBe('quorum 3 of 4 reachable, 3 needed, 2 voting');
    expect(lineOf(text, 'view change')).toBe('view change since 2026-03-02T08:00:05.000Z, held of acme');
    expect(lineOf(text, 'catching up')).toBe('catching up 1 of 9, from initech');
    expect(lineOf(text, 'why')).toBe('why no progress: a sample');
    expect(lineOf(text, 'acme (this node)')).toBe(
      'acme (this node) yes voting 2 1 prepare 2 in view 1, 4 s ago 0 ms',
    );
    expect(lineOf(text, 'globex')).toBe('globex no, since 2026-03-02T08:00:00.000Z - - - - -');
    expect(lineOf(text, '2 ')).toBe('2 accepted 1 of 3: acme 0 of 3: nobody');
  });

  it('leaves out what there is nothing to say of', () => {
    const text = formatStatus({
      ...STATUS,
      inFlight: [],
      viewChange: { held: [], suspectedBy: [] },
      catchUp: null,
      scrub: null,
    });
    for (const title of ['IN FLIGHT', 'view change', 'suspected by', 'catching up'])
      expect(text).not.toContain(title);
  });
});
