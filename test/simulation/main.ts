/**
 * Runs seeds; prints each failure with its options and last events, writes its schedule and a sequence diagram to
 * simulation-failures/, and shrinks it. Ends with status 1 when a run failed or the coverage goals were missed.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { missedGoals } from './checks/coverage.js';
import { loadFailure, saveFailure } from './failure-file.js';
import { FaultPlan } from './fault-plan.js';
import {
  drawOptions,
  FAULT_KINDS,
  NEMESIS_MODES,
  type FaultKind,
  type NemesisMode,
  type SimulationOptions,
} from './options.js';
import { runSeed, type SimulationResult } from './run-seed.js';
import { addSummaries, describeSummary, NO_RUNS, summarise, type RunSummary } from './run-summary.js';
import { replay, shrink, type Failure } from './shrink.js';

const PROGRESS_SECONDS = 60;
const USAGE = `npm run simulate -- --seeds 1000 --from 1 [--nodes 4|5|7|10] [--mode ${NEMESIS_MODES.join('|')}]
                    [--faulty 0=${FAULT_KINDS.join('|')},3=…]
                    [--membership changing|constant]
                    [--processes 2] [--failures-max 5] [--events 60] [--shrink-seconds 60]
npm run simulate -- --replay FILE [--shrink-seconds 60]`;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    nodes: { type: 'string' },
    mode: { type: 'string' },
    faulty: { type: 'string' },
    membership: { type: 'string' },
    events: { type: 'string', default: '60' },
    'failures-max': { type: 'string', default: '5' },
    'shrink-seconds': { type: 'string', default: '60' },
    processes: { type: 'string', default: '1' },
    replay: { type: 'string' },
    help: { type: 'boolean', default: false },
    /** For the processes that this program starts: the summary as one line of JSON. */
    summary: { type: 'boolean', default: false },
  },
});

/** Whole number of a command line option; throws when it is none. */
function readInteger(
  name: 'seeds' | 'from' | 'nodes' | 'events' | 'failures-max' | 'shrink-seconds' | 'processes',
): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`--${name} ${values[name] ?? ''} is not a whole number`);
  return value;
}

function isMode(text: string): text is NemesisMode {
  return (NEMESIS_MODES as readonly string[]).includes(text);
}

/** `0=liar,3=silent` */
function readFaulty(text: string): Readonly<Record<number, FaultKind>> {
  const faulty: Record<number, FaultKind> = {};
  for (const part of text.split(',')) {
    const [index, name] = part.split('=');
    const kind = FAULT_KINDS.find((known) => known === name);
    if (index === undefined || !/^\d+$/.test(index) || kind === undefined)
      throw new RangeError(`--faulty ${part} is no index and kind, as 0=${FAULT_KINDS[0]}`);
    faulty[Number(index)] = kind;
  }
  return faulty;
}

function overrides(): Partial<SimulationOptions> {
  const { mode, nodes, faulty } = values;
  if (mode !== undefined && !isMode(mode))
    throw new RangeError(`--mode is one of ${NEMESIS_MODES.join(', ')}`);
  return {
    ...(nodes === undefined ? {} : { nodes: readInteger('nodes') }),
    ...(mode === undefined ? {} : { mode }),
    ...(faulty === undefined ? {} : { faulty: readFaulty(faulty) }),
  };
}

function membership(): 'changing' | 'constant' | undefined {
  const { membership: wanted } = values;
  if (wanted !== undefined && wanted !== 'changing' && wanted !== 'constant')
    throw new RangeError('--membership is changing or constant');
  return wanted;
}

function version(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    // An unpacked archive has no history.
    return 'unknown';
  }
}

function size({ schedule, options }: Failure): string {
  const { transactions, faults, decisions } = schedule;
  return `${transactions.length} transactions, ${faults.length} planned faults, ${decisions.length} decisions, ${Object.keys(options.faulty).length} faulty validators`;
}

async function makeSmaller(failure: Failure): Promise<void> {
  const seconds = readInteger('shrink-seconds');
  if (seconds === 0) return;
  const smaller = await shrink(failure, performance.now() + 1_000 * seconds);
  const result = await replay(smaller);
  print(`shrunk from ${size(failure)}\n         to ${size(smaller)}`);
  print(`repeat: npm run simulate -- --replay ${saveFailure(smaller, result)}`);
}

/** Runs the failing seed once more, now writing its decisions down. */
async function report({ options, problem, trace }: SimulationResult): Promise<void> {
  const events = trace.describeLastEvents(readInteger('events'));
  print(`seed ${options.seed} FAILED at ${version()}: ${problem ?? ''}`);
  print(`options ${JSON.stringify(options)}, trace ${trace.fingerprint >>> 0}`);
  for (const event of events) print(event);
  const recorded = await runSeed(options, new FaultPlan(undefined, true));
  if (recorded.problem !== problem)
    print(`NOT REPEATABLE: the second run gave ${recorded.problem ?? 'no problem'}`);
  const failure = { options, schedule: recorded.schedule, problem: problem ?? '' };
  print(
    `repeat: npm run simulate -- --seeds 1 --from ${options.seed}, or --replay ${saveFailure(failure, recorded)}`,
  );
  await makeSmaller(failure);
}

async function runHere(first: number, count: number): Promise<RunSummary> {
  const failuresMax = readInteger('failures-max');
  const startedMs = performance.now();
  let reportedMs = startedMs;
  let summary = NO_RUNS;
  for (let seed = first; seed < first + count && summary.failures < failuresMax; seed++) {
    const result = await runSeed(drawOptions(seed, overrides(), membership()));
    summary = addSummaries(summary, summarise(result));
    if (result.problem !== undefined) await report(result);
    if (performance.now() - reportedMs < 1_000 * PROGRESS_SECONDS) continue;
    reportedMs = performance.now();
    process.stderr.write(`${summary.seeds} of ${count} seeds from ${first}, ${summary.failures} failed\n`);
  }
  return summary;
}

/** The same program with a part of the seeds; what it finds is printed as it comes. */
async function runElsewhere(first: number, count: number): Promise<RunSummary> {
  const program = process.argv[1];
  if (program === undefined) throw new Error('a program has a path');
  const args = process.argv
    .slice(2)
    .filter(
      (arg, index, all) =>
        !/^--(seeds|from|processes)$/.test(arg) && !/^--(seeds|from|processes)$/.test(all[index - 1] ?? ''),
    );
  const child = spawn(
    process.execPath,
    [
      '--enable-source-maps',
      program,
      ...args,
      '--seeds',
      String(count),
      '--from',
      String(first),
      '--summary',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let summary: RunSummary | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"seeds"')) summary = JSON.parse(line) as RunSummary;
    else print(line);
  }
  if (summary === undefined) throw new Error(`the process for seeds from ${first} gave no summary`);
  return summary;
}

async function runAll(first: number, count: number): Promise<RunSummary> {
  const processes = Math.min(readInteger('processes'), count);
  if (processes <= 1) return runHere(first, count);
  const each = Math.ceil(count / processes);
  const parts = Array.from({ length: processes }, (_, index) => {
    const from = first + index * each;
    return runElsewhere(from, Math.max(0, Math.min(each, first + count - from)));
  });
  return (await Promise.all(parts)).reduce(addSummaries, NO_RUNS);
}

async function repeatFile(file: string): Promise<void> {
  const failure = loadFailure(file);
  const result = await replay(failure);
  for (const event of result.trace.describeLastEvents(readInteger('events'))) print(event);
  print(`${result.problem ?? 'no problem any more'}; it was: ${failure.problem}`);
  if (result.problem === undefined) return;
  process.exitCode = 1;
  await makeSmaller({ ...failure, problem: result.problem });
}

async function main(): Promise<void> {
  if (values.help) {
    print(USAGE);
    return;
  }
  if (values.replay !== undefined) {
    await repeatFile(values.replay);
    return;
  }
  const startedMs = performance.now();
  const summary = await runAll(readInteger('from'), readInteger('seeds'));
  if (values.summary) {
    print(JSON.stringify(summary));
    return;
  }
  for (const line of describeSummary(summary, (performance.now() - startedMs) / 1_000)) print(line);
  // A part of the runs (one mode, one size) owes no coverage of the others.
  const isPart = Object.keys(overrides()).length > 0 || membership() !== undefined;
  const missed = isPart ? [] : missedGoals(summary);
  for (const goal of missed) print(`NOT COVERED ${goal}`);
  if (summary.failures > 0 || missed.length > 0) process.exitCode = 1;
}

await main();
