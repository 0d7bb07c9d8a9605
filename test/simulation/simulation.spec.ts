/** Fixed seeds, fresh seeds, and the properties of the simulator itself. The long run is `npm run simulate`. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { viewsToCommitMax } from './checks/recovery.js';
import { FaultPlan, type PlannedFault } from './fault-plan.js';
import { loadFailure } from './failure-file.js';
import { drawOptions, FAULT_KINDS, NEMESIS_MODES, type SimulationOptions } from './options.js';
import { SYNC_LIE_NAMES } from './faults/voices/sync-liar.js';
import { runSeed, type SimulationResult } from './run-seed.js';
import { addSummaries, NO_RUNS, summarise } from './run-summary.js';
import { sequenceDiagram } from './sequence-diagram.js';
import { replay, shrink } from './shrink.js';

const FIXED_SEEDS = 150;
const FRESH_SEEDS = 30;
/** Many runs take long on a busy machine. */
const HANGS_AFTER_MS = 900_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const ROOT = path.resolve(import.meta.dirname, '../..');
const CORPUS = path.join(import.meta.dirname, 'corpus');

/** Nothing goes wrong in such a run. */
const CALM: Partial<SimulationOptions> = {
  nodes: 4,
  joiners: 0,
  changes: [],
  validatorsMin: 4,
  faulty: {},
  mode: 'uniform',
  lossRate: 0,
  duplicationRate: 0,
  slowRate: 0,
  crashes: 0,
  partitions: 0,
  rotationBlocks: 0,
  progressTimeoutMs: 2_000,
  silenceTimeoutMs: 3_000,
  pipelineDepth: 8,
  blockTransactionsMax: 10,
  latencyMs: 5,
  journalSyncMs: 2,
  ledgerCommitMs: 5,
};

function report({ options, problem, trace }: SimulationResult): string {
  const events = trace.describeLastEvents(60).join('\n');
  return `seed ${options.seed}: ${problem ?? ''}\n${JSON.stringify(options)}\n${events}`;
}

/** In a process of its own, as the long run is; a failure shows what that printed, with how to repeat it. */
function simulate(from: number, seeds: number): { readonly status: number | null; readonly stdout: string } {
  const args = ['--seeds', String(seeds), '--from', String(from), '--shrink-seconds', '30'];
  const run = spawnSync(
    process.execPath,
    ['scripts/run-typescript.mjs', 'test/simulation/main.ts', ...args],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX },
  );
  if (run.status !== 0) process.stdout.write(`${run.stdout}\n${run.stderr}\n`);
  expect(run.stdout).toContain(`${seeds} seeds, 0 failed`);
  return run;
}

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

describe('a simulated cluster', () => {
  it(
    'agrees and recovers under the faults of fixed seeds, which contain everything that they should',
    () => {
      const { status, stdout } = simulate(1, FIXED_SEEDS);
      expect(stdout).not.toContain('NOT COVERED');
      expect(status).toBe(0);
    },
    HANGS_AFTER_MS,
  );

  it(
    'agrees and recovers under the faults of fresh seeds, whichever these are',
    () => {
      const from = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
      process.stdout.write(`simulation: fresh seeds ${from} to ${from + FRESH_SEEDS - 1}\n`);
      simulate(from, FRESH_SEEDS);
    },
    HANGS_AFTER_MS,
  );

  it('draws every mode and every fault', () => {
    const drawn = range(1, 500).map((seed) => drawOptions(seed));
    expect(new Set(drawn.map(({ mode }) => mode))).toEqual(new Set(NEMESIS_MODES));
    expect(new Set(drawn.flatMap(({ faulty }) => Object.values(faulty)))).toEqual(new Set(FAULT_KINDS));
  });

  it('is a function of its seed', async () => {
    for (const seed of range(500, 12)) {
      const first = await runSeed(drawOptions(seed));
      const second = await runSeed(drawOptions(seed));
      expect([second.fingerprint, second.events]).toEqual([first.fingerprint, first.events]);
    }
  });

  it('needs no repair when nothing fails: no view change, and every height is certified as soon as the work is done', async () => {
    for (const seed of range(1, 8)) {
      const result = await runSeed(drawOptions(seed, CALM));
      expect(result.problem).toBeUndefined();
      expect([result.views, result.coverage.get('suspected') ?? 0]).toEqual([0, 0]);
      expect(result.recoveryMs).toBeLessThanOrEqual(1_000);
    }
  });

  it('replaces a primary whose clock is wrong, one that leaves transactions out, and one that says nothing', async () => {
    for (const fault of ['wrongClock', 'censor', 'silent', 'equivocator'] as const) {
      const result = await runSeed(drawOptions(7, { ...CALM, progressTimeoutMs: 300, faulty: { 0: fault } }));
      expect([fault, result.problem]).toEqual([fault, undefined]);
      expect(result.views).toBeGreaterThan(0);
    }
  });

  it('is not moved out of its view by a faulty validator that is not the primary, whatever it says', async () => {
    for (const fault of FAULT_KINDS) {
      const options = drawOptions(9, { ...CALM, statusIntervalMs: 100, faulty: { 3: fault } });
      const result = await runSeed(options);
      expect([fault, result.problem, result.views]).toEqual([fault, undefined, 0]);
    }
  });

  it('ends the turn of a primary that proposes as little and as late as it dares', async () => {
    const slow = { ...CALM, progressTimeoutMs: 1_000, healAtMs: 1_000, faulty: { 0: 'slow' } } as const;
    const transactions = range(0, 30).map((number) => ({
      name: `t${number}`,
      atMs: 100,
      nodes: [0, 1, 2, 3],
    }));
    const run = (rotationBlocks: number): Promise<SimulationResult> =>
      runSeed(
        drawOptions(4, { ...slow, rotationBlocks }),
        new FaultPlan(undefined, false, { faults: [], transactions }),
      );
    const [rotating, staying] = [await run(3), await run(0)];
    expect([rotating.problem, staying.problem]).toEqual([undefined, undefined]);
    expect([rotating.views > 0, staying.views]).toEqual([true, 0]);
    expect(rotating.recoveryMs).toBeLessThan(staying.recoveryMs / 2);
  });

  it('catches up in spite of a peer that claims what it likes, stays silent, or sends rubbish after a good beginning', async () => {
    const seeds = 15;
    let summary = NO_RUNS;
    for (const seed of range(1, seeds)) {
      const small = { pipelineDepth: 1, blockTransactionsMax: 1, statusIntervalMs: 100, healAtMs: 5_000 };
      const options = drawOptions(seed, { ...CALM, ...small, faulty: { 1: 'syncLiar' } });
      const transactions = range(0, 80).map((number) => ({
        name: `t${number}`,
        atMs: 60 * number,
        nodes: [0, 1, 2],
      }));
      const faults = range(0, 7).map((number): PlannedFault => ({
        kind: 'crash',
        node: 3,
        atMs: 700 * number,
        downMs: 500,
        rollbackBlocks: 0,
      }));
      const result = await runSeed(options, new FaultPlan(undefined, false, { faults, transactions }));
      if (result.problem !== undefined) throw new Error(report(result));
      summary = addSummaries(summary, summarise(result));
    }
    expect(SYNC_LIE_NAMES.filter((name) => (summary.coverage[name] ?? 0) === 0)).toEqual([]);
    expect(summary.coverage['synced']).toBeGreaterThanOrEqual(20 * seeds);
  });

  it('meets again in a few views after a quorum was away for ten minutes, however its members come back', async () => {
    const healAtMs = 600_000;
    const options = drawOptions(3, { ...CALM, healAtMs, deadlineMs: healAtMs + 20_000 });
    const transactions = range(0, 20).map((number) => ({
      name: `t${number}`,
      atMs: 100 + 10 * number,
      nodes: [0, 1, 2, 3],
    }));
    const away = (node: number, fromMs: number, untilMs: number): PlannedFault => ({
      kind: 'crash',
      node,
      atMs: fromMs,
      downMs: untilMs - fromMs,
      rollbackBlocks: 0,
    });
    const back = healAtMs + 1;
    const absences = [
      [away(0, 200, back), away(1, 200, back)],
      [away(0, 200, back), away(1, 180, 300_000), away(2, 250_000, back), away(1, 400_000, 550_000)],
      [away(0, 190, 200_000), away(1, 191, 400_000), away(2, 192, back), away(3, 193, back)],
    ];
    for (const faults of absences) {
      const result = await runSeed(options, new FaultPlan({ faults, transactions, decisions: [] }));
      expect(result.problem).toBeUndefined();
      expect(result.recoveryMs).toBeLessThan(2 * options.progressTimeoutMsMax);
      expect(result.views).toBeLessThanOrEqual(viewsToCommitMax(4));
      expect(result.viewsToCommit).toBeDefined();
    }
  });
});

describe('a run that is written down', () => {
  it('goes the same way again', async () => {
    for (const seed of [11, 12, 13]) {
      const recorded = await runSeed(drawOptions(seed), new FaultPlan(undefined, true));
      const repeated = await replay({ options: recorded.options, schedule: recorded.schedule });
      expect([repeated.fingerprint, repeated.events]).toEqual([recorded.fingerprint, recorded.events]);
    }
  });

  it('shrinks to what its problem needs', async () => {
    // More faulty validators than a quorum of four tolerates: two that lose their journals and tell everybody what they like.
    const wanted: Partial<SimulationOptions> = {
      nodes: 4,
      faulty: { 1: 'silent', 2: 'silent' },
      core: [0, 1, 2, 3],
      mode: 'uniform',
      deadlineMs: 8_000,
      healAtMs: 1_000,
    };
    const options = drawOptions(5, wanted, 'constant');
    const recorded = await runSeed(options, new FaultPlan(undefined, true));
    expect(recorded.problem).toMatch(/^LIVENESS/);
    const failure = { options, schedule: recorded.schedule, problem: recorded.problem! };
    const small = await shrink(failure, performance.now() + 60_000);
    expect(Object.keys(small.options.faulty)).toEqual(['1', '2']);
    expect(small.schedule.transactions.length).toBeLessThanOrEqual(2);
    expect(small.schedule.faults.length + small.schedule.decisions.length).toBeLessThanOrEqual(2);
    const result = await replay(small);
    expect(result.problem).toMatch(/^LIVENESS/);
    const diagram = sequenceDiagram(result.trace, small.problem, 50);
    expect(diagram).toMatch(/sequenceDiagram\n {2}participant 0/);
  });

  const corpus = fs.existsSync(CORPUS) ? fs.readdirSync(CORPUS).filter((name) => name.endsWith('.json')) : [];
  it('fails no more where it failed once', async () => {
    for (const name of corpus) {
      const { problem } = await replay(loadFailure(path.join(CORPUS, name)));
      expect([name, problem]).toEqual([name, undefined]);
    }
  });
});
