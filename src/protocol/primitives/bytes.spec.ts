import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bytesEqual,
  bytesToHex,
  compareBytes,
  compareStrings,
  concatBytes,
  hexToBytes,
  parseHex,
  parseUtf8,
  utf8ToBytes,
} from './bytes.js';

const bytes = fc.uint8Array({ maxLength: 40 });

describe('byte strings', () => {
  test('hex goes there and back, in lower case only', () => {
    fc.assert(
      fc.property(bytes, (each) => {
        expect(bytesToHex(each)).toBe(Buffer.from(each).toString('hex'));
        expect(hexToBytes(bytesToHex(each))).toEqual(each);
      }),
    );
    for (const bad of ['a', 'AB', '0x', 'zz', ' 0', 'éé']) expect(parseHex(bad)).toBeUndefined();
    expect(() => hexToBytes('AB')).toThrow(RangeError);
  });

  test('are compared as unsigned numbers', () => {
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right));
        expect(bytesEqual(left, right)).toBe(Buffer.compare(left, right) === 0);
      }),
    );
    expect(bytesEqual(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
  });

  test('are joined in order', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) => {
        expect(concatBytes(...parts)).toEqual(new Uint8Array(Buffer.concat(parts)));
      }),
    );
  });

  test('strings are compared by code units, not by a locale', () => {
    expect(['b', 'a', 'Z', '\u00e4', '\u{1F600}', '\uFFFD'].sort(compareStrings)).toEqual([
      'Z',
      'a',
      'b',
      '\u00e4',
      '\u{1F600}',
      '\uFFFD',
    ]);
    expect(compareStrings('a', 'a')).toBe(0);
  });

  test('UTF-8 is strict and keeps a byte order mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => expect(parseUtf8(utf8ToBytes(text))).toBe(text)),
    );
    expect(parseUtf8(Uint8Array.of(0xff))).toBeUndefined();
    expect(parseUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\uFEFFa');
  });
});
