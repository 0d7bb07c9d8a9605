// docs/openapi.json and docs/ERRORS.md are what the REST edge gives today, and the OpenAPI document is clean
// (rules: tools/redocly.yaml).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { documents, generateDocuments, openApiDocument } from '../generate/documents.mjs';
import { report, root } from './report.mjs';

report([...outOfSync(), ...lintFindings()]);

function outOfSync() {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-documents-'));
  const fresh = (document) => path.join(temporary, path.basename(document));
  try {
    generateDocuments(fresh);
    return documents.flatMap((document) => difference(document, path.join(root, document), fresh(document)));
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

function difference(document, committed, fresh) {
  if (!fs.existsSync(committed)) return [`${document}: is missing; run \`npm run generate\``];
  if (fs.readFileSync(fresh, 'utf8') === fs.readFileSync(committed, 'utf8')) return [];
  return [`${document}: differs from what src/api gives; run \`npm run generate\``];
}

function lintFindings() {
  const document = path.join(root, openApiDocument);
  if (!fs.existsSync(document)) return [];
  const tools = path.join(root, 'tools');
  const redocly = path.join(tools, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
  const options = ['--config', 'redocly.yaml', '--format=stylish'];
  const result = spawnSync(process.execPath, [redocly, 'lint', document, ...options], {
    cwd: tools,
    encoding: 'utf8',
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (result.error !== undefined) throw result.error;
  return result.status === 0 ? [] : [`${result.stdout}${result.stderr}`.trimEnd()];
}
