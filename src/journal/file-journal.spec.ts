import { describe, expect, it } from '@jest/globals';
import { sampleRecord } from '../../test/support/journal-samples.js';
import { SimulatedClock } from '../../test/support/simulated-clock.js';
import { SimulatedJournalFiles, systemError } from '../../test/support/simulated-journal-files.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { FileJournal } from './file-journal.js';

const SEGMENT_BYTES = 4096;

function openJournal(files: SimulatedJournalFiles, unsyncedBytesMax = 1 << 20) {
  const log: string[] = [];
  const syncs: number[] = [];
  const journal = new FileJournal(
    {
      files,
      clock: new SimulatedClock(),
      observer: {
        log: (_level, message) => log.push(message),
        onJournalSync: (_ms, records) => syncs.push(records),
      },
    },
    { segmentBytes: SEGMENT_BYTES, unsyncedBytesMax },
  );
  return { journal, log, syncs };
}

async function recordsIn(files: SimulatedJournalFiles): Promise<readonly JournalRecord[]> {
  const { journal } = openJournal(files);
  const records = await journal.recover();
  await journal.close();
  return records;
}

const KINDS = ['prepared', 'locked', 'committed', 'checkpointSigned'] as const;
const VIEW_KINDS = ['viewLeft', 'viewEntered'] as const;

function samples(heights: number): JournalRecord[] {
  return Array.from({ length: heights }, (_, index) =>
    KINDS.map((kind) => sampleRecord(index + 1, kind)),
  ).flat();
}

async function journalWith(records: readonly JournalRecord[], recordsPerSync = 1) {
  const files = new SimulatedJournalFiles();
  const opened = openJournal(files);
  await opened.journal.recover();
  for (const [index, record] of records.entries()) {
    opened.journal.append(record);
    if ((index + 1) % recordsPerSync === 0) await opened.journal.sync();
  }
  await opened.journal.sync();
  return { files, ...opened };
}

const segments = async (files: SimulatedJournalFiles) =>
  (await files.list()).filter((name) => name.startsWith('segment-')).sort();

describe('FileJournal', () => {
  it('gives back what was synced, in order and in every form', async () => {
    const views = [4, 5].flatMap((view) => VIEW_KINDS.map((kind) => sampleRecord(view, kind)));
    const records = [...samples(12), ...views];
    const { files } = await journalWith(records);
    expect((await segments(files)).length).toBeGreaterThan(2);
    expect(await recordsIn(files.killProcess())).toEqual(records);
  });

  it('goes on where it ended, under the same id', async () => {
    const { files, journal } = await journalWith(samples(3));
    const before = journal.position();
    await journal.close();
    const again = openJournal(files);
    expect(await again.journal.recover()).toEqual(samples(3));
    const after = again.journal.position();
    expect(after.journalId).toBe(before.journalId);
    expect(after.position).toBeGreaterThan(before.position);
    again.journal.append(sampleRecord(4, 'locked'));
    await again.journal.sync();
    expect(await recordsIn(files.killProcess())).toEqual([...samples(3), sampleRecord(4, 'locked')]);
  });

  it('copies what it appends', async () => {
    const record = sampleRecord(1, 'prepared');
    const { journal, files } = await journalWith([]);
    journal.append(record);
    if (record.type === 'prepared') record.block.body.fill(0xee);
    await journal.sync();
    expect(await recordsIn(files.killProcess())).toEqual([sampleRecord(1, 'prepared')]);
  });

  it('lets everything appended during a sync share the next one', async () => {
    const { journal, files, syncs } = await journalWith([]);
    let release: () => void = () => undefined;
    let held = new Promise<void>((resolve) => (release = resolve));
    files.beforeOperation = (operation) => (operation === 'sync' ? held : undefined);
    journal.append(sampleRecord(1, 'locked'));
    const first = journal.sync();
    await new Promise(setImmediate);
    for (let height = 2; height <= 5; height++) journal.append(sampleRecord(height, 'locked'));
    const others = [journal.sync(), journal.sync(), journal.sync()];
    held = Promise.resolve();
    release();
    await Promise.all([first, ...others]);
    expect(syncs).toEqual([1, 4]);
    await journal.sync();
    expect(syncs).toEqual([1, 4]);
  });

  it('finishes short writes', async () => {
    const files = new SimulatedJournalFiles();
    files.writeBytesMax = 7;
    const { journal } = openJournal(files);
    await journal.recover();
    for (const record of samples(8)) journal.append(record);
    await journal.sync();
    files.writeBytesMax = 3;
    expect(await recordsIn(files.killProcess())).toEqual(samples(8));
  });

  it.each([
    ['EIO', 'write', 'JOURNAL_FAILED'],
    ['EIO', 'sync', 'JOURNAL_FAILED'],
    ['ENOSPC', 'write', 'JOURNAL_FULL'],
  ])('is poisoned by %s of a %s and never tries again', async (code, failing, expected) => {
    const { journal, files } = await journalWith(samples(1));
    files.beforeOperation = (operation) => {
      if (operation === failing) throw systemError(code);
    };
    journal.append(sampleRecord(2, 'prepared'));
    const syncs = [journal.sync(), journal.sync()];
    for (const sync of syncs) await expect(sync).rejects.toMatchObject({ code: expected });
    files.beforeOperation = () => undefined;
    expect(() => journal.append(sampleRecord(3, 'prepared'))).toThrow(
      expect.objectContaining({ code: expected }),
    );
    await expect(journal.sync()).rejects.toMatchObject({ code: expected });
    await expect(journal.truncateBefore(9)).rejects.toMatchObject({ code: expected });
    await journal.close();
  });

  it('bounds what waits for the disk', async () => {
    const files = new SimulatedJournalFiles();
    const { journal } = openJournal(files, 2000);
    await journal.recover();
    expect(() => {
      for (let height = 1; height < 20; height++) journal.append(sampleRecord(height, 'committed'));
    }).toThrow(expect.objectContaining({ code: 'JOURNAL_FULL' }));
    await expect(journal.sync()).rejects.toMatchObject({ code: 'JOURNAL_FULL' });
  });

  it('is held by one process at a time', async () => {
    const { files } = await journalWith([]);
    await expect(openJournal(files).journal.recover()).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
  });

  it('refuses a record larger than a segment', async () => {
    const { journal } = await journalWith([]);
    expect(() => journal.append(sampleRecord(1, 'prepared', SEGMENT_BYTES))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_FAILED' }),
    );
  });
});

describe('FileJournal.truncateBefore', () => {
  it('deletes segments whose every record is applied and keeps the signed checkpoints', async () => {
    const { journal, files, log } = await journalWith(samples(40));
    const before = (await segments(files)).length;
    await journal.truncateBefore(35);
    expect((await segments(files)).length).toBeLessThan(before / 2);
    const left = await recordsIn(files.killProcess());
    const of = (records: readonly JournalRecord[], kind: JournalRecord['type']) =>
      records.filter(({ type }) => type === kind);
    expect(new Set(of(left, 'checkpointSigned'))).toEqual(new Set(of(samples(40), 'checkpointSigned')));
    const needed = samples(40).filter((record) => record.type === 'locked' && record.certificate.height > 35);
    expect(of(left, 'locked')).toEqual(expect.arrayContaining(needed));
    expect(log).toEqual([]);
  });

  it('keeps checkpoints of the last 1,000 heights only', async () => {
    const checkpoints = Array.from({ length: 1200 }, (_, index) =>
      sampleRecord(index + 1, 'checkpointSigned'),
    );
    const { journal, files } = await journalWith(checkpoints, 50);
    await journal.truncateBefore(1200);
    const left = await recordsIn(files.killProcess());
    expect(left.length).toBeGreaterThanOrEqual(1000);
    expect(left.length).toBeLessThan(1100);
    const heights = left.map((record) => (record.type === 'checkpointSigned' ? record.height : 0));
    expect(new Set(heights).size).toBe(heights.length);
    expect(Math.min(...heights)).toBeLessThanOrEqual(201);
  });

  it('keeps the newest view that was entered, and the one that was left after it', async () => {
    const views = [
      ...[1, 2, 3].flatMap((view) => VIEW_KINDS.map((kind) => sampleRecord(view, kind))),
      sampleRecord(5, 'viewLeft'),
      sampleRecord(7, 'viewLeft'),
    ];
    const { journal, files } = await journalWith([...views, ...samples(40)]);
    await journal.truncateBefore(35);
    const ofViews = (records: readonly JournalRecord[]) =>
      records.filter(({ type }) => type === 'viewLeft' || type === 'viewEntered');
    const kept = [sampleRecord(3, 'viewEntered'), sampleRecord(7, 'viewLeft')];
    expect(ofViews(await recordsIn(files.killProcess()))).toEqual(kept);
    // They are not copied again while the segment that has them stays.
    await journal.truncateBefore(36);
    expect(ofViews(await recordsIn(files.killProcess()))).toEqual(kept);
    journal.append(sampleRecord(7, 'viewEntered'));
    for (const record of samples(80)) journal.append(record);
    await journal.sync();
    await journal.truncateBefore(80);
    expect(ofViews(await recordsIn(files.killProcess()))).toEqual([sampleRecord(7, 'viewEntered')]);
  });

  it('keeps a view across starts, however often it is written again', async () => {
    let { files } = await journalWith([sampleRecord(4, 'viewEntered'), sampleRecord(5, 'viewLeft')]);
    for (let life = 1; life <= 4; life++) {
      files = files.killProcess();
      const { journal } = openJournal(files);
      expect(await journal.recover()).toEqual(
        expect.arrayContaining([sampleRecord(4, 'viewEntered'), sampleRecord(5, 'viewLeft')]),
      );
      const from = (await segments(files))[0];
      for (let height = 20 * life; height < 20 * (life + 1); height++) {
        journal.append(sampleRecord(height, 'committed'));
        await journal.sync();
      }
      await journal.truncateBefore(20 * (life + 1));
      expect((await segments(files))[0]).not.toBe(from);
    }
  });

  it('tells the next start what the database held', async () => {
    const { journal, files } = await journalWith(samples(40));
    await journal.truncateBefore(35);
    for (const record of samples(20)) journal.append(record);
    await journal.sync();
    const next = openJournal(files.killProcess()).journal;
    await next.recover();
    expect(next.appliedHeight()).toBe(35);
  });

  it('tells it after every deletion, though no segment was begun since', async () => {
    const locks = Array.from({ length: 60 }, (_, index) => sampleRecord(index + 1, 'locked'));
    const told: number[] = [];
    for (let height = 0; height <= locks.length; height++) {
      const { journal, files } = await journalWith(locks);
      const before = await segments(files);
      await journal.truncateBefore(height);
      const after = await segments(files);
      expect(after.at(-1)).toBe(before.at(-1));
      const next = openJournal(files.killProcess()).journal;
      await next.recover();
      const hasDeleted = after.length < before.length;
      expect(next.appliedHeight()).toBe(hasDeleted ? height : 0);
      if (hasDeleted) told.push(height);
    }
    expect(told.length).toBeGreaterThan(locks.length / 2);
    expect(told.length).toBeLessThan(locks.length);
  });

  it('survives a crash between any two steps of a deletion', async () => {
    const views = [3, 4, 6].map((view) => sampleRecord(view, view === 6 ? 'viewLeft' : 'viewEntered'));
    for (let steps = 0; ; steps++) {
      const { journal, files } = await journalWith([...views, ...samples(40)]);
      const images: SimulatedJournalFiles[] = [];
      files.beforeOperation = () => void images.push(files.killProcess());
      await journal.truncateBefore(35);
      const image = images[steps];
      if (image === undefined) {
        expect(steps).toBeGreaterThan(5);
        break;
      }
      const left = await recordsIn(image);
      expect(left).toEqual(
        expect.arrayContaining([
          sampleRecord(36, 'prepared'),
          sampleRecord(1, 'checkpointSigned'),
          sampleRecord(4, 'viewEntered'),
          sampleRecord(6, 'viewLeft'),
        ]),
      );
    }
  });
});
