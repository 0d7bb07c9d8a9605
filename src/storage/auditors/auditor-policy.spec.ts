import { describe, expect, it } from '@jest/globals';
import { reasonToEnd, type AuditorSession } from './auditor-policy.js';

const limits = { statementTimeoutMs: 60_000, transactionTimeoutMs: 120_000 };
const idle: AuditorSession = {
  statementMs: undefined,
  transactionMs: undefined,
  advisoryLocks: 0,
};

describe('reasonToEnd', () => {
  it('leaves whoever is idle, or within the limits to the millisecond', () => {
    expect(reasonToEnd(idle, limits)).toBeUndefined();
    expect(reasonToEnd({ ...idle, statementMs: 60_000, transactionMs: 120_000 }, limits)).toBeUndefined();
  });

  it('ends a statement and a database transaction that last too long', () => {
    expect(reasonToEnd({ ...idle, statementMs: 60_001, transactionMs: 60_001 }, limits)).toBe('statement');
    expect(reasonToEnd({ ...idle, transactionMs: 120_001 }, limits)).toBe('transaction');
    expect(reasonToEnd({ ...idle, statementMs: 1, transactionMs: 120_001 }, limits)).toBe('transaction');
  });

  it('ends a session for one advisory lock, whatever else it does', () => {
    expect(reasonToEnd({ ...idle, advisoryLocks: 1 }, limits)).toBe('advisoryLock');
    expect(reasonToEnd({ ...idle, advisoryLocks: 1, statementMs: 90_000 }, limits)).toBe('advisoryLock');
  });
});
