/** What the demo says: the result of a replay as one JSON object or in words, and the table of what runs where. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { AccessSample } from './access-sample.js';
import { faultsMax } from '../protocol/primitives/quorum.js';
import type { ClusterNode } from './cluster/cluster-node.js';
import type { Cluster } from './cluster/cluster.js';
import type { Agreement } from './replay/agreement.js';
import type { ReplaySummary } from './replay/replay-documents.js';

/** The one object that `demo --json` prints. */
export interface DemoSummary {
  readonly organisations: number;
  readonly transactions: number;
  readonly events: number;
  /** Blocks that the transactions went into. */
  readonly blocks: number;
  /** Height at which all nodes were asked. */
  readonly height: number;
  readonly stateRoots: Readonly<Record<string, string>>;
  readonly headDigests: Readonly<Record<string, string>>;
  readonly receiptsVerified: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  /** From submission to the answer that the transaction is durable, as the client saw it. */
  readonly commitLatencyMs: { readonly p50: number; readonly p95: number };
  /** Call of an identity → "let in" or the code of the refusal. */
  readonly access: Readonly<Record<string, string>>;
}

const program = fileURLToPath(new URL('../cli/countersign.js', import.meta.url));

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

export function createDemoSummary(
  replay: ReplaySummary,
  agreement: Agreement,
  access: readonly AccessSample[],
): DemoSummary {
  const { transactions, events, blocks, receiptsVerified, seconds, commitLatencyMs } = replay;
  return {
    organisations: Object.keys(agreement.stateRoots).length,
    transactions,
    events,
    blocks,
    height: agreement.height,
    stateRoots: agreement.stateRoots,
    headDigests: agreement.headDigests,
    receiptsVerified,
    seconds: round(seconds),
    eventsPerSecond: seconds > 0 ? round(events / seconds) : 0,
    commitLatencyMs,
    access: Object.fromEntries(access.map(({ call, answer }) => [call, answer])),
  };
}

export function formatSummary(summary: DemoSummary, replayed: number): string {
  const { transactions, events, blocks, seconds, eventsPerSecond, commitLatencyMs, receiptsVerified } =
    summary;
  const lines = [
    `${transactions} transactions with ${events} events in ${blocks} blocks, ${seconds} s (${eventsPerSecond} events/s)`,
    `commit latency p50 ${commitLatencyMs.p50} ms, p95 ${commitLatencyMs.p95} ms`,
    `${receiptsVerified} of ${transactions} receipts verified offline`,
    ...Object.entries(summary.access).map(([call, answer]) => `${call}: ${answer}`),
  ];
  if (replayed > 0) {
    lines.push(`${replayed} of them were on the ledger already: recorded once, answered as replayed`);
  }
  return lines.join('\n');
}

export function formatAgreement({ height, stateRoots, agree }: Agreement): string {
  const roots = Object.entries(stateRoots);
  const faults = faultsMax(roots.length);
  const head = `${roots.length} organisations, f = ${faults}, block ${height}`;
  if (agree) return picocolors.green(`${head}, state roots equal ${roots[0]?.[1].slice(0, 16) ?? ''}…`);
  const list = roots.map(([organisation, root]) => `  ${organisation} ${root}`).join('\n');
  return picocolors.red(`${head}, STATE ROOTS OR HEADS DIFFER:\n${list}`);
}

function nodeTable(nodes: readonly ClusterNode[]): string {
  const table = new Table({
    head: ['ORGANISATION', 'REST', 'DOCS', 'METRICS', 'PID', 'POSTGRESQL'],
    style: { head: [], border: [] },
  });
  for (const { organisation, restUrl, metricsUrl, process: node, postgres } of nodes) {
    const server =
      postgres.pid === undefined ? `port ${postgres.port}` : `port ${postgres.port}, pid ${postgres.pid}`;
    table.push([
      organisation,
      `${restUrl}/v1`,
      `${restUrl}/docs`,
      metricsUrl,
      String(node?.pid ?? '-'),
      server,
    ]);
  }
  return table.toString();
}

/** A path as it can be pasted where the demo was started. */
function pasteable(file: string): string {
  const relative = path.relative(process.cwd(), file);
  const shorter = relative.startsWith('..') ? file : relative;
  return /^[\w./+@:-]+$/.test(shorter) ? shorter : `'${shorter.replaceAll("'", `'\\''`)}'`;
}

/** Asks the node of an organisation with the key of its auditor. */
function as(node: ClusterNode | undefined): string {
  return `--config ${pasteable(node?.place.configFile ?? '')}`;
}

export function formatWelcome(cluster: Cluster, directory: string, height: number): string {
  const [first, second] = cluster.nodes;
  const cli = `node ${pasteable(program)}`;
  const elsewhere = `--directory ${pasteable(directory)}`;
  return [
    nodeTable(cluster.nodes),
    `files      ${pasteable(directory)}/<organisation>: keys/, data/, postgres/, countersign.yaml, node.log`,
    `genesis    ${pasteable(cluster.genesisFile)}`,
    '',
    'Paste these into another shell:',
    `  curl -s ${first?.restUrl ?? ''}/v1/checkpoint`,
    `  ${cli} status ${as(first)}`,
    `  ${cli} block get ${height} ${as(second)}`,
    `  ${cli} demo kill ${second?.organisation ?? ''} ${elsewhere}     consensus goes on without it; then "demo start" it again`,
    `  ${cli} demo tamper ${elsewhere}     changes a row behind a node's back; the node finds it`,
    '',
    picocolors.bold('NOT FOR PRODUCTION. Ctrl+C stops.'),
  ].join('\n');
}
