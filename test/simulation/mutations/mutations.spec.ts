import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MUTATIONS } from './mutations.js';

/** Each of them is a program to build and to run, which takes long on a busy machine. */
const HANGS_AFTER_MS = 900_000;
/** A run draws one of so many parts; `npm run mutations` hunts all of them. */
const PARTS = 8;
const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the mutation gate', () => {
  it('has at least 60 seeded bugs, each with a name of its own', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  it(
    'notices every seeded protocol bug of the part drawn by its scenario or within its budget of seeds',
    () => {
      const part = `${1 + Math.floor(Math.random() * PARTS)}/${PARTS}`;
      process.stdout.write(`mutations: part ${part}\n`);
      const gate = spawnSync(
        process.execPath,
        ['scripts/run-typescript.mjs', 'test/simulation/mutations/main.ts', '--part', part],
        { cwd: ROOT, encoding: 'utf8' },
      );
      if (gate.status !== 0) process.stdout.write(`${gate.stdout}\n${gate.stderr}\n`);
      expect(gate.stdout).toMatch(/^[1-9]\d* mutations, 0 survived/m);
      expect(gate.status).toBe(0);
    },
    HANGS_AFTER_MS,
  );
});
