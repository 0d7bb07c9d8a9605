/**
 * One node: `node dist/main.js --config FILE` as a session of its own, so that Ctrl+C in the terminal reaches the demo
 * alone and the demo ends its nodes in order. A watcher holds the other end of a pipe to this process: when this process
 * is gone, however it died, the watcher ends the node (Unix; on Windows the node stays until it is ended by hand).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT_PREFIX, processEnvironment } from '../../config/process-environment.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

export interface NodeCommand {
  readonly organisation: string;
  readonly configFile: string;
  /** Output of the node is added to it. */
  readonly logFile: string;
  /** Compiled program of the node; the one beside this file's unless given. */
  readonly mainFile?: string;
}

export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A node drains within 10 s; what is still there after this is ended. */
const DRAIN_LIMIT_MS = 15_000;
const LOG_TAIL_BYTES = 4_096;
const LOG_TAIL_LINES = 6;

/** The shell becomes the node, so its process id is the node's; the watcher is told when the node has ended by itself. */
const WATCHED_NODE = `
( { read -r word <&3; [ "$word" = stopped ] || kill -TERM "$$"; } >/dev/null 2>&1 & )
exec "$@" 3<&-`;

export const builtMainFile = fileURLToPath(new URL('../../main.js', import.meta.url));

/**
 * Settings of the shell that starts a demo must not reach into its nodes: each has its own file. Few malloc arenas keep a
 * node under load some 30 MiB smaller (glibc; docs/BENCHMARKS.md).
 */
function nodeEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(processEnvironment()).filter(([name]) => !name.startsWith(ENVIRONMENT_PREFIX));
  return { MALLOC_ARENA_MAX: '2', ...Object.fromEntries(own) };
}

function spawnNode(command: NodeCommand, log: number): ChildProcess {
  const { mainFile = builtMainFile, configFile } = command;
  const program = [process.execPath, '--enable-source-maps', mainFile, '--config', configFile];
  const env = nodeEnvironment();
  if (process.platform === 'win32') {
    return spawn(process.execPath, program.slice(1), { stdio: ['ignore', log, log], env, windowsHide: true });
  }
  return spawn('/bin/sh', ['-c', WATCHED_NODE, 'sh', ...program], {
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
    env,
  });
}

export class NodeProcess {
  /** Settles once, when the process has ended. */
  readonly exited: Promise<NodeExit>;
  private ended = false;

  private constructor(
    readonly command: NodeCommand,
    readonly pid: number,
    private readonly child: ChildProcess,
  ) {
    const watcher = child.stdio[3] as Writable | null | undefined;
    // The pipe breaks when node and watcher are killed together: nothing is left to be told.
    watcher?.on('error', () => undefined);
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.ended = true;
        watcher?.end('stopped\n');
        resolve({ code, signal });
      });
    });
  }

  /** Throws LedgerError NODE_NOT_STARTED when the program cannot be run at all. */
  static async start(command: NodeCommand): Promise<NodeProcess> {
    const log = openSync(command.logFile, 'a', 0o600);
    try {
      const child = spawnNode(command, log);
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      if (child.pid === undefined) throw new Error('the process has no id');
      return new NodeProcess(command, child.pid, child);
    } catch (cause) {
      const message = `the node of ${command.organisation} cannot be started`;
      throw new LedgerError('NODE_NOT_STARTED', message, { cause });
    } finally {
      closeSync(log);
    }
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.ended) this.child.kill(signal);
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<NodeExit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  /** Asks the node to drain, and ends it when it does not within the limit. */
  async stop(): Promise<NodeExit> {
    this.signal('SIGTERM');
    const limit = setTimeout(() => this.signal('SIGKILL'), DRAIN_LIMIT_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(limit);
    }
  }
}

/** The last lines of a log, for a message that says why a node ended. */
export function logTail(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = new Uint8Array(Math.min(size, LOG_TAIL_BYTES));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    return new TextDecoder().decode(bytes).trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  } finally {
    closeSync(handle);
  }
}
