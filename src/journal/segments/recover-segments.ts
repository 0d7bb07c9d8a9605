/**
 * Reads a journal folder: every segment in order, each whole, each joined to the one before. The only thing that is
 * repaired is the torn end of the last segment, which was never durable; everything else is refused.
 */
import type { JournalRecord } from '../../protocol/pbft/effect.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { journalCorrupt } from '../journal-errors.js';
import type { JournalFiles } from '../journal-files.js';
import { decodeJournalRecord } from '../journal-record-bytes.js';
import { FRAME_TYPE, type Frame } from './record-frame.js';
import { scanSegment, type ScannedSegment } from './scan-segment.js';
import { parseSegmentName, SEGMENT_HEADER_BYTES, segmentName } from './segment-header.js';

export interface RecoveredRecord {
  readonly record: JournalRecord;
  readonly segment: number;
}

export interface RecoveredSegments {
  readonly journalId: string;
  readonly records: readonly RecoveredRecord[];
  /** Numbers of the segments that exist, ascending, without those to remove. */
  readonly segments: readonly number[];
  /** Older segments whose removal was decided and not finished. */
  readonly obsolete: readonly number[];
  readonly firstSegment: number;
  readonly appliedHeight: Height;
  readonly segmentBytes: number;
  readonly tail: {
    readonly number: number;
    readonly startPosition: number;
    readonly endPosition: number;
    readonly tornBytes: number;
  };
}

interface NamedSegment extends Omit<ScannedSegment, 'frames'> {
  readonly name: string;
  readonly records: readonly JournalRecord[];
  /** Oldest segment that must exist, and height that the database held, as far as this one says. */
  readonly firstSegment: number;
  readonly appliedHeight: Height;
}

/** Records are copied out of the file's bytes, so that memory holds one file at a time. */
function readSegment(name: string, content: Uint8Array): NamedSegment {
  const { frames, ...scanned } = scanSegment(name, content);
  const marks = frames
    .filter(({ type }) => type === FRAME_TYPE.firstSegment)
    .map((frame) => decodeDeletionMark(name, frame));
  return {
    ...scanned,
    name,
    records: frames.filter(({ type }) => type === FRAME_TYPE.record).map((frame) => recordOf(name, frame)),
    firstSegment: Math.max(scanned.header.firstSegment, ...marks.map((mark) => mark.firstSegment)),
    appliedHeight: Math.max(scanned.header.appliedHeight, ...marks.map((mark) => mark.appliedHeight)),
  };
}

function recordOf(name: string, frame: Frame): JournalRecord {
  const record = decodeJournalRecord(frame.payload);
  if (record === undefined)
    throw journalCorrupt(name, `the record at position ${frame.position} has no known form`);
  return record;
}

/** Written before segments are deleted: what was in them is in the database, and must not be looked for any more. */
interface DeletionMark {
  /** Oldest segment that must exist. */
  readonly firstSegment: number;
  /** Height that the database held then. */
  readonly appliedHeight: Height;
}

/** first segment u64 ‖ applied height u64. */
export function encodeDeletionMark({ firstSegment, appliedHeight }: DeletionMark): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64BE(BigInt(firstSegment));
  bytes.writeBigUInt64BE(BigInt(appliedHeight), 8);
  return bytes;
}

function decodeDeletionMark(name: string, frame: Frame): DeletionMark {
  if (frame.payload.length !== 16)
    throw journalCorrupt(name, `the mark at position ${frame.position} has no known form`);
  const bytes = Buffer.from(frame.payload);
  return { firstSegment: Number(bytes.readBigUInt64BE(0)), appliedHeight: Number(bytes.readBigUInt64BE(8)) };
}

/** Each segment belongs to the same journal and begins where the one before ends; none is missing in between. */
function requireJoined(segments: readonly NamedSegment[]): void {
  let previous: NamedSegment | undefined;
  for (const segment of segments) {
    if (previous !== undefined) {
      if (segment.header.journalId !== previous.header.journalId) {
        throw journalCorrupt(
          segment.name,
          `it belongs to journal ${segment.header.journalId}, not ${previous.header.journalId}`,
        );
      }
      if (segment.header.number !== previous.header.number + 1) {
        throw journalCorrupt(segmentName(previous.header.number + 1), 'it is missing');
      }
      if (previous.tornBytes > 0 || previous.endPosition !== segment.header.startPosition) {
        throw journalCorrupt(
          previous.name,
          `it ends at position ${previous.endPosition}, the next segment begins at ${segment.header.startPosition}`,
        );
      }
    }
    previous = segment;
  }
  if (previous?.continued === true)
    throw journalCorrupt(segmentName(previous.header.number + 1), 'it is missing');
}

/** `undefined` for a folder without segments. Throws JOURNAL_CORRUPT, JOURNAL_VERSION_UNSUPPORTED. */
export async function recoverSegments(files: JournalFiles): Promise<RecoveredSegments | undefined> {
  const numbers = (await files.list())
    .map(parseSegmentName)
    .filter((number) => number !== undefined)
    .sort((left, right) => left - right);
  if (numbers.length === 0) return undefined;
  const segments: NamedSegment[] = [];
  for (const number of numbers) {
    const name = segmentName(number);
    segments.push(readSegment(name, await files.read(name)));
  }
  requireJoined(segments);
  const firstSegment = Math.max(...segments.map((segment) => segment.firstSegment));
  const [oldest] = segments;
  const tail = segments.at(-1);
  if (oldest === undefined || tail === undefined) return undefined;
  if (oldest.header.number > firstSegment) throw journalCorrupt(segmentName(firstSegment), 'it is missing');
  const kept = segments.filter(({ header }) => header.number >= firstSegment);
  return {
    journalId: tail.header.journalId,
    records: kept.flatMap(({ header, records }) =>
      records.map((record) => ({ record, segment: header.number })),
    ),
    segments: kept.map(({ header }) => header.number),
    obsolete: numbers.filter((number) => number < firstSegment),
    firstSegment,
    appliedHeight: Math.max(...segments.map((segment) => segment.appliedHeight)),
    segmentBytes: tail.header.segmentBytes,
    tail: {
      number: tail.header.number,
      startPosition: tail.header.startPosition,
      endPosition: tail.endPosition,
      tornBytes: tail.tornBytes,
    },
  };
}

/** Offset in the segment's file of a position. */
export function fileOffset(startPosition: number, position: number): number {
  return SEGMENT_HEADER_BYTES + position - startPosition;
}
