/** Writes the table of access to the path given as the first argument; docs/ACCESS.md is made with it. */
import { writeFileSync } from 'node:fs';
import { accessDocument } from './access/access-document.js';
import { apiOperations } from './openapi/api-document.js';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node dist/api/write-access.js FILE\n');
  process.exitCode = 2;
} else {
  writeFileSync(file, accessDocument(apiOperations()));
}
