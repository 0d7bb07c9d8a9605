/**
 * Finds a server that still runs on a data folder, by the folder's postmaster.pid. A process id may have been given to
 * another program since, so the process must name the data folder in its command line.
 */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { hasErrorCode } from './error-code.js';
import { isAlive, stopProcess } from './server-process.js';

const run = promisify(execFile);

/** Process id of the server on `data`, `undefined` when none runs. */
export async function findPostmaster(data: string): Promise<number | undefined> {
  const pid = await readPid(data);
  if (pid === undefined || !isAlive(pid)) return undefined;
  return (await commandLine(pid)).includes(data) ? pid : undefined;
}

/** Ends a server that an earlier process left behind on `data`. Throws LedgerError POSTGRES_START_FAILED. */
export async function stopOrphan(data: string): Promise<void> {
  const pid = await readPid(data);
  if (pid === undefined || !isAlive(pid)) return;
  if ((await findPostmaster(data)) === undefined) {
    // PostgreSQL would refuse to start while a process of that number lives.
    await rm(join(data, 'postmaster.pid'), { force: true });
  } else if (!(await stopProcess(pid))) {
    throw new LedgerError(
      'POSTGRES_START_FAILED',
      `a PostgreSQL server (process ${pid}) still runs on ${data} and does not end: end it by hand`,
    );
  }
}

async function readPid(data: string): Promise<number | undefined> {
  try {
    const pid = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  if (process.platform === 'win32') {
    const query = `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`;
    return (await run('powershell', ['-NoProfile', '-Command', query])).stdout;
  }
  return run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
