/**
 * Reads the frames of one segment and decides what a bad frame means. A batch is one write followed by one sync, and the
 * next write starts only after it: a valid frame beyond the bad place whose batch began *after* it proves that the bad
 * place was durable once, so it is damage. Frames of the same batch prove nothing, their pages may land in any order.
 */
import { journalCorrupt } from '../journal-errors.js';
import { decodeFrame, FRAME_ALIGNMENT_BYTES, FRAME_TYPE, frameBytes, type Frame } from './record-frame.js';
import { decodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.js';

export interface ScannedSegment {
  readonly header: SegmentHeader;
  /** Without the mark that the next segment exists. */
  readonly frames: readonly Frame[];
  /** Position after the last whole frame. */
  readonly endPosition: number;
  /** True when the mark says that the next segment exists. */
  readonly continued: boolean;
  /** Bytes of a torn batch after the last whole frame, to be overwritten with zeros; 0 when there are none. */
  readonly tornBytes: number;
}

function lastNonZero(bytes: Buffer, from: number): number {
  for (let offset = bytes.length - 1; offset >= from; offset--) if (bytes[offset] !== 0) return offset;
  return -1;
}

/** Refuses when a frame beyond `offset` shows that the bytes at `offset` had been durable. */
function refuseDamage(name: string, bytes: Buffer, header: SegmentHeader, offset: number, end: number): void {
  const positionOf = (at: number): number => header.startPosition + at - SEGMENT_HEADER_BYTES;
  for (let at = offset + FRAME_ALIGNMENT_BYTES; at <= end; at += FRAME_ALIGNMENT_BYTES) {
    const frame = decodeFrame(bytes, at, positionOf(at));
    if (frame === undefined) continue;
    if (frame.batchStart > positionOf(offset)) {
      throw journalCorrupt(
        name,
        `the record at position ${positionOf(offset)} is not whole, yet position ${frame.position} was written later`,
      );
    }
  }
}

/** Throws JOURNAL_CORRUPT or JOURNAL_VERSION_UNSUPPORTED. A torn end is reported, not judged: only the last segment may have one. */
export function scanSegment(name: string, content: Uint8Array): ScannedSegment {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const header = decodeSegmentHeader(bytes, name);
  if (bytes.length !== header.segmentBytes) {
    throw journalCorrupt(name, `it has ${bytes.length} bytes and was made with ${header.segmentBytes}`);
  }
  const frames: Frame[] = [];
  let offset = SEGMENT_HEADER_BYTES;
  let batchStart = header.startPosition;
  const position = (): number => header.startPosition + offset - SEGMENT_HEADER_BYTES;
  for (;;) {
    const frame = decodeFrame(bytes, offset, position());
    if (frame === undefined) break;
    if (frame.batchStart < batchStart)
      throw journalCorrupt(name, `its batches run backwards at ${position()}`);
    batchStart = frame.batchStart;
    if (frame.type === FRAME_TYPE.continued) {
      return { header, frames, endPosition: position(), continued: true, tornBytes: 0 };
    }
    frames.push(frame);
    offset += frameBytes(frame.payload.length);
  }
  const last = lastNonZero(bytes, offset);
  if (last >= 0) refuseDamage(name, bytes, header, offset, last);
  return {
    header,
    frames,
    endPosition: position(),
    continued: false,
    tornBytes: last < 0 ? 0 : last + 1 - offset,
  };
}
