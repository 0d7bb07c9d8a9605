// The REST edge → docs/openapi.json. The document is made by the compiled program from the same schemas that validate.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../checks/report.mjs';

export const openApiDocument = 'docs/openapi.json';
const writerSource = 'src/api/write-openapi.ts';
const writer = 'dist/api/write-openapi.js';

export function openApiIsOffered() {
  return fs.existsSync(path.join(root, writerSource));
}

/** Compiles what is stale, then has the program write its document to `file`. */
export function generateOpenApi(file) {
  const run = (args) =>
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  run([path.join(root, 'scripts', 'bootstrap.mjs')]);
  run(['--enable-source-maps', path.join(root, writer), file]);
}
