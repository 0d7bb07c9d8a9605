import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleRecord } from '../../test/support/journal-samples.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { RetainedRecords } from './retained-records.js';

const LAST = 1_000;

/** Each record in a segment of its own, in order. */
function retainedOf(records: readonly JournalRecord[]): RetainedRecords {
  const retained = new RetainedRecords();
  for (const [segment, record] of records.entries()) retained.note(record, segment);
  return retained;
}

const left = (view: number): JournalRecord => sampleRecord(view, 'viewLeft');
const entered = (view: number): JournalRecord => sampleRecord(view, 'viewEntered');

/** The same record in another epoch. */
function inEpoch(epoch: number, record: JournalRecord): JournalRecord {
  if (record.type === 'viewLeft') return { ...record, content: { ...record.content, epoch } };
  return record.type === 'viewEntered' ? { ...record, epoch } : record;
}

describe('RetainedRecords', () => {
  it.each([
    ['nothing of a journal without views', [], []],
    ['a view that was left', [left(1)], [left(1)]],
    ['only the entry of a view that was left and entered', [left(1), entered(1)], [entered(1)]],
    ['the view entered and the one left after it', [left(1), entered(1), left(2)], [entered(1), left(2)]],
    ['the newest of several left in a row', [entered(1), left(2), left(4)], [entered(1), left(4)]],
    ['the newest entry alone', [entered(1), left(2), entered(2), left(5), entered(5)], [entered(5)]],
    ['the entry of a later view, not what was left before', [left(3), entered(7)], [entered(7)]],
    ['the same whatever the order', [left(2), entered(1), left(1)], [entered(1), left(2)]],
    [
      'a later epoch before a later view',
      [entered(9), inEpoch(1, left(1))],
      [entered(9), inEpoch(1, left(1))],
    ],
    ['the entry of a later epoch', [left(9), inEpoch(1, entered(1))], [inEpoch(1, entered(1))]],
  ])('keeps %s', (_what, records, kept) => {
    expect(retainedOf(records).keptBefore(LAST)).toEqual(kept);
  });

  it('keeps the view that all records together tell, in any order', () => {
    const record = fc.record({ view: fc.integer({ min: 1, max: 8 }), enters: fc.boolean() });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (list) => {
        const records = list.map(({ view, enters }) => (enters ? entered(view) : left(view)));
        const newest = Math.max(...list.map(({ view }) => view));
        const isEntered = list.some(({ view, enters }) => enters && view === newest);
        const entries = list.filter(({ enters }) => enters).map(({ view }) => view);
        const expected = [
          ...(entries.length > 0 ? [entered(Math.max(...entries))] : []),
          ...(isEntered ? [] : [left(newest)]),
        ];
        expect(retainedOf(records).keptBefore(LAST)).toEqual(expected);
      }),
    );
  });

  it('writes nothing again that lies where it stays', () => {
    const retained = retainedOf([entered(1), left(2)]);
    expect(retained.keptBefore(1)).toEqual([entered(1)]);
    retained.note(entered(1), 7);
    expect(retained.keptBefore(7)).toEqual([left(2)]);
    expect(retained.keptBefore(8)).toEqual([entered(1), left(2)]);
  });

  it('keeps the newest end of an epoch, wherever it was written', () => {
    const end = (height: number): JournalRecord => sampleRecord(height, 'endCertified');
    const retained = retainedOf([end(8), end(16), end(8)]);
    expect(retained.keptBefore(LAST)).toEqual([end(16)]);
    expect(retained.keptBefore(1)).toEqual([]);
    retained.note(end(16), 7);
    expect(retained.keptBefore(7)).toEqual([]);
    retained.forgetBefore(9);
    expect(retained.keptBefore(9)).toEqual([end(16)]);
  });

  it('holds no segment back for a view, nor for a checkpoint, nor for the end of an epoch', () => {
    const retained = retainedOf([
      entered(1),
      left(2),
      sampleRecord(9, 'checkpointSigned'),
      sampleRecord(9, 'endCertified'),
    ]);
    expect(retained.firstNeededSegment(0, 12)).toBe(12);
    retained.note(sampleRecord(5, 'locked'), 4);
    expect(retained.firstNeededSegment(4, 12)).toBe(4);
    expect(retained.firstNeededSegment(5, 12)).toBe(12);
    retained.forgetBefore(5);
    expect(retained.firstNeededSegment(0, 12)).toBe(12);
  });

  it('gives checkpoints by height, the end of an epoch and views after them', () => {
    const checkpoints = [3, 1, 2].map((height) => sampleRecord(height, 'checkpointSigned'));
    const end = sampleRecord(2, 'endCertified');
    expect(retainedOf([entered(4), end, ...checkpoints]).keptBefore(LAST)).toEqual([
      ...[1, 2, 3].map((height) => sampleRecord(height, 'checkpointSigned')),
      end,
      entered(4),
    ]);
  });
});
