/**
 * Ends nodes that a demo left behind when it was ended hard where no watcher could end them. A process id may have been
 * given to another program since, so the process must name the node's configuration file in its command line.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { SessionRecord } from './cluster/session.js';

const run = promisify(execFile);
const END_LIMIT_MS = 15_000;
const POLL_MS = 50;

/** Empty when there is no such process, or none whose command line may be read. */
async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').then(
      (text) => text,
      () => '',
    );
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

async function endNode(pid: number, configFile: string): Promise<void> {
  const isThatNode = async (): Promise<boolean> => (await commandLine(pid)).includes(configFile);
  if (!(await isThatNode())) return;
  process.kill(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < END_LIMIT_MS; waitedMs += POLL_MS) {
    if (!(await isThatNode())) return;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
  if (await isThatNode()) process.kill(pid, 'SIGKILL');
}

export async function endLeftOverNodes(record: SessionRecord): Promise<void> {
  await Promise.all(
    record.nodes.map(async ({ pid, configFile }) => {
      if (pid !== undefined) await endNode(pid, configFile);
    }),
  );
}
