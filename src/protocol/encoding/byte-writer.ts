/** Fixed-layout big-endian bytes for everything that is signed or hashed (docs/PROTOCOL.md, canonical bytes). */
import { hexToBytes, utf8ToBytes } from '../primitives/bytes.js';
import { checkedInteger } from '../primitives/checked-integers.js';
import { invariant } from '../primitives/invariant.js';

export class ByteWriter {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  private reserve(count: number): number {
    const start = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return start;
  }

  u8(value: number): this {
    invariant(Number.isInteger(value) && value >= 0 && value <= 0xff, `not a u8: ${value}`);
    this.view.setUint8(this.reserve(1), value);
    return this;
  }

  u16(value: number): this {
    invariant(Number.isInteger(value) && value >= 0 && value <= 0xffff, `not a u16: ${value}`);
    this.view.setUint16(this.reserve(2), value);
    return this;
  }

  u32(value: number): this {
    invariant(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, `not a u32: ${value}`);
    this.view.setUint32(this.reserve(4), value);
    return this;
  }

  u64(value: number): this {
    checkedInteger(value, 'u64');
    const start = this.reserve(8);
    this.view.setUint32(start, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(start + 4, value % 0x1_0000_0000);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const start = this.reserve(bytes.length);
    this.bytes.set(bytes, start);
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

  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
