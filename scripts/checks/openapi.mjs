// docs/openapi.json is what the REST edge gives today, and a clean OpenAPI document (rules: tools/redocly.yaml).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generateOpenApi, openApiDocument, openApiIsOffered } from '../generate/open-api.mjs';
import { report, root } from './report.mjs';

const committed = path.join(root, openApiDocument);
const problems = [];
if (openApiIsOffered()) problems.push(...outOfSync());
if (fs.existsSync(committed)) problems.push(...lintFindings());
report(problems);

function outOfSync() {
  if (!fs.existsSync(committed)) return [`${openApiDocument}: is missing; run \`npm run generate\``];
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-openapi-'));
  try {
    const fresh = path.join(temporary, 'openapi.json');
    generateOpenApi(fresh);
    if (fs.readFileSync(fresh, 'utf8') === fs.readFileSync(committed, 'utf8')) return [];
    return [`${openApiDocument}: differs from what src/api gives; run \`npm run generate\``];
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

function lintFindings() {
  const tools = path.join(root, 'tools');
  const redocly = path.join(tools, 'node_modules', '@redocly', 'cli', 'bin', 'cli.js');
  const result = spawnSync(
    process.execPath,
    [redocly, 'lint', committed, '--config', 'redocly.yaml', '--format=stylish'],
    {
      cwd: tools,
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    },
  );
  if (result.error !== undefined) throw result.error;
  return result.status === 0 ? [] : [`${result.stdout}${result.stderr}`.trimEnd()];
}
