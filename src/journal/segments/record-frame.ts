/**
 * One frame of the journal: length u32 ‖ checksum u32 ‖ position u64 ‖ batch start u64 ‖ type u8 ‖ 7 zero bytes ‖
 * payload, padded with zeros to a multiple of 8. The checksum is CRC-32 (zlib.crc32: native, 4 GB/s; table-driven
 * CRC-32C in JavaScript is ten times slower) over everything but itself. `batchStart` is the position up to which the
 * journal was durable when the frame was written: it tells a torn batch from damage to durable records.
 */
import { crc32 } from 'node:zlib';

export const FRAME_HEADER_BYTES = 32;
const ALIGNMENT = 8;

/** Numbers are part of the file format and never change. */
export const FRAME_TYPE = {
  /** An encoded JournalRecord. */
  record: 1,
  /** Payload: u64, the first segment that must exist; written before older ones are deleted. */
  firstSegment: 2,
  /** The journal was closed in order: everything before is complete. */
  closed: 3,
  /** Last frame of a segment: the next segment exists. Takes no position of its own. */
  continued: 4,
} as const;

const FRAME_TYPES: ReadonlySet<number> = new Set(Object.values(FRAME_TYPE));

export interface Frame {
  readonly type: number;
  readonly position: number;
  readonly batchStart: number;
  readonly payload: Uint8Array;
}

export function frameBytes(payloadBytes: number): number {
  return FRAME_HEADER_BYTES + Math.ceil(payloadBytes / ALIGNMENT) * ALIGNMENT;
}

/** CRC of the length field, then of everything after the checksum field. */
function frameChecksum(frame: Buffer): number {
  return crc32(frame.subarray(8), crc32(frame.subarray(0, 4)));
}

export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.alloc(frameBytes(frame.payload.length));
  bytes.writeUInt32BE(frame.payload.length, 0);
  bytes.writeBigUInt64BE(BigInt(frame.position), 8);
  bytes.writeBigUInt64BE(BigInt(frame.batchStart), 16);
  bytes.writeUInt8(frame.type, 24);
  bytes.set(frame.payload, FRAME_HEADER_BYTES);
  bytes.writeUInt32BE(frameChecksum(bytes), 4);
  return bytes;
}

/** The frame at `offset` if a whole, undamaged one with exactly this position is there. */
export function decodeFrame(bytes: Buffer, offset: number, position: number): Frame | undefined {
  if (offset + FRAME_HEADER_BYTES > bytes.length) return undefined;
  if (bytes.readUInt32BE(offset + 12) !== position % 0x1_0000_0000) return undefined;
  if (bytes.readBigUInt64BE(offset + 8) !== BigInt(position)) return undefined;
  const payloadBytes = bytes.readUInt32BE(offset);
  const end = offset + frameBytes(payloadBytes);
  if (end > bytes.length) return undefined;
  const whole = bytes.subarray(offset, end);
  if (whole.readUInt32BE(4) !== frameChecksum(whole)) return undefined;
  const type = whole.readUInt8(24);
  const batchStart = Number(whole.readBigUInt64BE(16));
  if (!FRAME_TYPES.has(type) || batchStart > position) return undefined;
  return {
    type,
    position,
    batchStart,
    payload: whole.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + payloadBytes),
  };
}

/** Positions of frames are multiples of this, which makes a search for a later frame cheap. */
export const FRAME_ALIGNMENT_BYTES = ALIGNMENT;
