/**
 * The benchmark, in four forms:
 *
 *   npm run bench -- [--suite all|latency|single|fifty|state-tree] [--seconds 30] [--rate N]
 *   npm run bench -- --suite audit [--sizes 100000,1000000]
 *   npm run bench -- --suite catch-up [--blocks 2000] [--rate N]
 *   npm run bench -- --fault kill-primary|stop-primary [--rounds 12] [--rate N]
 *
 * with [--program FILE] [--output FOLDER]. Starts four organisations of its own in a temporary folder, measures, writes a
 * report. Exit status 1 when the nodes disagree.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { say, withBenchCluster } from './cluster/bench-cluster.js';
import { describeMachine } from './machine.js';
import { writeReport } from './report.js';
import { measureAudit } from './suites/audit.js';
import { measureAuditor } from './suites/auditor.js';
import { measureCatchUp, type CatchUpResult } from './suites/catch-up.js';
import { measureLedgerLoad, type LedgerLoadResult, type LoadShape } from './suites/ledger-load.js';
import { measurePrimaryFault, type PrimaryFault, type PrimaryFaultResult } from './suites/primary-fault.js';
import { measureStateTree } from './suites/state-tree.js';

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
/** What goes on while an organisation is away; far from the limit, so that it is the fault that is measured. */
const STEADY: LoadShape = {
  name: 'steady',
  eventsPerTransaction: 1,
  transactionsPerSecond: 200,
  transactionsPerRequest: 10,
  sampleEvery: 5,
};
const FAULTS: readonly string[] = ['kill-primary', 'stop-primary'] satisfies readonly PrimaryFault[];

const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'all' },
    fault: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string' },
    blocks: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '12' },
    /** Of the ledger that auditors ask, in records, ascending. */
    sizes: { type: 'string', default: '100000,1000000' },
    /** Another build of the node to measure, or one that profiles itself. */
    program: { type: 'string', default: path.join(root, 'dist', 'main.js') },
    output: { type: 'string', default: path.join(root, 'bench', 'reports') },
    help: { type: 'boolean', default: false },
  },
});
const mainFile = path.resolve(values.program);
const seconds = Number(values.seconds);
const blocks = Number(values.blocks);
const rounds = Number(values.rounds);
const sizes = values.sizes.split(',').map(Number);

function atRate(shape: LoadShape): LoadShape {
  return values.rate === undefined ? shape : { ...shape, transactionsPerSecond: Number(values.rate) };
}

function isFault(text: string | undefined): text is PrimaryFault {
  return text !== undefined && FAULTS.includes(text);
}

const isWhole = values.fault === undefined;
const chosen = SHAPES.filter(({ name }) => isWhole && (values.suite === 'all' || values.suite === name)).map(
  atRate,
);
const wantsStateTree = isWhole && (values.suite === 'all' || values.suite === 'state-tree');
const wantsAudit = isWhole && values.suite === 'audit';
const wantsCatchUp = isWhole && values.suite === 'catch-up';
const isUnderstood =
  chosen.length > 0 || wantsStateTree || wantsAudit || wantsCatchUp || isFault(values.fault);
const USAGE = `usage: npm run bench -- [--suite all|latency|single|fifty|state-tree] [--seconds N] [--rate N]
       npm run bench -- --suite audit [--sizes RECORDS,…]
       npm run bench -- --suite catch-up [--blocks N] [--rate N]
       npm run bench -- --fault kill-primary|stop-primary [--rounds N] [--rate N]
       with [--program FILE] [--output FOLDER]
`;
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
if (!isUnderstood || !(seconds > 0) || !(blocks > 0) || !(rounds > 0) || !sizes.every((size) => size > 0)) {
  process.stderr.write(USAGE);
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
  if (chosen.length === 0) return [];
  return withBenchCluster({ mainFile }, async (cluster) => {
    const loads: LedgerLoadResult[] = [];
    for (const shape of chosen) {
      say(`load "${shape.name}" for ${seconds} s`);
      loads.push(await measureLedgerLoad(cluster, shape, seconds));
    }
    return loads;
  });
}

async function catchUp(): Promise<CatchUpResult | undefined> {
  if (!wantsCatchUp) return undefined;
  return withBenchCluster({ mainFile }, (cluster) =>
    measureCatchUp(cluster, { shape: atRate(STEADY), blocks }),
  );
}

async function primaryFault(): Promise<PrimaryFaultResult | undefined> {
  const { fault } = values;
  if (!isFault(fault)) return undefined;
  // No primary's turn ends by itself, so that every view change is that of a fault.
  const settings = { consensus: { rotationBlocks: 0 } };
  return withBenchCluster({ mainFile, settings }, (cluster) =>
    measurePrimaryFault(cluster, { fault, rounds, shape: atRate(STEADY) }),
  );
}

const report = {
  date: new Date().toISOString(),
  commit: commitOf(),
  machine: describeMachine(),
  stateTree: wantsStateTree ? measureStateTree() : undefined,
  audits: wantsAudit ? await measureAudit() : [],
  auditor: wantsAudit ? await measureAuditor(sizes, mainFile) : [],
  loads: await measureLoads(),
  catchUp: await catchUp(),
  primaryFault: await primaryFault(),
};
process.stdout.write(`${writeReport(path.resolve(values.output), report)}\n`);
const verdicts = [...report.loads, report.catchUp, report.primaryFault].filter((part) => part !== undefined);
if (verdicts.some(({ agreed }) => !agreed)) process.exitCode = 1;
