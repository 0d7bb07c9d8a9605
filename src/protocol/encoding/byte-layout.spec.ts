import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToHex, utf8ToBytes } from '../primitives/bytes.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

type Field =
  | { readonly type: 'u8' | 'u16' | 'u32' | 'u64'; readonly value: number }
  | { readonly type: 'raw'; readonly value: Uint8Array }
  | { readonly type: 'digest'; readonly value: string }
  | { readonly type: 'text'; readonly value: string };

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex);
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ type: fc.constant('u8' as const), value: fc.integer({ min: 0, max: 0xff }) }),
  fc.record({ type: fc.constant('u16' as const), value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ type: fc.constant('u32' as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ type: fc.constant('u64' as const), value: fc.maxSafeNat() }),
  fc.record({ type: fc.constant('raw' as const), value: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ type: fc.constant('digest' as const), value: hex64 }),
  fc.record({ type: fc.constant('text' as const), value: fc.string({ unit: 'binary', maxLength: 100 }) }),
);

function write(fields: readonly Field[]): Uint8Array {
  const writer = new ByteWriter();
  for (const { type, value } of fields) {
    if (type === 'raw') writer.raw(value);
    else if (type === 'digest') writer.digest(value);
    else if (type === 'text') writer.text(value);
    else writer[type](value);
  }
  return writer.finish();
}

function read(reader: ByteReader, { type, value }: Field): unknown {
  return type === 'raw' ? reader.raw(value.length) : reader[type]();
}

describe('byte layout', () => {
  test('what is written is read again', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), (fields) => {
        const reader = new ByteReader(write(fields));
        for (const each of fields) expect(read(reader, each)).toEqual(each.value);
        expect(reader.isComplete()).toBe(true);
      }),
    );
  });

  test('a reader past the end stays failed', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
        const bytes = write(fields);
        fc.pre(bytes.length > 0);
        const reader = new ByteReader(bytes.slice(0, -1));
        for (const each of fields) read(reader, each);
        expect(reader.isComplete()).toBe(false);
        expect(reader.u8()).toBeUndefined();
      }),
    );
  });

  test('left-over bytes are seen', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2));
    expect(reader.u8()).toBe(1);
    expect(reader.isComplete()).toBe(false);
  });

  test('reading starts at the view’s own offset', () => {
    const reader = new ByteReader(Uint8Array.of(9, 9, 0, 7).subarray(2));
    expect(reader.u16()).toBe(7);
    expect(reader.isComplete()).toBe(true);
  });

  test('integers are big-endian', () => {
    const bytes = new ByteWriter().u8(1).u16(0x0203).u32(0x0405_0607).u64(0x08_090a_0b0c_0d0e).finish();
    expect(bytesToHex(bytes)).toBe('01' + '0203' + '04050607' + '0008090a0b0c0d0e');
  });

  test('a u64 beyond 2^53-1 is refused', () => {
    const beyond = new ByteReader(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0));
    expect(beyond.u64()).toBeUndefined();
    expect(beyond.isComplete()).toBe(false);
    const last = new ByteReader(Uint8Array.of(0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    expect(last.u64()).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('malformed UTF-8 is no text', () => {
    for (const malformed of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      const reader = new ByteReader(Uint8Array.of(0, malformed.length, ...malformed));
      expect(reader.text()).toBeUndefined();
      expect(reader.isComplete()).toBe(false);
    }
  });

  test('values outside their range are broken invariants', () => {
    const writer = new ByteWriter();
    for (const value of [-1, 0.5, NaN, 256]) expect(() => writer.u8(value)).toThrow('u8');
    for (const value of [-1, 0.5, 65_536]) expect(() => writer.u16(value)).toThrow('u16');
    for (const value of [-1, 0.5, 2 ** 32]) expect(() => writer.u32(value)).toThrow('u32');
    for (const value of [-1, 0.5, 2 ** 53]) expect(() => writer.u64(value)).toThrow('u64');
    expect(() => writer.digest('ab')).toThrow('32 bytes');
    expect(() => writer.digest('AB'.repeat(32))).toThrow('hex');
    expect(() => writer.text('x'.repeat(65_536))).toThrow('u16');
  });

  test('ascii stands without a length, and finished bytes are a copy', () => {
    const writer = new ByteWriter().ascii('PBFT1');
    const bytes = writer.finish();
    writer.u8(1);
    expect(bytes).toEqual(utf8ToBytes('PBFT1'));
  });
});
