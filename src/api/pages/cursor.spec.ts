import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ProblemException } from '../problems/problem-exception.js';
import { decodeCursor, encodeCursor, listName } from './cursor.js';

describe('cursors', () => {
  it('give back their position', () => {
    const position = fc.tuple(fc.maxSafeNat(), fc.maxSafeNat());
    fc.assert(
      fc.property(position, fc.string(), (numbers, filter) => {
        const list = listName('t', filter);
        expect(decodeCursor(encodeCursor(list, numbers), list, 2)).toEqual(numbers);
      }),
    );
  });

  it('refuse every other text', () => {
    const list = listName('t', '');
    const cursor = encodeCursor(list, [12, 3]);
    const forged = (text: string): string => Buffer.from(text, 'latin1').toString('base64url');
    for (const text of [
      '',
      `${cursor}=`,
      `${cursor}A`,
      cursor.slice(0, -1),
      forged(`2.${list}.12.3`),
      forged(`1.${list}.12`),
      forged(`1.${list}.12.3.4`),
      forged(`1.${list}.012.3`),
      forged(`1.${list}.-1.3`),
      forged(`1.${list}.9007199254740993.3`),
      forged(`1.${list}.12.3 `),
      'x'.repeat(1_000),
    ]) {
      expect(() => decodeCursor(text, list, 2)).toThrow(ProblemException);
    }
    expect(() => decodeCursor(cursor, listName('t', 'other'), 2)).toThrow(ProblemException);
    expect(() => decodeCursor(cursor, listName('b', ''), 2)).toThrow(ProblemException);
  });
});
