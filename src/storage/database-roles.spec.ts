import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { databaseUrlAs, databaseUrlWithSettings, WRITER_ROLE } from './database-roles.js';

/** What the driver makes of the URL. */
function optionsOf(url: string): string | undefined {
  const client = new pg.Client({ connectionString: url }) as unknown as {
    connectionParameters: { options?: string };
  };
  return client.connectionParameters.options;
}

describe('databaseUrlAs', () => {
  it('names the role as the driver understands it', () => {
    expect(optionsOf(databaseUrlAs('postgresql://u:p%40@h:5433/d', WRITER_ROLE))).toBe(
      '-c role=countersign_writer',
    );
  });

  it('keeps options and other parameters that are there', () => {
    const url = databaseUrlAs('postgresql://h/d?options=-c%20work_mem=1MB&sslmode=disable', WRITER_ROLE);
    expect(optionsOf(url)).toBe('-c work_mem=1MB -c role=countersign_writer');
    expect(url).toContain('sslmode=disable');
    expect(optionsOf(databaseUrlWithSettings(url, { jit: 'off' }))).toBe(
      '-c work_mem=1MB -c role=countersign_writer -c jit=off',
    );
  });
});
