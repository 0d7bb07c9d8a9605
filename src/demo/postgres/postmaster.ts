/**
 * The server process. It is its own session, so that Ctrl+C in a terminal ends the nodes before their databases. A
 * watcher holds the other end of a pipe to this process: when this process is gone, however it died, the pipe closes
 * and the watcher ends the server (Unix; on Windows the next start does so).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { runAs, type PostgresAccount } from './postgres-account.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import type { PostgresCluster } from './postgres-cluster.js';
import { postgresArguments, type PostgresSettings } from './postgres-settings.js';
import { STOP_STEPS } from './server-process.js';

const LOG_BYTES_MAX = 8 * 1024 * 1024;
const LOG_TAIL_CHARACTERS = 2_000;

/**
 * $1 is the data folder, the rest is the server's command line. The shell becomes the server, so its pid is the server's.
 * The watcher is no child of the server (which would take its end for a crash of a backend) and signals only the
 * process that the data folder names.
 */
const WATCHED_SERVER = `
data=$1; shift
( { read -r word <&3; [ "$word" = stopped ] && exit 0
    read -r pid <"$data/postmaster.pid" && [ "$pid" = "$$" ] && kill -INT "$$"; } >/dev/null 2>&1 & )
exec "$@" 3<&-`;

export interface Postmaster {
  readonly pid: number;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  hasExited(): boolean;
  /** What the server wrote to its log since it was started, the end of it. */
  logTail(): Promise<string>;
  /** Gently, then firmly; safe to call again. */
  stop(): Promise<void>;
}

export async function spawnPostmaster(
  binaries: PostgresBinaries,
  cluster: PostgresCluster,
  settings: PostgresSettings,
  account: PostgresAccount | undefined,
): Promise<Postmaster> {
  const logStart = await rotateLog(cluster.log);
  const log = await open(cluster.log, 'a', 0o600);
  try {
    const command = [binaries.postgres, '-D', cluster.data, ...postgresArguments(settings)];
    const child = spawnDetached(command, cluster.data, log.fd, account);
    return await createPostmaster(child, cluster.log, logStart);
  } finally {
    await log.close();
  }
}

function spawnDetached(
  command: readonly string[],
  data: string,
  logDescriptor: number,
  account: PostgresAccount | undefined,
): ChildProcess {
  const [program = '', ...programArguments] = command;
  if (process.platform === 'win32') {
    return spawn(program, programArguments, {
      stdio: ['ignore', logDescriptor, logDescriptor],
      windowsHide: true,
    });
  }
  return spawn('/bin/sh', ['-c', WATCHED_SERVER, 'sh', data, ...command], {
    stdio: ['ignore', logDescriptor, logDescriptor, 'pipe'],
    cwd: data,
    detached: true,
    ...runAs(account),
  });
}

async function createPostmaster(child: ChildProcess, log: string, logStart: number): Promise<Postmaster> {
  const watcher = child.stdio[3] as Writable | null | undefined;
  // The pipe breaks when server and watcher are killed together: nothing is left to be told.
  watcher?.on('error', () => undefined);
  let ended = false;
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      ended = true;
      watcher?.end('stopped\n');
      resolve();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(
        new LedgerError('POSTGRES_START_FAILED', 'the PostgreSQL server could not be started', { cause }),
      ),
    );
  });
  const pid = child.pid;
  if (pid === undefined)
    throw new LedgerError('POSTGRES_START_FAILED', 'the PostgreSQL server has no process id');
  return {
    pid,
    exited,
    hasExited: () => ended,
    logTail: async () =>
      (await readFile(log)).subarray(logStart).toString('utf8').slice(-LOG_TAIL_CHARACTERS),
    stop: async () => {
      for (const { signal, waitMs } of STOP_STEPS) {
        if (ended) return;
        child.kill(signal);
        await Promise.race([exited, sleep(waitMs, undefined, { ref: false })]);
      }
    },
  };
}

/** Size of the log, after one that has grown too long was put aside. */
async function rotateLog(log: string): Promise<number> {
  const size = await stat(log).then(
    (status) => status.size,
    () => 0,
  );
  if (size <= LOG_BYTES_MAX) return size;
  await rename(log, `${log}.1`);
  return 0;
}
