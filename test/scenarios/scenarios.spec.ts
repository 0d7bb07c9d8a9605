import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { transcribe } from './run-script.js';

/** REWRITE_TRANSCRIPTS=1 writes what happens in place of what was expected; read the difference before committing it. */
const isRewriting = process.env['REWRITE_TRANSCRIPTS'] === '1';
const FOLDER = path.join(import.meta.dirname, 'transcripts');
const names = fs.readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

describe('a scripted run of replicas', () => {
  it('has scripts', () => {
    expect(names.length).toBeGreaterThanOrEqual(6);
  });

  it.each(names)('goes as %s says', (name) => {
    const file = path.join(FOLDER, name);
    const expected = fs.readFileSync(file, 'utf8');
    const actual = transcribe(expected);
    if (isRewriting) fs.writeFileSync(file, actual);
    else expect(actual).toBe(expected);
  });
});
