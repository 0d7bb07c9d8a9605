import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Replay } from '../../../test/support/print-replay.js';
import { replayChain } from '../../../test/support/replay-chain.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PROGRAM = 'test/support/print-replay.ts';

/** Machines that an organisation may have: language, time zone, and how the engine runs and lays out its tables. */
const MACHINES: readonly (readonly [string, string, readonly string[]])[] = [
  ['tr-TR', 'Pacific/Apia', []],
  ['sv-SE', 'Pacific/Chatham', ['--jitless', '--random-seed=7', '--hash-seed=11']],
  ['ar-EG', 'America/St_Johns', ['--no-opt', '--random-seed=8', '--hash-seed=12']],
];

describe('executing a chain', () => {
  let folder = '';
  let bundle = '';

  beforeAll(() => {
    // Where the program finds its packages.
    const cache = path.join(ROOT, 'node_modules/.cache');
    fs.mkdirSync(cache, { recursive: true });
    folder = fs.mkdtempSync(path.join(cache, 'replay-'));
    bundle = path.join(folder, 'replay-chain.mjs');
    const args = ['scripts/run-typescript.mjs', '--bundle', bundle, PROGRAM];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it.each(MACHINES)(
    'gives the same roots where the language is %s and the time that of %s',
    (locale, timeZone, flags) => {
      const language = `${locale.replace('-', '_')}.UTF-8`;
      const run = spawnSync(process.execPath, [...flags, bundle], {
        cwd: folder,
        encoding: 'utf8',
        env: { LANG: language, LC_ALL: language, TZ: timeZone },
      });
      if (run.status !== 0) throw new Error(run.stderr);
      const replay = JSON.parse(run.stdout) as Replay;
      expect(replay).toEqual({ locale, timeZone, heights: replayChain() });
      expect(new Set(replay.heights.flatMap((line) => line.split(' ').slice(3)))).toEqual(
        new Set(['OK', 'REPLAYED', 'FAILED']),
      );
    },
  );
});
