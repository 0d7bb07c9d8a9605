import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { MESSAGE_FIELD } from '../../src/network/message-mapping/message-limits.js';
import { verifyMessage } from '../../src/protocol/pbft/verify-message.js';
import { runRound } from './fuzz-round.js';
import { record, RECORDING_NAMES, type Recording } from './recording.js';

/** Three rounds, one on each recording; `npm run fuzz` goes on from here. */
const CASES = 30_000;
const SEED = 1;
const HANGS_AFTER_MS = 600_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const ROOT = path.resolve(import.meta.dirname, '../..');
const OTHERS = [
  'hello',
  'syncRequest',
  'syncResponse',
  'transactionBatch',
  'receiptSignatureRequest',
  'receiptSignatureResponse',
];
const consensusTypes = Object.keys(MESSAGE_FIELD).filter((type) => !OTHERS.includes(type));

const recordings: Recording[] = [];

beforeAll(async () => {
  for (const name of RECORDING_NAMES) recordings.push(await record(name));
});

describe('a recording', () => {
  it('has messages of every type, each of which passes the checks under its real signatures', () => {
    for (const { consortium, events } of recordings) {
      const heard = events.flatMap((event) =>
        event.type === 'input' && event.input.type === 'message' ? [event.input] : [],
      );
      expect([...new Set(heard.map(({ message }) => message.type))].sort()).toEqual(
        [...consensusTypes].sort(),
      );
      const seen = new Map<string, number>();
      for (const { from, message } of heard) {
        const count = (seen.get(message.type) ?? 0) + 1;
        seen.set(message.type, count);
        // Of the frequent ones some will do.
        if (count <= 25)
          expect([message.type, verifyMessage(message, from, consortium.context).ok]).toEqual([
            message.type,
            true,
          ]);
      }
    }
  });
});

/** In a process of its own, as a long run is. */
function fuzz(...args: readonly string[]): string {
  const run = spawnSync(process.execPath, ['scripts/run-typescript.mjs', 'test/fuzz/main.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (run.status !== 0) process.stdout.write(`${run.stdout}\n${run.stderr}\n`);
  expect(run.status).toBe(0);
  return run.stdout;
}

describe('mutated messages and records', () => {
  it(
    'make nothing throw, grow, forget or contradict itself, and do not keep a replica from committing',
    () => {
      const output = fuzz('--cases', String(CASES), '--seed', String(SEED));
      expect(output).toMatch(/ 0 failures/);
      expect(output).not.toContain('NOT REACHED');
    },
    HANGS_AFTER_MS,
  );

  it('are the same for the same seed, and others for another', () => {
    const round = runRound(recordings, SEED, 0);
    expect(runRound(recordings, SEED, 0)).toEqual(round);
    expect(runRound(recordings, SEED + 1, 0).outcomes).not.toEqual(round.outcomes);
  });
});
