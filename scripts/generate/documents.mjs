// The REST edge → its documents. The compiled program writes them from the schemas that validate and the table that maps
// errors, so they cannot say anything else than the program does.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../checks/report.mjs';

export const openApiDocument = 'docs/openapi.json';

const writers = new Map([
  [openApiDocument, 'api/write-openapi'],
  ['docs/ERRORS.md', 'api/write-errors'],
  ['docs/ACCESS.md', 'api/write-access'],
]);

/** The documents that src can write. */
export const documents = [...writers.keys()].filter((document) =>
  fs.existsSync(path.join(root, 'src', `${writers.get(document)}.ts`)),
);

/** Compiles what is stale, then has the program write each document to where `fileOf` says. */
export function generateDocuments(fileOf) {
  const run = (args) =>
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  run([path.join(root, 'scripts', 'bootstrap.mjs')]);
  for (const document of documents) {
    run(['--enable-source-maps', path.join(root, 'dist', `${writers.get(document)}.js`), fileOf(document)]);
  }
}
