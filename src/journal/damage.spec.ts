import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { sampleRecord } from '../../test/support/journal-samples.js';
import { SimulatedClock } from '../../test/support/simulated-clock.js';
import { SimulatedJournalFiles } from '../../test/support/simulated-journal-files.js';
import type { JournalRecord } from '../protocol/pbft/effect.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { FileJournal } from './file-journal.js';
import { encodeSegmentHeader, SEGMENT_HEADER_BYTES, SEGMENT_VERSION } from './segments/segment-header.js';

const SEGMENT_BYTES = 1024;
const KINDS = ['prepared', 'locked', 'committed', 'checkpointSigned'] as const;

/** Batches of two records, so that the last batch can be torn between them. */
const batches: JournalRecord[][] = Array.from({ length: 4 }, (_, index) =>
  [0, 1].map((offset) => sampleRecord(index + 1, KINDS[(2 * index + offset) % KINDS.length]!, 4)),
);
const records = batches.flat();
const lastBatch = batches.at(-1)!.length;

function openJournal(files: SimulatedJournalFiles) {
  const log: string[] = [];
  const journal = new FileJournal(
    {
      files,
      clock: new SimulatedClock(),
      observer: { log: (level, message) => log.push(`${level} ${message}`), onJournalSync: () => undefined },
    },
    { segmentBytes: SEGMENT_BYTES, unsyncedBytesMax: 1 << 20 },
  );
  return { journal, log };
}

async function writtenJournal(close: boolean): Promise<SimulatedJournalFiles> {
  const files = new SimulatedJournalFiles();
  const { journal } = openJournal(files);
  await journal.recover();
  for (const batch of batches) {
    for (const record of batch) journal.append(record);
    await journal.sync();
  }
  if (close) await journal.close();
  return files.killProcess();
}

type Found =
  { readonly code: string } | { readonly records: readonly JournalRecord[]; readonly saysTorn: boolean };

async function recover(files: SimulatedJournalFiles): Promise<Found> {
  const { journal, log } = openJournal(files);
  try {
    const found = await journal.recover();
    return { records: found, saysTorn: log.some((line) => line.startsWith('warn')) };
  } catch (error) {
    if (error instanceof LedgerError) return { code: error.code };
    throw error;
  } finally {
    await journal.close();
  }
}

const segmentNames = async (files: SimulatedJournalFiles) =>
  (await files.list()).filter((name) => name.startsWith('segment-')).sort();

/** Everything, or a refusal; or, said aloud, everything but records of the last batch. */
function verdict(found: Found): 'refused' | 'whole' | 'cut' | 'hidden' {
  if ('code' in found) return found.code === 'JOURNAL_CORRUPT' ? 'refused' : 'hidden';
  const { length } = found.records;
  if (!isDeepStrictEqual(found.records, records.slice(0, length))) return 'hidden';
  if (length === records.length) return 'whole';
  return found.saysTorn && length >= records.length - lastBatch ? 'cut' : 'hidden';
}

describe('damage to a journal', () => {
  it('of one bit at any offset is refused or, in the last batch alone, cut off and said', async () => {
    const written = await writtenJournal(false);
    const names = await segmentNames(written);
    expect(names.length).toBeGreaterThan(2);
    const verdicts = { refused: 0, whole: 0, cut: 0, hidden: [] as string[] };
    for (const name of names) {
      for (let offset = 0; offset < SEGMENT_BYTES; offset++) {
        const files = written.killProcess();
        files.tamper(name, (content) => {
          content[offset] = (content[offset] ?? 0) ^ (1 << (offset % 8));
          return content;
        });
        const result = verdict(await recover(files));
        if (result === 'hidden') verdicts.hidden.push(`${name} at ${offset}`);
        else verdicts[result] += 1;
      }
    }
    expect(verdicts.hidden).toEqual([]);
    expect(verdicts.refused).toBeGreaterThan(verdicts.cut);
    expect(verdicts.cut).toBeGreaterThan(0);
  });

  it('after an orderly close is always refused, the last record included', async () => {
    const written = await writtenJournal(true);
    const name = (await segmentNames(written)).at(-1)!;
    const content = await written.read(name);
    // The frame of the close itself is the last one; what is before it was durable.
    const end = content.findLastIndex((byte) => byte !== 0);
    const closeFrame = Math.floor((end - SEGMENT_HEADER_BYTES) / 32) * 32 - 32;
    const hidden: number[] = [];
    for (let offset = 0; offset < closeFrame; offset++) {
      const files = written.killProcess();
      files.tamper(name, (bytes) => bytes.with(offset, (bytes[offset] ?? 0) ^ 0xff));
      const result = verdict(await recover(files));
      if (result !== 'refused' && result !== 'whole') hidden.push(offset);
    }
    expect(hidden).toEqual([]);
  });

  it('by a file cut at any length is refused', async () => {
    const written = await writtenJournal(false);
    const hidden: string[] = [];
    for (const name of await segmentNames(written)) {
      for (let length = 0; length < SEGMENT_BYTES; length++) {
        const files = written.killProcess();
        files.tamper(name, (content) => content.slice(0, length));
        if (verdict(await recover(files)) !== 'refused') hidden.push(`${name} cut at ${length}`);
      }
    }
    expect(hidden).toEqual([]);
  });

  it('by zeros from some offset on is refused, or looks like a write that never happened', async () => {
    const written = await writtenJournal(false);
    const names = await segmentNames(written);
    const hidden: string[] = [];
    for (const name of names) {
      for (let offset = 0; offset < SEGMENT_BYTES; offset += 5) {
        const files = written.killProcess();
        files.tamper(name, (content) => content.fill(0, offset));
        const found = await recover(files);
        const isPrefix =
          'records' in found && isDeepStrictEqual(found.records, records.slice(0, found.records.length));
        // The end of the last file alone may be empty: nothing on the disk tells that it ever was not.
        const result = name === names.at(-1) && isPrefix ? 'cut' : verdict(found);
        if (result === 'hidden') hidden.push(`${name} from ${offset}`);
      }
    }
    expect(hidden).toEqual([]);
  });

  it('by a segment that is missing, first, middle or last, is refused', async () => {
    const written = await writtenJournal(false);
    for (const name of await segmentNames(written)) {
      const files = written.killProcess();
      files.delete(name);
      expect(await recover(files)).toEqual({ code: 'JOURNAL_CORRUPT' });
    }
  });

  it('by a segment of another journal is refused', async () => {
    const written = await writtenJournal(false);
    const other = await writtenJournal(false);
    for (const name of await segmentNames(written)) {
      const files = written.killProcess();
      const foreign = await other.read(name);
      files.tamper(name, () => foreign);
      expect(await recover(files)).toEqual({ code: 'JOURNAL_CORRUPT' });
    }
  });

  it('is told from a later version of the format', async () => {
    const written = await writtenJournal(false);
    const name = (await segmentNames(written)).at(-1)!;
    const { crc32 } = await import('node:zlib');
    written.tamper(name, (content) => {
      const bytes = Buffer.from(content);
      bytes.writeUInt32BE(SEGMENT_VERSION + 1, 8);
      bytes.writeUInt32BE(crc32(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)), SEGMENT_HEADER_BYTES - 4);
      return new Uint8Array(bytes);
    });
    expect(await recover(written)).toEqual({ code: 'JOURNAL_VERSION_UNSUPPORTED' });
  });

  it('by records under a wrong position is refused', async () => {
    const written = await writtenJournal(false);
    const name = (await segmentNames(written))[1]!;
    written.tamper(name, (content) => {
      const bytes = Buffer.from(content);
      const header = {
        journalId: `${bytes.toString('hex', 16, 20)}-${bytes.toString('hex', 20, 22)}-${bytes.toString('hex', 22, 24)}-${bytes.toString('hex', 24, 26)}-${bytes.toString('hex', 26, 32)}`,
        number: 1,
        segmentBytes: SEGMENT_BYTES,
        startPosition: Number(bytes.readBigUInt64BE(40)) + 8,
        appliedHeight: 0,
        firstSegment: 0,
      };
      encodeSegmentHeader(header).copy(bytes, 0);
      return new Uint8Array(bytes);
    });
    expect(await recover(written)).toEqual({ code: 'JOURNAL_CORRUPT' });
  });
});
