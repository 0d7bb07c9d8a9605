/**
 * npm run simulate -- --seeds 1000 --from 1 [--nodes 4|5|7|10] [--events 200]
 * Runs that many seeds; prints each failure with its options, its last events and the command that repeats it.
 */
import { parseArgs } from 'node:util';
import { sumCoverage } from './checks/coverage.js';
import { drawOptions } from './options.js';
import { runSeed, type SimulationResult } from './run-seed.js';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Whole number of a command line option; throws when it is none. */
function readInteger(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`--${name} ${text} is not a whole number`);
  return value;
}

function describeFailure({ options, problem, lastEvents }: SimulationResult, events: number): string {
  const lines = lastEvents.split('\n').slice(-events);
  return [
    `seed ${options.seed} FAILED: ${problem ?? ''}`,
    `options ${JSON.stringify(options)}`,
    `last ${lines.length} events:`,
    ...lines,
    `repeat: npm run simulate -- --seeds 1 --from ${options.seed} --nodes ${options.nodes}`,
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      nodes: { type: 'string' },
      events: { type: 'string', default: '60' },
      'failures-max': { type: 'string', default: '5' },
    },
  });
  const first = readInteger(values.from, 'from');
  const count = readInteger(values.seeds, 'seeds');
  const events = readInteger(values.events, 'events');
  const failuresMax = readInteger(values['failures-max'], 'failures-max');
  const overrides = values.nodes === undefined ? {} : { nodes: readInteger(values.nodes, 'nodes') };
  const startedMs = performance.now();
  const results: SimulationResult[] = [];
  let failures = 0;
  for (let seed = first; seed < first + count && failures < failuresMax; seed++) {
    const result = await runSeed(drawOptions(seed, overrides));
    results.push(result);
    if (result.problem === undefined) continue;
    failures += 1;
    print(describeFailure(result, events));
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const total = (read: (result: SimulationResult) => number): number =>
    results.reduce((sum, result) => sum + read(result), 0);
  const recoveries = results
    .filter(({ options }) => options.expectsProgress)
    .map(({ recoveryMs }) => recoveryMs);
  recoveries.sort((left, right) => left - right);
  const quantile = (part: number): number =>
    Math.round(recoveries[Math.floor(recoveries.length * part)] ?? 0);
  print(
    `${results.length} seeds from ${first}: ${failures} failed; ${(results.length / seconds).toFixed(1)} seeds/s, ` +
      `${total(({ events: traced }) => traced)} inputs, ${total(({ heights }) => heights)} heights; ` +
      `recovery p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`,
  );
  const coverage = [...sumCoverage(results)].sort(([left], [right]) => left.localeCompare(right));
  print(`coverage: ${coverage.map(([thing, count]) => `${thing} ${count}`).join(', ')}`);
  if (failures > 0) process.exitCode = 1;
}

await main();
