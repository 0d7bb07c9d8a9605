import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesToBase64, parseBase64 } from './base64.js';

describe('base64', () => {
  test('is what the platform writes, and is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = bytesToBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(parseBase64(text)).toEqual(bytes);
      }),
    );
  });

  test('one byte string has one text: whatever is read is written the same', () => {
    const letters = fc.constantFrom(...Array.from('ABCxyz019+/=-_ \n'), 'é', '\u0100');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), (characters) => {
        const text = characters.join('');
        const bytes = parseBase64(text);
        if (bytes !== undefined) expect(bytesToBase64(bytes)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    'A',
    'AA',
    'AAA',
    'AA=A',
    'A===',
    '====',
    '=',
    'AB==',
    'AAB=',
    'AA==AA==',
    'AAA\n',
    ' AAA',
    'AA-_',
    'AAAé',
  ])('refuses %j', (text) => {
    expect(parseBase64(text)).toBeUndefined();
  });

  test('RFC 4648 section 10', () => {
    const answers = ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy'];
    answers.forEach((answer, length) => {
      expect(bytesToBase64(new TextEncoder().encode('foobar'.slice(0, length)))).toBe(answer);
    });
  });
});
