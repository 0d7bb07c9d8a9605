/** Writes the OpenAPI document to the path given as the first argument; docs/openapi.json is made with it. */
import { writeFileSync } from 'node:fs';
import 'reflect-metadata';
import { createApiDocument } from './openapi/api-document.js';

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node dist/api/write-openapi.js FILE\n');
  process.exitCode = 2;
} else {
  writeFileSync(file, `${JSON.stringify(createApiDocument(), undefined, 2)}\n`);
}
