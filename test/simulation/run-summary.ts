/** What many runs come to: sums and distributions that can be added up over processes. */
import type { SimulationResult } from './run-seed.js';

export interface RunSummary {
  readonly seeds: number;
  readonly failures: number;
  readonly inputs: number;
  readonly heights: number;
  readonly views: number;
  readonly crashes: number;
  readonly recoveriesMs: readonly number[];
  readonly viewsToCommit: readonly number[];
  readonly coverage: Readonly<Record<string, number>>;
}

export const NO_RUNS: RunSummary = {
  seeds: 0,
  failures: 0,
  inputs: 0,
  heights: 0,
  views: 0,
  crashes: 0,
  recoveriesMs: [],
  viewsToCommit: [],
  coverage: {},
};

function addCoverage(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...left };
  for (const [thing, count] of Object.entries(right)) sum[thing] = (sum[thing] ?? 0) + count;
  return sum;
}

export function addSummaries(left: RunSummary, right: RunSummary): RunSummary {
  return {
    seeds: left.seeds + right.seeds,
    failures: left.failures + right.failures,
    inputs: left.inputs + right.inputs,
    heights: left.heights + right.heights,
    views: left.views + right.views,
    crashes: left.crashes + right.crashes,
    recoveriesMs: [...left.recoveriesMs, ...right.recoveriesMs],
    viewsToCommit: [...left.viewsToCommit, ...right.viewsToCommit],
    coverage: addCoverage(left.coverage, right.coverage),
  };
}

export function summarise(result: SimulationResult): RunSummary {
  return {
    seeds: 1,
    failures: result.problem === undefined ? 0 : 1,
    inputs: result.events,
    heights: result.heights,
    views: result.views,
    crashes: result.coverage.get('crash') ?? 0,
    recoveriesMs: [Math.round(result.recoveryMs)],
    viewsToCommit: result.viewsToCommit === undefined ? [] : [result.viewsToCommit],
    coverage: Object.fromEntries(result.coverage),
  };
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function describeSummary(summary: RunSummary, seconds: number): readonly string[] {
  const { seeds, failures, inputs, heights, views, crashes, recoveriesMs, viewsToCommit } = summary;
  const coverage = Object.entries(summary.coverage).sort(([left], [right]) => left.localeCompare(right));
  return [
    `${seeds} seeds, ${failures} failed; ${(seeds / seconds).toFixed(1)} seeds/s, ${inputs} inputs, ${heights} heights, ` +
      `${views} views, ${crashes} crashes`,
    `after healing: p50 ${quantile(recoveriesMs, 0.5)} ms, p99 ${quantile(recoveriesMs, 0.99)} ms, at most ` +
      `${quantile(recoveriesMs, 1)} ms; views to the next commit p50 ${quantile(viewsToCommit, 0.5)}, p99 ${quantile(viewsToCommit, 0.99)}, at most ${quantile(viewsToCommit, 1)}`,
    `coverage: ${coverage.map(([thing, count]) => `${thing} ${count}`).join(', ')}`,
  ];
}
