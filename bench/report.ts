/** The report of a run: JSON for machines, Markdown for people, side by side in one folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from './machine.js';
import type { AuditResult } from './suites/audit.js';
import type { AuditorResult, Spread } from './suites/auditor.js';
import type { CatchUpResult, OthersRate } from './suites/catch-up.js';
import type { LedgerLoadResult } from './suites/ledger-load.js';
import type { PrimaryFaultResult } from './suites/primary-fault.js';
import type { StateTreeResult } from './suites/state-tree.js';
import { median, round } from './statistics.js';

export interface BenchReport {
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly loads: readonly LedgerLoadResult[];
  readonly stateTree: StateTreeResult | undefined;
  readonly audits: readonly AuditResult[];
  readonly auditor: readonly AuditorResult[];
  readonly catchUp: CatchUpResult | undefined;
  readonly primaryFault: PrimaryFaultResult | undefined;
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

function othersRow(name: string, rate: OthersRate): string {
  const { seconds, blocksPerSecond, transactionsPerSecond, latencyMs } = rate;
  const cells = [
    name,
    `${round(seconds)} s`,
    `${round(blocksPerSecond)} (${rate.medianBlocksPerSecond})`,
    `${round(transactionsPerSecond)} (${rate.medianTransactionsPerSecond})`,
    `${latencyMs.p50} / ${latencyMs.p95} (n = ${latencyMs.n})`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function catchUpLines(result: CatchUpResult): readonly string[] {
  const { shape, catchUp, others } = result;
  return [
    `Catch-up under ${shape.transactionsPerSecond} tx/s: ${result.blocksBehind} blocks behind; ${round(catchUp.blocksPerSecond)} blocks/s`,
    `(median of ${Math.floor(catchUp.seconds)} seconds ${catchUp.medianBlocksPerSecond}), ${round(catchUp.transactionsPerSecond)} tx/s; ${result.ratio} times the rate of the others meanwhile.`,
    `Back ${result.secondsToReturn} s after its start, first block after ${result.secondsToFirstBlock} s, at most ${result.residentMiBMax ?? '–'} MiB; all agree: ${result.agreed ? 'yes' : 'NO'}.`,
    '',
    '| the others | for | blocks/s (median of seconds) | tx/s (median of seconds) | commit latency p50 / p95 ms |',
    '|---|---|---|---|---|',
    othersRow('before, all four', others.before),
    othersRow('one down', others.down),
    othersRow('while it catches up', others.during),
    othersRow('after', others.after),
    '',
  ];
}

function primaryFaultLines({
  fault,
  shape,
  rounds,
  resolutionMs,
  agreed,
}: PrimaryFaultResult): readonly string[] {
  const row = (name: string, values: readonly number[]): string =>
    `| ${name} | ${median(values)} | ${Math.max(...values)} | ${values.join(', ')} |`;
  return [
    `${fault} under ${shape.transactionsPerSecond} tx/s, ${rounds.length} rounds (${rounds.map(({ primary }) => primary).join(', ')}); resolution ${resolutionMs} ms and an answer; all agree: ${agreed ? 'yes' : 'NO'}.`,
    '',
    '| ms after the signal | median | most | all |',
    '|---|---|---|---|',
    row(
      'next commit, first of the others',
      rounds.map(({ nextCommitMs }) => nextCommitMs),
    ),
    row(
      'next commit, last of the others',
      rounds.map(({ nextCommitEverywhereMs }) => nextCommitEverywhereMs),
    ),
    row(
      'end of the first second with 80 % of the load',
      rounds.map(({ recoveredMs }) => recoveredMs),
    ),
    row(
      'back, after its restart or SIGCONT',
      rounds.map(({ returnedMs }) => returnedMs),
    ),
    '',
    `Views left: ${rounds.map(({ viewsLeft }) => viewsLeft).join(', ')}. Committed before: ${rounds.map((one) => one.transactionsPerSecondBefore).join(', ')} tx/s.`,
    '',
  ];
}

function auditLine({ shape, seconds, processorSeconds, passSeconds, ...rest }: AuditResult): string {
  const { events, historyEntries, signatures, eventsPerSecond, transactionsPerSecond, findings } = rest;
  const passes = Object.entries(passSeconds).map(([pass, duration]) => `${pass} ${duration} s`);
  return (
    `Audit of ${shape.blocks} blocks of ${shape.transactionsPerBlock} transactions with ${shape.eventsPerTransaction} events each ` +
    `(${events} events, ${historyEntries} entries of histories, ${signatures} signatures): ${seconds} s, of that ${processorSeconds} s of a processor; ` +
    `${eventsPerSecond} events/s, ${transactionsPerSecond} transactions/s. ${passes.join(', ')}. ${findings} findings.`
  );
}

const spread = ({ p50, p95 }: Spread): string => `${p50} / ${p95}`;

function auditorLines(results: readonly AuditorResult[]): readonly string[] {
  return [
    `What an auditor asks of a node without other load; milliseconds p50 / p95, n = ${results[0]?.receiptMs.n ?? 0} each.`,
    '',
    '| records | blocks | receipt by id | verify it | history page of 100, proven | verify it | export of the newest blocks | verify it |',
    '|---|---|---|---|---|---|---|---|',
    ...results.map(({ records, height, bundle, ...times }) =>
      [
        `| ${records} | ${height} | ${spread(times.receiptMs)} | ${spread(times.verifyReceiptMs)} | ${spread(times.historyPageMs)} | ${spread(times.verifyHistoryMs)}`,
        `${bundle.records} records, ${bundle.mebibytes} MiB in ${bundle.exportSeconds} s | ${bundle.verifiedPerSecond} records/s |`,
      ].join(' | '),
    ),
    '',
  ];
}

function markdown({
  date,
  commit,
  machine,
  loads,
  stateTree,
  audits,
  auditor,
  catchUp,
  primaryFault,
}: BenchReport): string {
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
  for (const audit of audits) lines.push(auditLine(audit), '');
  if (auditor.length > 0) lines.push(...auditorLines(auditor));
  if (catchUp !== undefined) lines.push(...catchUpLines(catchUp));
  if (primaryFault !== undefined) lines.push(...primaryFaultLines(primaryFault));
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
