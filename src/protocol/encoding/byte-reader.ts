/** Reads fixed-layout bytes from outside: every method gives `undefined` past the end or out of range, and stays failed. */
import { bytesToHex, parseUtf8 } from '../primitives/bytes.js';
import type { Digest } from '../primitives/identifiers.js';

export class ByteReader {
  private offset = 0;
  private broken = false;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** True when nothing failed and nothing is left over. */
  isComplete(): boolean {
    return !this.broken && this.offset === this.bytes.length;
  }

  private advance(count: number): number | undefined {
    if (this.broken || this.offset + count > this.bytes.length) {
      this.broken = true;
      return undefined;
    }
    const start = this.offset;
    this.offset += count;
    return start;
  }

  u8(): number | undefined {
    const start = this.advance(1);
    return start === undefined ? undefined : this.view.getUint8(start);
  }

  u16(): number | undefined {
    const start = this.advance(2);
    return start === undefined ? undefined : this.view.getUint16(start);
  }

  u32(): number | undefined {
    const start = this.advance(4);
    return start === undefined ? undefined : this.view.getUint32(start);
  }

  u64(): number | undefined {
    const start = this.advance(8);
    if (start === undefined) return undefined;
    const value = this.view.getUint32(start) * 0x1_0000_0000 + this.view.getUint32(start + 4);
    if (Number.isSafeInteger(value)) return value;
    this.broken = true;
    return undefined;
  }

  raw(count: number): Uint8Array | undefined {
    const start = this.advance(count);
    return start === undefined ? undefined : this.bytes.slice(start, start + count);
  }

  digest(): Digest | undefined {
    const bytes = this.raw(32);
    return bytes === undefined ? undefined : (bytesToHex(bytes) as Digest);
  }

  text(): string | undefined {
    const length = this.u16();
    const bytes = length === undefined ? undefined : this.raw(length);
    const text = bytes === undefined ? undefined : parseUtf8(bytes);
    if (text === undefined) this.broken = true;
    return text;
  }
}
