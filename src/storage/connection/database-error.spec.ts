import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { databaseError, sqlState } from './database-error.js';

function serverError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('refused', 0, 'error'), { code });
}

describe('databaseError', () => {
  it.each([
    ['57P01', 'DATABASE_UNAVAILABLE'], // administrator shutdown
    ['57014', 'DATABASE_UNAVAILABLE'], // statement timeout
    ['53100', 'DATABASE_UNAVAILABLE'], // disk full
    ['40P01', 'DATABASE_UNAVAILABLE'], // deadlock
    ['42P01', 'DATABASE_NOT_MIGRATED'], // no such table
    ['3F000', 'DATABASE_NOT_MIGRATED'], // no such schema
    ['42501', 'DATABASE_FAILED'], // no privilege
    ['23514', 'DATABASE_FAILED'], // check violated
  ])('gives SQLSTATE %s the code %s', (state, code) => {
    const error = databaseError(serverError(state), 'do it');
    expect(error.code).toBe(code);
    expect(error.message).toContain('refused');
    expect(sqlState(error.cause)).toBe(state);
  });

  it('takes anything else for a connection that is gone', () => {
    const refused = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5432'),
      new Error('and 127.0.0.1'),
    ]);
    const error = databaseError(refused, 'read the head');
    expect(error.code).toBe('DATABASE_UNAVAILABLE');
    expect(error.message).toMatch(/could not read the head.*ECONNREFUSED ::1:5432; and 127\.0\.0\.1/);
    expect(databaseError('odd', 'x').message).toContain('odd');
  });

  it('leaves an error that has its code already', () => {
    const error = new LedgerError('DATABASE_CORRUPT', 'x');
    expect(databaseError(error, 'y')).toBe(error);
  });
});
