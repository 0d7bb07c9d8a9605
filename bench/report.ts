/** The report of a run: JSON for machines, Markdown for people, side by side in one folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine.js';
import type { LedgerLoadResult } from './suites/ledger-load.js';
import type { StateTreeResult } from './suites/state-tree.js';

export interface BenchReport {
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly loads: readonly LedgerLoadResult[];
  readonly stateTree: StateTreeResult | undefined;
}

function loadRow(load: LedgerLoadResult): string {
  const { shape, commitLatencyMs: latency } = load;
  const cells = [
    shape.name,
    `${shape.transactionsPerSecond} tx/s of ${shape.eventsPerTransaction} events, ${load.seconds} s`,
    `${load.transactionsPerSecond} tx/s`,
    `${load.eventsPerSecond} events/s`,
    `${latency.p50} / ${latency.p95} / ${latency.p99} (n = ${latency.n})`,
    `${load.transactionsPerBlock}`,
    `${load.drainSeconds} s`,
    load.residentMiBMax === undefined ? '–' : `${load.residentMiBMax} MiB`,
    load.agreed ? 'yes' : 'NO',
  ];
  return `| ${cells.join(' | ')} |`;
}

function markdown({ date, commit, machine, loads, stateTree }: BenchReport): string {
  const lines = [
    '# Benchmark',
    '',
    `${date}, commit ${commit}. ${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB, Node ${machine.node}, ${machine.system}.`,
    'Four nodes, four PostgreSQL clusters and the load generator on this one machine; fsync on, every signature checked.',
    '',
  ];
  if (loads.length > 0) {
    lines.push(
      '| load | offered (open loop) | committed | | commit latency p50 / p95 / p99 ms | tx a block | drained after | memory of a node, at most | all agree |',
      '|---|---|---|---|---|---|---|---|---|',
      ...loads.map(loadRow),
      '',
      'Committed: in blocks whose time lies within the load. Commit latency: POST that waits until the transaction is agreed, executed and durable at that node.',
      '',
    );
  }
  if (stateTree !== undefined) {
    const { keys, batchKeys, rounds, microsecondsPerKey, loadSeconds } = stateTree;
    lines.push(
      `State tree at ${keys.toLocaleString('en')} keys, ${rounds} batches of ${batchKeys} updated keys: median ${microsecondsPerKey.median} µs a key, p95 ${microsecondsPerKey.p95} µs; loaded in ${loadSeconds} s.`,
      '',
    );
  }
  return lines.join('\n');
}

/** Writes report.json and report.md; returns the Markdown. */
export function writeReport(folder: string, report: BenchReport): string {
  mkdirSync(folder, { recursive: true });
  const text = markdown(report);
  writeFileSync(path.join(folder, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(path.join(folder, 'report.md'), text);
  return text;
}
