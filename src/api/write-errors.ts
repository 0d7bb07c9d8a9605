/** Writes the table of errors to the path given as the first argument; docs/ERRORS.md is made with it. */
import { writeFileSync } from 'node:fs';
import { errorsDocument } from './problems/errors-document.js';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node dist/api/write-errors.js FILE\n');
  process.exitCode = 2;
} else {
  writeFileSync(file, errorsDocument());
}
