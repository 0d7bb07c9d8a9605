/**
 * node scripts/run-typescript.mjs test/scenarios/check-transcripts.ts FILE LINE
 * Plays a transcript again, without a test framework: the mutation gate runs it on a patched copy of the source. Ends with
 * status 1 and says so when LINE happens more or less often than the transcript has it.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transcribe } from './run-script.js';

const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'transcripts');

function count(text: string, line: string): number {
  return text.split('\n').filter((other) => other === line).length;
}

const [name = '', line = ''] = process.argv.slice(2);
const expected = fs.readFileSync(path.join(FOLDER, name), 'utf8');
const before = count(expected, line);
const now = count(transcribe(expected), line);
if (now !== before) {
  process.stdout.write(`${name} FAILED: ${now} times in place of ${before}: ${line}\n`);
  process.exitCode = 1;
}
