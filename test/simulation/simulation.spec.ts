import { describe, expect, it } from '@jest/globals';
import { missedGoals } from './checks/coverage.js';
import { drawOptions } from './options.js';
import { runSeed, type SimulationResult } from './run-seed.js';

const FIXED_SEEDS = 250;
const FRESH_SEEDS = 100;

function report({ options, problem, lastEvents }: SimulationResult): string {
  const repeat = `npm run simulate -- --seeds 1 --from ${options.seed}`;
  return `seed ${options.seed}: ${problem ?? ''}\n${JSON.stringify(options)}\n${lastEvents}\nrepeat: ${repeat}`;
}

async function expectClean(seeds: readonly number[]): Promise<readonly SimulationResult[]> {
  const results: SimulationResult[] = [];
  for (const seed of seeds) {
    const result = await runSeed(drawOptions(seed));
    if (result.problem !== undefined) throw new Error(report(result));
    results.push(result);
  }
  return results;
}

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

describe('a simulated cluster', () => {
  it('agrees and recovers under the faults of fixed seeds', async () => {
    const results = await expectClean(range(1, FIXED_SEEDS));
    expect(results.filter(({ options }) => options.expectsProgress).length).toBeGreaterThan(FIXED_SEEDS / 2);
    expect(missedGoals(results)).toEqual([]);
  });

  it('agrees and recovers under the faults of fresh seeds', async () => {
    const from = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
    process.stdout.write(`simulation: fresh seeds ${from} to ${from + FRESH_SEEDS - 1}\n`);
    const results = await expectClean(range(from, FRESH_SEEDS));
    expect(results).toHaveLength(FRESH_SEEDS);
  });

  it('is a function of its seed', async () => {
    for (const seed of range(500, 6)) {
      const [first] = await expectClean([seed]);
      const [second] = await expectClean([seed]);
      expect(second?.fingerprint).toBe(first?.fingerprint);
      expect(second?.events).toBe(first?.events);
    }
  });

  it('needs no repair when nothing fails: every height is certified as soon as the work is done', async () => {
    const calm = {
      nodes: 4,
      faulty: {},
      expectsProgress: true,
      mode: 'uniform',
      lossRate: 0,
      duplicationRate: 0,
      slowRate: 0,
      crashes: 0,
      partitions: 0,
    } as const;
    for (const seed of range(1, 5)) {
      const result = await runSeed(drawOptions(seed, calm));
      expect(result.problem).toBeUndefined();
      expect(result.recoveryMs).toBeLessThanOrEqual(1_000);
    }
  });
});
