import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { timeToMs } from './time-to-ms.js';

describe('a time of RFC 3339', () => {
  it('is the milliseconds that the calendar gives', () => {
    const times = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(times, (time) => timeToMs(time.toISOString()) === time.getTime()));
  });

  it.each([
    ['2026-03-02T07:30:00Z', '2026-03-02T07:30:00.000Z'],
    ['2026-03-02T07:30:00+01:00', '2026-03-02T06:30:00.000Z'],
    ['2026-03-02t07:30:00.5-05:30', '2026-03-02T13:00:00.500Z'],
    ['2024-02-29T00:00:00.123999z', '2024-02-29T00:00:00.123Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(new Date(timeToMs(text)!).toISOString()).toBe(expected);
  });

  it.each([
    '',
    '2026-03-02',
    '2026-03-02T07:30:00',
    '2026-03-02 07:30:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:00+24:00',
    '+002026-01-01T00:00:00Z',
  ])('is not "%s"', (text) => {
    expect(timeToMs(text)).toBeUndefined();
  });
});
