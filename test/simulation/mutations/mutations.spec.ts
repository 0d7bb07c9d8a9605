import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('the mutation gate', () => {
  it('notices every seeded protocol bug within its budget of seeds', () => {
    const gate = spawnSync(
      process.execPath,
      ['scripts/run-typescript.mjs', 'test/simulation/mutations/main.ts'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    if (gate.status !== 0) process.stdout.write(`${gate.stdout}\n${gate.stderr}\n`);
    expect(gate.stdout).toContain(' 0 survived');
    expect(gate.status).toBe(0);
  });
});
