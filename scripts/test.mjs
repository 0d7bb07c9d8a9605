// `npm test`: everything, in two lanes at once, and one line `N passed, N failed[, N skipped]` at the end. A cluster of real
// processes can use all processors of a small machine, so one is tested after the other and none waits for those of another;
// beside them run the tests that compute.
//   npm test                   everything
//   npm test -- ARGUMENTS…     one run of jest with these arguments, such as the path of a test
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { summaryLine } from './jest-summary-reporter.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const INTERRUPTED = 130;

const lanes = {
  processes: ['--selectProjects', 'e2e', '--runInBand'],
  computing: ['--selectProjects', 'unit', 'integration', '--maxWorkers', String(computingWorkers())],
};

/** At least two: one alone would run in the process of jest itself, whose memory grows with every file. */
function computingWorkers() {
  return Math.max(2, os.availableParallelism() - 1);
}

function startJest(args, options) {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return spawn(process.execPath, [...flags, jest, ...args], { cwd: root, ...options });
}

function exitOf(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? INTERRUPTED));
  });
}

/** Whole lines only, so that two lanes do not write into one line. */
function passOn(stream) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) process.stdout.write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  stream.on('end', () => rest !== '' && process.stdout.write(`${rest}\n`));
}

/** Nothing when a lane ended before it could count. */
function readTally(file) {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : undefined;
}

async function runLane(name, args, folder) {
  const tallyFile = path.join(folder, `${name}.json`);
  const child = startJest(args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, JEST_TALLY_FILE: tallyFile },
  });
  const forward = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, forward);
  passOn(child.stdout);
  passOn(child.stderr);
  const code = await exitOf(child);
  return { name, code, tally: readTally(tallyFile) };
}

async function runLanes() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-test-'));
  try {
    const ended = await Promise.all(Object.entries(lanes).map(([name, args]) => runLane(name, args, folder)));
    const total = { passed: 0, failed: 0, skipped: 0 };
    for (const { name, code, tally } of ended) {
      if (tally === undefined)
        process.stdout.write(`The tests "${name}" ended without a count (exit status ${code}).\n`);
      const counted = tally ?? { passed: 0, failed: 1, skipped: 0 };
      for (const key of Object.keys(total)) total[key] += counted[key];
    }
    process.stdout.write(`${summaryLine(total)}\n`);
    return Math.max(...ended.map(({ code }) => code), total.failed > 0 ? 1 : 0);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
process.exitCode = args.length > 0 ? await exitOf(startJest(args, { stdio: 'inherit' })) : await runLanes();
