/**
 * The benchmark: `npm run bench -- [--suite all|latency|single|fifty|state-tree] [--seconds 30] [--rate N] [--program FILE] [--output FOLDER]`.
 * Starts four organisations of its own in a temporary folder, measures, writes a report. Exit status 1 when the nodes disagree.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { Cluster } from '../src/demo/cluster/cluster.js';
import { removePostgres } from '../src/demo/postgres/embedded-postgres.js';
import { describeMachine } from './machine.js';
import { writeReport } from './report.js';
import { measureLedgerLoad, type LedgerLoadResult, type LoadShape } from './suites/ledger-load.js';
import { measureStateTree, type StateTreeResult } from './suites/state-tree.js';

const ORGANISATIONS = ['acme', 'globex', 'initech', 'umbrella'];
const root = fileURLToPath(new URL('..', import.meta.url));

const SHAPES: readonly LoadShape[] = [
  {
    name: 'latency',
    eventsPerTransaction: 1,
    transactionsPerSecond: 5,
    transactionsPerRequest: 1,
    sampleEvery: 1,
  },
  {
    name: 'single',
    eventsPerTransaction: 1,
    transactionsPerSecond: 1_000,
    transactionsPerRequest: 20,
    sampleEvery: 10,
  },
  {
    name: 'fifty',
    eventsPerTransaction: 50,
    transactionsPerSecond: 120,
    transactionsPerRequest: 4,
    sampleEvery: 10,
  },
];

const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'all' },
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string' },
    /** Another build of the node to measure, or one that profiles itself. */
    program: { type: 'string', default: path.join(root, 'dist', 'main.js') },
    output: { type: 'string', default: path.join(root, 'bench', 'reports') },
  },
});
const seconds = Number(values.seconds);
const chosen = SHAPES.filter(({ name }) => values.suite === 'all' || values.suite === name).map((shape) =>
  values.rate === undefined ? shape : { ...shape, transactionsPerSecond: Number(values.rate) },
);
const wantsStateTree = values.suite === 'all' || values.suite === 'state-tree';
if (!(seconds > 0) || (chosen.length === 0 && !wantsStateTree)) {
  process.stderr.write(
    'usage: npm run bench -- [--suite all|latency|single|fifty|state-tree] [--seconds N] [--rate N] [--program FILE] [--output FOLDER]\n',
  );
  process.exit(2);
}

function commitOf(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    // An unpacked archive has no history.
    return 'unknown';
  }
}

async function measureLoads(): Promise<readonly LedgerLoadResult[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'countersign-bench-'));
  const cluster = await Cluster.start({
    directory,
    organisations: ORGANISATIONS,
    consortium: 'bench',
    ports: 'free',
    mainFile: path.resolve(values.program),
    settings: { log: { level: 'warn' } },
    onStep: (step) => process.stderr.write(`${step}\n`),
  });
  try {
    const loads: LedgerLoadResult[] = [];
    for (const shape of chosen) {
      process.stderr.write(`load "${shape.name}" for ${seconds} s\n`);
      loads.push(await measureLedgerLoad(cluster, shape, seconds));
    }
    return loads;
  } finally {
    await cluster.stop();
    for (const node of cluster.nodes) await removePostgres(node.place.postgresFolder);
    rmSync(directory, { recursive: true, force: true });
  }
}

const stateTree: StateTreeResult | undefined = wantsStateTree ? measureStateTree() : undefined;
const loads = chosen.length > 0 ? await measureLoads() : [];
const report = {
  date: new Date().toISOString(),
  commit: commitOf(),
  machine: describeMachine(),
  loads,
  stateTree,
};
process.stdout.write(`${writeReport(path.resolve(values.output), report)}\n`);
if (loads.some(({ agreed }) => !agreed)) process.exitCode = 1;
