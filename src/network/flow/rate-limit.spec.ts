import { describe, expect, it } from '@jest/globals';
import { Exclusions } from './exclusions.js';
import { RateLimit } from './rate-limit.js';

describe('RateLimit', () => {
  it("lets one second's worth through at once and then the rate", () => {
    const limit = new RateLimit(1000, 0);
    expect(limit.take(1000, 0)).toBe(0);
    expect(limit.take(100, 0)).toBe(100);
    expect(limit.take(0, 50)).toBe(50);
    expect(limit.take(0, 100)).toBe(0);
    expect(limit.take(1, 100)).toBe(1);
  });

  it('saves up no more than one second', () => {
    const limit = new RateLimit(1000, 0);
    expect(limit.take(1500, 60_000)).toBe(500);
  });

  it('ignores a clock that stands still or runs back', () => {
    const limit = new RateLimit(1000, 500);
    expect(limit.take(1000, 400)).toBe(0);
    expect(limit.take(10, 400)).toBe(10);
  });
});

describe('Exclusions', () => {
  it('doubles with each offence up to the longest, and forgives after a minute', () => {
    const exclusions = new Exclusions(1000, 4000);
    const lengths: number[] = [];
    let nowMs = 0;
    for (let offence = 0; offence < 4; offence++) {
      exclusions.exclude('globex', nowMs);
      lengths.push(exclusions.remainingMs('globex', nowMs));
      nowMs += exclusions.remainingMs('globex', nowMs);
    }
    expect(lengths).toEqual([1000, 2000, 4000, 4000]);
    expect(exclusions.remainingMs('globex', nowMs)).toBe(0);
    expect(exclusions.remainingMs('acme', nowMs)).toBe(0);
    nowMs += 60_000;
    exclusions.exclude('globex', nowMs);
    expect(exclusions.remainingMs('globex', nowMs)).toBe(1000);
  });
});
