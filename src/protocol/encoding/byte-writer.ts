/**
 * Fixed-layout big-endian bytes for everything that is signed or hashed (docs/PROTOCOL.md, canonical bytes). Writers
 * share scratch memory: a block makes thousands of short ones, and each would otherwise cost an allocation of its own.
 */
import { hexToBytes, utf8ToBytes } from '../primitives/bytes.js';
import { checkedInteger } from '../primitives/checked-integers.js';
import { invariant, InvariantViolation } from '../primitives/invariant.js';

const SCRATCH_BYTES = 1_024;
/** Scratch memories kept; more only while writers are open inside one another. */
const SCRATCH_MAX = 8;

interface Scratch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const freeScratch: Scratch[] = [];

function allocateScratch(length: number): Scratch {
  const bytes = new Uint8Array(length);
  return { bytes, view: new DataView(bytes.buffer) };
}

function checkRange(value: number, most: number, type: string): void {
  // Not `invariant`, which would make its message for every good value too.
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new InvariantViolation(`not a ${type}: ${value}`);
}

export class ByteWriter {
  private scratch = freeScratch.pop() ?? allocateScratch(SCRATCH_BYTES);
  private length = 0;

  private reserve(count: number): number {
    const start = this.length;
    this.length += count;
    const { bytes } = this.scratch;
    if (this.length > bytes.length) {
      this.scratch = allocateScratch(Math.max(this.length, 2 * bytes.length));
      this.scratch.bytes.set(bytes);
    }
    return start;
  }

  u8(value: number): this {
    checkRange(value, 0xff, 'u8');
    const start = this.reserve(1);
    this.scratch.view.setUint8(start, value);
    return this;
  }

  u16(value: number): this {
    checkRange(value, 0xffff, 'u16');
    const start = this.reserve(2);
    this.scratch.view.setUint16(start, value);
    return this;
  }

  u32(value: number): this {
    checkRange(value, 0xffff_ffff, 'u32');
    const start = this.reserve(4);
    this.scratch.view.setUint32(start, value);
    return this;
  }

  u64(value: number): this {
    checkedInteger(value, 'u64');
    const start = this.reserve(8);
    this.scratch.view.setUint32(start, Math.floor(value / 0x1_0000_0000));
    this.scratch.view.setUint32(start + 4, value % 0x1_0000_0000);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const start = this.reserve(bytes.length);
    this.scratch.bytes.set(bytes, start);
    return this;
  }

  /** 32 bytes given as 64 hex digits. */
  digest(hex: string): this {
    const bytes = hexToBytes(hex);
    invariant(bytes.length === 32, 'a digest has 32 bytes');
    return this.raw(bytes);
  }

  /** u16 length, then UTF-8. */
  text(text: string): this {
    const bytes = utf8ToBytes(text);
    return this.u16(bytes.length).raw(bytes);
  }

  /** ASCII letters as they stand, without a length. */
  ascii(text: string): this {
    return this.raw(utf8ToBytes(text));
  }

  /** The bytes written; the writer is spent. */
  finish(): Uint8Array {
    const { scratch } = this;
    const written = scratch.bytes.slice(0, this.length);
    if (scratch.bytes.length === SCRATCH_BYTES && freeScratch.length < SCRATCH_MAX) freeScratch.push(scratch);
    this.scratch = SPENT;
    return written;
  }
}

/** Writing after `finish` must not reach the memory of another writer. */
const SPENT: Scratch = allocateScratch(0);
