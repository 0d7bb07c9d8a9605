import { describe, expect, it } from '@jest/globals';
import { sampleRecord } from '../../test/support/journal-samples.js';
import { settlePromises, SimulatedClock } from '../../test/support/simulated-clock.js';
import { SimulatedJournalFiles, systemError } from '../../test/support/simulated-journal-files.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { FileJournal } from './file-journal.js';
import { PREPARED_NAME } from './segments/segment-writer.js';

const SEGMENT_BYTES = 4096;
const FULL = 'warn the disk of the vote journal is full';
const ROOM = 'info the disk of the vote journal has room again';

function openJournal(files = new SimulatedJournalFiles()) {
  // A segment is written in three parts.
  files.writeBytesMax = 1500;
  const log: string[] = [];
  const clock = new SimulatedClock();
  const journal = new FileJournal(
    {
      files,
      clock,
      observer: { log: (level, message) => log.push(`${level} ${message}`), onJournalSync: () => undefined },
    },
    { segmentBytes: SEGMENT_BYTES, unsyncedBytesMax: 1 << 20 },
  );
  return { journal, files, clock, log, durable: [] as JournalRecord[] };
}

type Bench = ReturnType<typeof openJournal>;

async function openedJournal(): Promise<Bench> {
  const bench = openJournal();
  await bench.journal.recover();
  return bench;
}

async function recordsIn(files: SimulatedJournalFiles): Promise<readonly JournalRecord[]> {
  const { journal } = openJournal(files.killProcess());
  const records = await journal.recover();
  await journal.close();
  return records;
}

/** Each record is made durable before the next is appended; `durable` tells how far it came, the answer how it ended. */
async function write({ journal, durable }: Bench, records: readonly JournalRecord[]): Promise<unknown> {
  try {
    for (const record of records) {
      journal.append(record);
      await journal.sync();
      durable.push(record);
    }
    return 'done';
  } catch (error) {
    return error;
  }
}

const records = Array.from({ length: 20 }, (_, index) => sampleRecord(index + 1, 'committed', 300));
/** So many fill more than half of the first segment, and leave room in it. */
const EARLY = 3;
/** The second does not fit beside the first, which does not make the next segment ahead of need. */
const unlike = records.map((_, index) => sampleRecord(index + 1, 'committed', index === 0 ? 300 : 3000));

/** What a segment is made of; an attempt that fails begins with the first step again. */
const STEPS = [
  'open',
  'write 1',
  'write 2',
  'write 3',
  'sync',
  'open again',
  'write the header',
  'sync the header',
  'rename',
  'sync the folder',
] as const;
type Step = (typeof STEPS)[number];

/** Makes the step fail `times` times, whichever segment it makes; gives how often it did so far. */
function failAt(files: SimulatedJournalFiles, step: Step, times: number, code = 'ENOSPC'): () => number {
  let next = 0;
  let failures = 0;
  files.beforeOperation = (operation, name) => {
    if (operation === 'remove' || (name !== PREPARED_NAME && operation !== 'syncFolder')) return;
    const at = next;
    next = (next + 1) % STEPS.length;
    if (STEPS[at] !== step || failures === times) return;
    failures += 1;
    next = 0;
    throw systemError(code);
  };
  return () => failures;
}

/** The disk is full for everything that needs new blocks, until the answer is called. */
function fill(files: SimulatedJournalFiles): () => void {
  failAt(files, 'write 2', Number.MAX_SAFE_INTEGER);
  return () => {
    files.beforeOperation = () => undefined;
  };
}

const isHalfMade = async (files: SimulatedJournalFiles): Promise<boolean> =>
  (await files.list()).includes(PREPARED_NAME);

const saysOnce = [expect.stringContaining(FULL), expect.stringContaining(ROOM)];

/** A journal that waits for room, with part of `records` durable. */
async function stalledJournal() {
  const bench = await openedJournal();
  const makeRoom = fill(bench.files);
  const end = write(bench, records);
  await settlePromises();
  expect(bench.journal.stall()).toContain('is full');
  expect(bench.durable.length).toBeGreaterThan(3);
  return { ...bench, makeRoom, end };
}

describe('a full disk', () => {
  const waits = (['open', 'write 1', 'write 2', 'write 3', 'open again', 'rename'] as const).flatMap((step) =>
    (['ENOSPC', 'EDQUOT'] as const).flatMap((code) => [1, 2, 5].map((times) => [step, code, times] as const)),
  );

  it.each(waits)('at "%s" (%s, %d times) is waited out, and nothing is lost', async (step, code, times) => {
    for (const list of [records, unlike]) {
      const bench = await openedJournal();
      const { files, clock, log, journal, durable } = bench;
      const failures = failAt(files, step, times, code);
      const end = write(bench, list);
      for (let attempt = 1; attempt <= times; attempt++) {
        await clock.advance(attempt === 1 ? 0 : 1);
        expect(failures()).toBe(attempt);
        expect(journal.stall()).toContain('is full');
        expect(await isHalfMade(files)).toBe(false);
        await clock.advance(999);
        expect(failures()).toBe(attempt);
      }
      expect(durable.length).toBeLessThan(list.length);
      expect(await recordsIn(files)).toEqual(list.slice(0, durable.length));
      await clock.advance(1);
      await expect(end).resolves.toBe('done');
      expect(journal.stall()).toBeUndefined();
      expect(log).toEqual(saysOnce);
      expect(await recordsIn(files)).toEqual(list);
      await journal.close();
    }
  });

  it.each(['sync', 'write the header', 'sync the header', 'sync the folder'] as const)(
    'at "%s" is final: those blocks were there',
    async (step) => {
      const bench = await openedJournal();
      const { files, clock, log, journal, durable } = bench;
      const failures = failAt(files, step, Number.MAX_SAFE_INTEGER);
      await expect(write(bench, records)).resolves.toMatchObject({ code: 'JOURNAL_FULL' });
      await clock.advance(10_000);
      expect(failures()).toBe(1);
      expect(log).toEqual([expect.stringContaining('error the journal')]);
      expect(journal.stall()).toBeUndefined();
      expect(await recordsIn(files)).toEqual(records.slice(0, durable.length));
      await journal.close();
    },
  );

  it('found while the current segment has room holds nobody up', async () => {
    const bench = await openedJournal();
    const makeRoom = fill(bench.files);
    await expect(write(bench, records.slice(0, EARLY))).resolves.toBe('done');
    await settlePromises();
    expect(bench.log).toEqual([expect.stringContaining(FULL)]);
    expect(bench.journal.stall()).toBeUndefined();
    makeRoom();
    await bench.clock.advance(1_000);
    expect(bench.log).toEqual(saysOnce);
    await expect(write(bench, records.slice(EARLY))).resolves.toBe('done');
    expect(await recordsIn(bench.files)).toEqual(records);
  });

  it('is told again when the disk is full again', async () => {
    const bench = await openedJournal();
    const end = write(bench, records);
    for (let round = 1; round <= 2; round++) {
      const makeRoom = fill(bench.files);
      await bench.clock.advance(5_000);
      expect(bench.journal.stall()).toContain('is full');
      makeRoom();
      // As far as the next segment but one.
      bench.files.beforeOperation = (operation) => {
        if (operation === 'rename') fill(bench.files);
      };
      await bench.clock.advance(1_000);
    }
    bench.files.beforeOperation = () => undefined;
    await bench.clock.advance(1_000);
    await expect(end).resolves.toBe('done');
    expect(bench.log).toEqual([...saysOnce, ...saysOnce, ...saysOnce]);
    expect(await recordsIn(bench.files)).toEqual(records);
  });

  it('that even refuses to remove the half-made file is waited out', async () => {
    const { files, clock, makeRoom, end, log } = await stalledJournal();
    const { beforeOperation } = files;
    files.beforeOperation = (operation, name) => {
      if (operation === 'remove') throw systemError('ENOSPC');
      return beforeOperation(operation, name);
    };
    await clock.advance(3_000);
    expect(await isHalfMade(files)).toBe(true);
    makeRoom();
    await clock.advance(1_000);
    await expect(end).resolves.toBe('done');
    expect(log).toEqual(saysOnce);
    expect(await recordsIn(files)).toEqual(records);
  });

  it('lets no deletion pile up behind the votes, and is relieved by the next one', async () => {
    const bench = await openedJournal();
    const { journal, files, clock } = bench;
    await write(bench, records.slice(0, 10));
    const makeRoom = fill(files);
    const end = write(bench, records.slice(10));
    await settlePromises();
    expect(journal.stall()).toContain('is full');
    const before = await files.list();
    await journal.truncateBefore(10);
    expect(await files.list()).toEqual(before);
    makeRoom();
    await clock.advance(1_000);
    await end;
    expect(await recordsIn(files)).toEqual(records);
    const segments = (await files.list()).length;
    await journal.truncateBefore(records.length);
    expect((await files.list()).length).toBeLessThan(segments);
  });

  it('is waited out no longer when the journal is closed', async () => {
    const { journal, files, clock, durable, end } = await stalledJournal();
    await Promise.all([journal.close(), journal.close()]);
    await expect(end).resolves.toMatchObject({ code: 'JOURNAL_FULL' });
    expect(journal.stall()).toBeUndefined();
    const made: string[] = [];
    files.beforeOperation = (operation) => void made.push(operation);
    await clock.advance(10_000);
    expect(made).toEqual([]);
    const next = openJournal(files);
    expect(await next.journal.recover()).toEqual(durable);
    await expect(write(next, records.slice(durable.length))).resolves.toBe('done');
    await next.journal.close();
    expect(await recordsIn(files)).toEqual(records);
  });

  it('does not keep a journal from closing in order while the current segment has room', async () => {
    const bench = await openedJournal();
    fill(bench.files);
    await write(bench, records.slice(0, EARLY));
    await settlePromises();
    const { position } = bench.journal.position();
    await bench.journal.close();
    expect(bench.log).toEqual([expect.stringContaining(FULL)]);
    const next = openJournal(bench.files);
    expect(await next.journal.recover()).toEqual(records.slice(0, EARLY));
    // The mark of an orderly end.
    expect(next.journal.position().position).toBe(position + 32);
  });

  it.each([
    ['while a write waits', records.length],
    ['while the current segment has room', EARLY],
  ])('does not hide another error %s', async (_when, count) => {
    const bench = await openedJournal();
    const { files, clock, log, journal, durable } = bench;
    fill(files);
    const end = write(bench, records.slice(0, count));
    await settlePromises();
    const failures = failAt(files, 'write 1', Number.MAX_SAFE_INTEGER, 'EIO');
    await clock.advance(10_000);
    expect(failures()).toBe(1);
    if (count !== EARLY) await expect(end).resolves.toMatchObject({ code: 'JOURNAL_FAILED' });
    expect(log).toEqual([expect.stringContaining(FULL), expect.stringContaining('EIO')]);
    expect(journal.stall()).toBeUndefined();
    expect(() => journal.append(records[0]!)).toThrow(expect.objectContaining({ code: 'JOURNAL_FAILED' }));
    await expect(journal.sync()).rejects.toMatchObject({ code: 'JOURNAL_FAILED' });
    await journal.close();
    expect(await recordsIn(files)).toEqual(durable);
  });

  it('is not asked again for room once something else has failed', async () => {
    const bench = await openedJournal();
    fill(bench.files);
    await write(bench, records.slice(0, EARLY));
    await settlePromises();
    const made: string[] = [];
    bench.files.beforeOperation = (operation) => {
      made.push(operation);
      throw systemError('EIO');
    };
    await expect(write(bench, records.slice(EARLY))).resolves.toMatchObject({ code: 'JOURNAL_FAILED' });
    await bench.clock.advance(10_000);
    expect(made).toEqual(['write']);
    await bench.journal.close();
  });

  it('is an error when the journal is begun: whoever begins it is there', async () => {
    const { journal, files, clock, log } = openJournal();
    fill(files);
    await expect(journal.recover()).rejects.toMatchObject({ code: 'JOURNAL_FULL' });
    expect(log).toEqual([expect.stringContaining('error the journal')]);
    files.beforeOperation = () => undefined;
    await clock.advance(10_000);
    expect(await recordsIn(files)).toEqual([]);
  });
});
