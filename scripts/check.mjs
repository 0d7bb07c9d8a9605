// `npm run check`: every check that is not a test. One line per check with its seconds; the output of a check is shown only
// when it fails. Exit code 1 when any failed.
//   npm run check                       all
//   npm run check -- --only lint,layers some
//   npm run check -- --list             their names
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const inPackage = (name, file) => path.join(root, 'node_modules', name, file);
const ownCheck = (name) => [path.join(root, 'scripts', 'checks', `${name}.mjs`)];

/** name → arguments for Node. The slow ones come first, so that two at a time fill two processors. */
const checks = new Map([
  ['lint', [inPackage('eslint', 'bin/eslint.js'), '.', '--max-warnings=0']],
  ['types', [inPackage('typescript', 'bin/tsc'), '--noEmit', '--pretty', 'false']],
  ['documents', ownCheck('documents')],
  ['format', [inPackage('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
  [
    'layers',
    [inPackage('dependency-cruiser', 'bin/dependency-cruise.mjs'), 'src', 'test', 'bench', '--config'],
  ],
  ['unused', [inPackage('knip', 'bin/knip.js'), '--no-progress']],
  ['proto', ownCheck('proto')],
  ['generated', ownCheck('generated')],
  ['names', ownCheck('names')],
  ['lock', ownCheck('lock')],
  ['links', ownCheck('links')],
  ['compose', ownCheck('compose')],
]);

async function main(args) {
  if (args[0] === '--list') {
    process.stdout.write(`${[...checks.keys()].join('\n')}\n`);
    return 0;
  }
  const chosen = chosenChecks(args);
  const queue = [...chosen];
  const failed = [];
  const started = Date.now();
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (!(await runCheck(name))) failed.push(name);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, worker));
  const seconds = secondsSince(started);
  if (failed.length === 0) process.stdout.write(`all ${chosen.length} checks are good (${seconds} s)\n`);
  else
    process.stdout.write(
      `${failed.length} of ${chosen.length} checks failed: ${failed.join(', ')} (${seconds} s)\n`,
    );
  return failed.length === 0 ? 0 : 1;
}

function chosenChecks(args) {
  if (args.length === 0) return [...checks.keys()];
  const [option, list] = args[0].includes('=') ? args[0].split('=', 2) : args;
  const names = option === '--only' ? (list ?? '').split(',').filter((name) => name !== '') : [];
  const unknown = names.filter((name) => !checks.has(name));
  if (names.length === 0 || unknown.length > 0) {
    const what =
      unknown.length > 0
        ? `unknown check: ${unknown.join(', ')}`
        : 'usage: check [--list | --only NAME,NAME…]';
    process.stderr.write(`${what}\nchecks: ${[...checks.keys()].join(', ')}\n`);
    process.exit(2);
  }
  return names;
}

function runCheck(name) {
  const started = Date.now();
  return new Promise((resolve) => {
    const output = [];
    const child = spawn(process.execPath, checks.get(name), {
      cwd: root,
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const report = (good) => {
      const verdict = good ? 'ok    ' : 'FAILED';
      process.stdout.write(`${verdict}  ${name.padEnd(10)} ${secondsSince(started).padStart(6)} s\n`);
      if (!good) process.stdout.write(`${Buffer.concat(output).toString('utf8').trimEnd()}\n\n`);
      resolve(good);
    };
    child.on('error', (error) => {
      output.push(Buffer.from(error.message));
      report(false);
    });
    child.on('close', (code) => report(code === 0));
  });
}

function secondsSince(started) {
  return ((Date.now() - started) / 1000).toFixed(1);
}

process.exitCode = await main(process.argv.slice(2));
