// The demo as a newcomer meets it: one command, one object of JSON, clean ends, and plain words when something is wrong.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DemoSummary } from '../../src/demo/demo-report.js';
import type { Tampering } from '../../src/demo/demo-tampering.js';
import type { StatusResource } from '../../src/sdk/index.js';
import { readSession } from '../../src/demo/cluster/session.js';
import {
  cliFile,
  createTemporaryFolder,
  eventually,
  ORGANISATIONS,
  projectFolder,
  removeDemoFolder,
  runCountersign,
} from './test-cluster.js';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('countersign demo', () => {
  let directory = '';

  beforeAll(() => {
    directory = createTemporaryFolder();
  });
  afterAll(async () => {
    await removeDemoFolder(directory);
  });

  const demo = (...options: readonly string[]) =>
    runCountersign('demo', ...options, '--directory', directory);
  const samples = path.join(projectFolder, 'src/demo/samples/supply-chain.ndjson');

  it('records the samples, proves them, and prints one JSON object', async () => {
    const run = await demo('--exit', '--json');
    expect(run).toMatchObject({ status: 0 });
    const summary = JSON.parse(run.stdout) as DemoSummary;
    expect(summary).toMatchObject({ organisations: 4, transactions: 12, events: 18, receiptsVerified: 12 });
    expect(Object.keys(summary.stateRoots)).toEqual([...ORGANISATIONS]);
    expect(new Set(Object.values(summary.stateRoots)).size).toBe(1);
    expect(new Set(Object.values(summary.headDigests)).size).toBe(1);
    expect(summary.height).toBeGreaterThan(0);
    expect(summary.access).toEqual({
      'acme/auditor GET /v1/evidence': 'let in',
      'acme/app GET /v1/transactions': 'let in',
      'acme/app GET /v1/evidence': 'ROLE_MISSING',
    });
  });

  it('continues the ledger and replays a file of its user', async () => {
    const file = path.join(directory, 'mine.ndjson');
    const lines = readFileSync(samples, 'utf8').trimEnd().split('\n').slice(0, 3);
    // A bare document, an empty line, and the rest as it stands.
    const bare = JSON.stringify((JSON.parse(lines[0]!) as { readonly document: object }).document);
    writeFileSync(file, [bare, '', ...lines.slice(1)].join('\n'));
    const run = await demo('up', '--file', file, '--exit', '--json');
    expect(run).toMatchObject({ status: 0 });
    expect(JSON.parse(run.stdout)).toMatchObject({ transactions: 3, receiptsVerified: 3 });
    rmSync(file);
  });

  it('names the lines that are no documents, and sends nothing', async () => {
    const file = path.join(directory, 'flawed.ndjson');
    writeFileSync(file, `${readFileSync(samples, 'utf8')}{"submitter":\n\n{"type":"Invoice"}\n`);
    const run = await demo('--file', file, '--exit', '--json');
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toContain('line 13: ');
    expect(run.stderr).toContain('line 15: ');
    rmSync(file);
  });

  it('reports a document that the ledger refuses with its line, and records the others', async () => {
    const file = path.join(directory, 'too-large.ndjson');
    const [first] = readFileSync(samples, 'utf8').split('\n');
    const { document } = JSON.parse(first!) as { readonly document: { epcisBody: { eventList: object[] } } };
    const event = document.epcisBody.eventList[0]!;
    document.epcisBody.eventList = Array.from({ length: 120 }, () => event);
    writeFileSync(file, `${first!}\n${JSON.stringify(document)}\n`);
    const run = await demo('--file', file, '--exit', '--json');
    expect(run.status).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ transactions: 1, receiptsVerified: 1 });
    expect(run.stderr).toMatch(/^line 2: .*\[TRANSACTION_TOO_LARGE\]$/m);
    rmSync(file);
  });

  it('runs until SIGTERM, refuses a second one, goes on when its primary is killed, and leaves no process', async () => {
    const child = spawn(process.execPath, [cliFile, 'demo', '--directory', directory], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (output += text.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await eventually('the welcome', async () => (output.includes('NOT FOR PRODUCTION') ? true : undefined));
    expect(output).toMatch(/4 organisations, f = 1, block \d+, state roots equal [0-9a-f]{16}…/);

    const [, curl] = /^ +curl -s (\S+)$/m.exec(output) ?? [];
    expect((await fetch(curl!)).status).toBe(200);

    const second = await demo('--exit');
    expect(second).toMatchObject({ status: 1, stdout: '' });
    expect(second.stderr).toContain('[DEMO_ALREADY_RUNNING]');
    const reset = await demo('reset');
    expect(reset.stderr).toContain('[DEMO_ALREADY_RUNNING]');

    const before = readSession(directory)!;
    const statusOf = async (organisation: string) => {
      const node = before.nodes.find((one) => one.organisation === organisation)!;
      const status = await runCountersign('status', '--json', '--config', node.configFile);
      return JSON.parse(status.stdout) as StatusResource;
    };
    const { primary, view } = await statusOf('umbrella');
    const other = primary === 'umbrella' ? 'acme' : 'umbrella';
    expect(await demo('kill', primary)).toMatchObject({ status: 0 });
    const { height } = await statusOf(other);
    const later = await eventually('two blocks of three', async () => {
      const status = await statusOf(other);
      return status.height > height + 1 ? status : undefined;
    });
    expect(later.view).toBeGreaterThan(view);
    expect(later.primary).not.toBe(primary);
    expect(await demo('start', primary)).toMatchObject({ status: 0 });
    await eventually('the killed node at the head', async () =>
      (await statusOf(primary)).height > later.height ? true : undefined,
    );
    const audited = before.nodes.find(({ organisation }) => organisation === 'initech')!;
    const audit = () => runCountersign('audit', 'run', '--json', '--config', audited.configFile);
    const clean = await audit();
    expect(clean).toMatchObject({ status: 0 });
    expect(JSON.parse(clean.stdout)).toMatchObject({ complete: true, findingCount: 0 });
    const genesis = path.join(directory, 'genesis.json');
    const nowhere = 'postgres://reader@127.0.0.1:1/countersign';
    const away = await runCountersign('audit', 'run', '--database', nowhere, '--genesis', genesis);
    expect(away).toMatchObject({ status: 4, stdout: '' });
    const tampering = await demo('tamper', '--table', 'subject_entries', '--json');
    expect(tampering).toMatchObject({ status: 0 });
    const { row, finding, health } = JSON.parse(tampering.stdout) as Tampering;
    expect(finding).toMatchObject({ table: 'subject_entries', row });
    expect(finding.heights).toHaveLength(1);
    expect(health.state).toBe('degraded');
    const damaged = await audit();
    expect(damaged).toMatchObject({ status: 3 });
    expect(JSON.parse(damaged.stdout)).toMatchObject({
      findings: { kept: [{ table: 'subject_entries', row }] },
    });

    const unknown = await demo('kill', 'nobody');
    expect(unknown.stderr).toContain('[ORGANISATION_UNKNOWN]');

    const pids = readSession(directory)!.nodes.map(({ pid }) => pid!);
    expect(pids).toHaveLength(4);
    child.kill('SIGTERM');
    await expect(ended).resolves.toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(readSession(directory)).toBeUndefined();
  });

  it('does not leave nodes behind when it is killed itself', async () => {
    const child = spawn(process.execPath, [cliFile, 'demo', '--directory', directory], { stdio: 'ignore' });
    const pids = await eventually('a running session', async () => {
      const running = readSession(directory)?.nodes.map(({ pid }) => pid!);
      return running?.length === 4 ? running : undefined;
    });
    child.kill('SIGKILL');
    await eventually('the end of the nodes', async () => (pids.some(isAlive) ? undefined : true));
    // The file that the crash left behind stops nobody.
    const run = await demo('--exit', '--json');
    expect(run).toMatchObject({ status: 0 });
  });

  it('wipes what it made, and nothing else', async () => {
    const mine = path.join(directory, 'notes.txt');
    writeFileSync(mine, 'mine');
    expect(await demo('reset')).toMatchObject({ status: 0 });
    expect(readFileSync(mine, 'utf8')).toBe('mine');
    const again = await demo('kill', 'globex');
    expect(again.stderr).toContain('[DEMO_NOT_RUNNING]');
  });
});
