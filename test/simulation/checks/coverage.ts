/** What a set of runs must contain before its silence means anything. */
import type { SimulationResult } from '../run-seed.js';

/** Each of these must happen at least so often in a hundred runs. */
export const COVERAGE_GOALS: Readonly<Record<string, number>> = {
  crash: 100,
  'crash with lost records': 10,
  'received prePrepare': 1_000,
  'received vote': 1_000,
  'received status': 1_000,
  'received decided': 100,
  'received fetchBlock': 20,
  'received blockReply': 20,
  'received checkpointVote': 1_000,
  'received checkpointCertified': 20,
  'committed before prepared': 100,
  'left an accepted chain': 1,
  proposalRefused: 1,
  'caught up': 20,
  synced: 20,
  quarantined: 2,
};

export function sumCoverage(results: readonly SimulationResult[]): ReadonlyMap<string, number> {
  const sum = new Map<string, number>();
  for (const { coverage } of results) {
    for (const [thing, count] of coverage) sum.set(thing, (sum.get(thing) ?? 0) + count);
  }
  return sum;
}

/** Goals that the runs miss, in words; a set of fewer than a hundred runs owes its share. */
export function missedGoals(results: readonly SimulationResult[]): readonly string[] {
  const sum = sumCoverage(results);
  const share = Math.min(1, results.length / 100);
  return Object.entries(COVERAGE_GOALS)
    .filter(([thing, goal]) => (sum.get(thing) ?? 0) < goal * share)
    .map(([thing, goal]) => `${thing}: ${sum.get(thing) ?? 0} times, ${Math.ceil(goal * share)} wanted`);
}
