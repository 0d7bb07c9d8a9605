/**
 * Lives through recorded runs again and makes their messages wrong on the way: in their bytes, in their fields, under true
 * signatures. Prints what became of them, and ends with status 1 when something was found or a type of message was never reached.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { MESSAGE_FIELD } from '../../src/network/message-mapping/message-limits.js';
import { FuzzFailure, JOURNAL_TYPES, ROUND_CASES, runRound } from './fuzz-round.js';
import { addOutcomes, describeOutcomes, findUnreached, noOutcomes, type OutcomeCounts } from './outcomes.js';
import { record, RECORDING_NAMES, type Recording } from './recording.js';

const USAGE = `npm run fuzz -- [--cases 100000] [--seed 1] [--processes 1]
npm run fuzz -- --seed SEED --round ROUND   repeats one round`;

interface Share {
  readonly counts: OutcomeCounts;
  failures: number;
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: String(10 * ROUND_CASES) },
    seed: { type: 'string', default: '1' },
    processes: { type: 'string', default: '1' },
    round: { type: 'string' },
    help: { type: 'boolean', default: false },
    /** For the processes that this program starts: which of how many parts, and the result as one line of JSON. */
    part: { type: 'string' },
  },
});

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Whole number of a command line option; throws when it is none. */
function readInteger(name: 'cases' | 'seed' | 'processes' | 'round' | 'part', fallback = '0'): number {
  const value = Number(values[name] ?? fallback);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`--${name} ${values[name] ?? ''} is not a whole number`);
  return value;
}

const seed = readInteger('seed');
const processes = Math.max(1, readInteger('processes'));

function report(failure: FuzzFailure): void {
  const { cause, message, round } = failure;
  print(`FOUND with seed ${seed}: ${message}`);
  print(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause));
  print(`repeat: npm run fuzz -- --seed ${seed} --round ${round}`);
}

async function recordAll(): Promise<readonly Recording[]> {
  const recordings: Recording[] = [];
  for (const name of RECORDING_NAMES) recordings.push(await record(name));
  return recordings;
}

async function runHere(rounds: readonly number[]): Promise<Share> {
  const share: Share = { counts: noOutcomes(), failures: 0 };
  const recordings = await recordAll();
  for (const round of rounds) {
    try {
      addOutcomes(share.counts, runRound(recordings, seed, round));
    } catch (error) {
      if (!(error instanceof FuzzFailure)) throw error;
      share.failures += 1;
      report(error);
    }
  }
  return share;
}

/** The same program with a part of the rounds; what it finds is printed as it comes. */
async function runElsewhere(part: number): Promise<Share> {
  const program = process.argv[1];
  if (program === undefined) throw new Error('a program has a path');
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', program, ...process.argv.slice(2), '--part', String(part)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let share: Share | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"counts"')) share = JSON.parse(line) as Share;
    else print(line);
  }
  if (share === undefined) throw new Error(`part ${part} gave no result`);
  return share;
}

function roundsOf(part: number): readonly number[] {
  if (values.round !== undefined) return [readInteger('round')];
  const count = Math.ceil(readInteger('cases') / ROUND_CASES);
  return Array.from({ length: count }, (_, round) => round).filter((round) => round % processes === part);
}

async function runAll(): Promise<Share> {
  if (processes === 1 || values.round !== undefined) return runHere(roundsOf(0));
  const shares = await Promise.all(Array.from({ length: processes }, (_, part) => runElsewhere(part)));
  const total: Share = { counts: noOutcomes(), failures: 0 };
  for (const { counts, failures } of shares) {
    addOutcomes(total.counts, counts);
    total.failures += failures;
  }
  return total;
}

async function main(): Promise<void> {
  if (values.help) {
    print(USAGE);
    return;
  }
  if (values.part !== undefined) {
    print(JSON.stringify(await runHere(roundsOf(readInteger('part')))));
    return;
  }
  const startedMs = performance.now();
  const { counts, failures } = await runAll();
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const line of describeOutcomes(counts)) print(line);
  const { cases, heights, ends } = counts;
  print(
    `\nseed ${seed}: ${cases} cases in ${seconds.toFixed(1)} s, ${failures} failures, ${heights} blocks, ${ends} ends`,
  );
  const types = [...Object.keys(MESSAGE_FIELD), ...JOURNAL_TYPES.map((type) => `record ${type}`)];
  const unreached = values.round === undefined ? findUnreached(counts, types) : [];
  for (const what of unreached) print(`NOT REACHED: ${what}`);
  if (failures > 0 || unreached.length > 0) process.exitCode = 1;
}

await main();
