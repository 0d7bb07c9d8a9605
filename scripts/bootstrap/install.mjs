// `npm ci`, only when needed. node_modules carries a stamp: digest of the lock file, platform, architecture and Node ABI.
// An install made by hand (`npm ci`, `npm install`) is recognised by npm's own record and gets the stamp without a second one.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { BootstrapError, runQuietly, say } from './process.mjs';

const stampPath = (folder) => path.join(folder, 'node_modules', '.countersign-install');

export function installIsFresh(folder) {
  const expected = stampOf(folder);
  const found = readIfPresent(stampPath(folder));
  if (found === expected) return true;
  if (found !== undefined || !npmRecordEqualsLock(folder)) return false;
  writeStamp(folder, expected);
  return true;
}

export async function install(folder, what) {
  const started = Date.now();
  say(`installing ${what} (first run or changed lock file; this takes a moment) …`);
  const [command, first] = npmCommand();
  const flags = ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  await runQuietly(command, [...first, ...flags, '--loglevel=error', '--no-progress'], {
    cwd: folder,
    env: environmentForNpm(),
    failure: `npm ci failed in ${folder}`,
  });
  writeStamp(folder, stampOf(folder));
  say(`installed ${what} in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function stampOf(folder) {
  const lock = fs.readFileSync(path.join(folder, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  return `${digest} ${process.platform} ${process.arch} abi-${process.versions.modules}\n`;
}

function writeStamp(folder, stamp) {
  try {
    fs.writeFileSync(stampPath(folder), stamp);
  } catch (error) {
    throw new BootstrapError(`cannot write in ${path.join(folder, 'node_modules')}: ${error.message}`);
  }
}

/** npm writes node_modules/.package-lock.json when an install is complete: what it really put there. */
function npmRecordEqualsLock(folder) {
  const record = readIfPresent(path.join(folder, 'node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  const wanted = JSON.parse(fs.readFileSync(path.join(folder, 'package-lock.json'), 'utf8')).packages;
  const known = Object.keys(installed).every((name) => wanted[name]?.version === installed[name].version);
  return (
    known && Object.entries(wanted).every(([name, entry]) => isInstalled(folder, name, entry, installed))
  );
}

function isInstalled(folder, name, entry, installed) {
  if (name === '') return true;
  if (installed[name] === undefined) return entry.optional === true && !isForThisMachine(entry);
  return (
    installed[name].integrity === entry.integrity && fs.existsSync(path.join(folder, name, 'package.json'))
  );
}

/**
 * A binary package names its system and processor. Without either it belongs to another optional package; with a C library
 * it is for one kind of Linux, and which kind runs here is npm's business: both may be absent.
 */
function isForThisMachine({ os, cpu, libc }) {
  return (
    os?.includes(process.platform) === true && cpu?.includes(process.arch) === true && libc === undefined
  );
}

/** The npm that runs this script when there is one, else the npm on the path. */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running !== undefined && /^npm-cli\.c?js$/.test(path.basename(running)))
    return [process.execPath, [running]];
  return process.platform === 'win32' ? ['npm.cmd', []] : ['npm', []];
}

/** npm tells its scripts where the outer project lies; the inner npm must find its own. The user's settings stay. */
function environmentForNpm() {
  const outer = /^npm_(config_local_prefix|package_|lifecycle_|command$|execpath$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

function readIfPresent(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
