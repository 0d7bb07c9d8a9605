/**
 * First 128 bytes of a segment: magic ‖ version u32 ‖ segment bytes u32 ‖ journal id (16) ‖ segment number u64 ‖ start
 * position u64 ‖ applied height u64 ‖ first segment u64 ‖ zeros ‖ CRC-32. A segment gets its name only when the header is
 * durable, so a damaged header is never a torn write.
 */
import { crc32 } from 'node:zlib';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { journalCorrupt } from '../journal-errors.js';

export const SEGMENT_HEADER_BYTES = 128;
export const SEGMENT_VERSION = 2;
const MAGIC = Buffer.from('CSJOURNL', 'latin1');
const CHECKSUM_OFFSET = SEGMENT_HEADER_BYTES - 4;

export interface SegmentHeader {
  /** Lower-case UUID. */
  readonly journalId: string;
  readonly number: number;
  /** Size of the file; it is written full of zeros before it is used. */
  readonly segmentBytes: number;
  /** Position of the first frame. */
  readonly startPosition: number;
  /** Height up to which the database was known to be durable when the segment was begun. */
  readonly appliedHeight: number;
  /** Oldest segment that must exist. */
  readonly firstSegment: number;
}

export function segmentName(number: number): string {
  return `segment-${String(number).padStart(10, '0')}.journal`;
}

/** Number of a segment's file name; `undefined` for other files of the folder. */
export function parseSegmentName(name: string): number | undefined {
  const match = /^segment-(\d{10,16})\.journal$/.exec(name);
  const number = match === null ? undefined : Number(match[1]);
  return number !== undefined && segmentName(number) === name ? number : undefined;
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [0, 8, 12, 16, 20].map((start, part) => hex.slice(start, [8, 12, 16, 20, 32][part])).join('-');
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32BE(SEGMENT_VERSION, 8);
  bytes.writeUInt32BE(header.segmentBytes, 12);
  Buffer.from(header.journalId.replaceAll('-', ''), 'hex').copy(bytes, 16);
  bytes.writeBigUInt64BE(BigInt(header.number), 32);
  bytes.writeBigUInt64BE(BigInt(header.startPosition), 40);
  bytes.writeBigUInt64BE(BigInt(header.appliedHeight), 48);
  bytes.writeBigUInt64BE(BigInt(header.firstSegment), 56);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CHECKSUM_OFFSET)), CHECKSUM_OFFSET);
  return bytes;
}

/** Throws JOURNAL_CORRUPT, or JOURNAL_VERSION_UNSUPPORTED for an undamaged header of a later version. */
export function decodeSegmentHeader(bytes: Buffer, name: string): SegmentHeader {
  if (bytes.length < SEGMENT_HEADER_BYTES) throw journalCorrupt(name, 'the file is shorter than its header');
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw journalCorrupt(name, 'it is not a journal segment');
  if (bytes.readUInt32BE(CHECKSUM_OFFSET) !== crc32(bytes.subarray(0, CHECKSUM_OFFSET))) {
    throw journalCorrupt(name, 'the checksum of its header does not match');
  }
  const version = bytes.readUInt32BE(8);
  if (version !== SEGMENT_VERSION) {
    throw new LedgerError(
      'JOURNAL_VERSION_UNSUPPORTED',
      `journal segment ${name} has format version ${version} and this program reads ${SEGMENT_VERSION}: start the version of Countersign that wrote it`,
    );
  }
  const header: SegmentHeader = {
    segmentBytes: bytes.readUInt32BE(12),
    journalId: uuidOf(bytes.subarray(16, 32)),
    number: Number(bytes.readBigUInt64BE(32)),
    startPosition: Number(bytes.readBigUInt64BE(40)),
    appliedHeight: Number(bytes.readBigUInt64BE(48)),
    firstSegment: Number(bytes.readBigUInt64BE(56)),
  };
  if (segmentName(header.number) !== name) {
    throw journalCorrupt(name, `it is segment ${header.number} under another's name`);
  }
  return header;
}
