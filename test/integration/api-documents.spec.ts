// The committed documents are what the code says: docs/ERRORS.md, docs/openapi.json, and the codes in the sources.
import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { accessDocument } from '../../src/api/access/access-document.js';
import { apiOperations, createApiDocument } from '../../src/api/openapi/api-document.js';
import { errorsDocument } from '../../src/api/problems/errors-document.js';
import { findProblem } from '../../src/api/problems/problem-registry.js';

/** Programs of their own; what they throw ends on a terminal, never in an answer. */
const NOT_IN_A_NODE = /^((cli|demo|sdk)[\\/]|keys[\\/]signer-server)/;

function sources(): readonly string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  return files.filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !NOT_IN_A_NODE.test(file),
  );
}

describe('the committed documents', () => {
  it('docs/ERRORS.md is the registry (npm run generate)', () => {
    expect(readFileSync('docs/ERRORS.md', 'utf8')).toBe(errorsDocument());
  });

  it('docs/ACCESS.md is the table of access (npm run generate)', () => {
    expect(readFileSync('docs/ACCESS.md', 'utf8')).toBe(accessDocument(apiOperations()));
  });

  it('docs/openapi.json is the API (npm run generate)', () => {
    expect(JSON.parse(readFileSync('docs/openapi.json', 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(createApiDocument())),
    );
  });

  it('the registry knows every code that a node throws', () => {
    const strangers: string[] = [];
    for (const file of sources()) {
      const text = readFileSync(path.join('src', file), 'utf8');
      for (const [, code = ''] of text.matchAll(/new LedgerError\(\s*'([A-Z_]+)'/g)) {
        if (findProblem(code) === undefined) strangers.push(`${file}: ${code}`);
      }
    }
    expect(strangers).toEqual([]);
  });
});
