import { describe, expect, it } from '@jest/globals';
import { FAILURE_CODES } from '../../protocol/ledger/outcome.js';
import { REJECTION_CODES } from '../../protocol/primitives/rejection.js';
import { findProblem, PROBLEM_REGISTRY, problemType } from './problem-registry.js';

describe('the problem registry', () => {
  it('has each code once, in one spelling', () => {
    const codes = PROBLEM_REGISTRY.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
  });

  it('has a status of an error, a title and a fix for each', () => {
    for (const { code, status, title, fix } of PROBLEM_REGISTRY) {
      expect([code, status >= 400 && status <= 599]).toEqual([code, true]);
      expect([code, /^[A-Z].*[^.]$/.test(title)]).toEqual([code, true]);
      expect([code, fix.endsWith('.')]).toEqual([code, true]);
    }
  });

  it('knows every refusal', () => {
    for (const code of REJECTION_CODES)
      expect(findProblem(code)).toMatchObject({ code, source: 'transaction' });
  });

  it('says when to try again for everything that waiting mends', () => {
    for (const { code, status, retryAfterSeconds } of PROBLEM_REGISTRY) {
      if (status === 429) expect([code, retryAfterSeconds]).toEqual([code, expect.any(Number)]);
    }
  });

  it('gives a name, not an address, as type', () => {
    expect(problemType('LIMIT_INVALID')).toBe('urn:countersign:problem:LIMIT_INVALID');
  });

  it('knows why a transaction on the ledger had no effect', () => {
    for (const code of FAILURE_CODES)
      expect(findProblem(code)).toMatchObject({ code, source: 'transaction' });
  });
});
