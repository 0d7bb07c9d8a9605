/**
 * One node of the demo: `node dist/main.js --config FILE` as a process group of its own, so that Ctrl+C in the terminal
 * reaches the demo alone and the demo ends its nodes in order. Output goes to the node's log file.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';

export interface NodeCommand {
  readonly organisation: string;
  readonly configFile: string;
  readonly logFile: string;
  /** Program to run; the built main.js unless a test says otherwise. */
  readonly mainFile?: string;
}

export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A node drains within 10 s; what is still there after this is ended. */
const DRAIN_LIMIT_MS = 15_000;
const LOG_TAIL_BYTES = 4_096;

export const builtMainFile = fileURLToPath(new URL('../../main.js', import.meta.url));

export class NodeProcess {
  readonly pid: number;
  /** Settles once, when the process has ended. */
  readonly exited: Promise<NodeExit>;
  private ended = false;

  private constructor(
    readonly command: NodeCommand,
    private readonly child: ChildProcess,
    pid: number,
  ) {
    this.pid = pid;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.ended = true;
        resolve({ code, signal });
      });
    });
  }

  /** Throws LedgerError NODE_NOT_STARTED when the program cannot be run at all. */
  static async start(command: NodeCommand): Promise<NodeProcess> {
    const log = openSync(command.logFile, 'a', 0o600);
    try {
      const child = spawn(
        process.execPath,
        ['--enable-source-maps', command.mainFile ?? builtMainFile, '--config', command.configFile],
        { stdio: ['ignore', log, log], detached: true },
      );
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', reject);
      });
      if (child.pid === undefined) throw new Error('the process has no id');
      return new NodeProcess(command, child, child.pid);
    } catch (error) {
      const message = `the node of ${command.organisation} cannot be started`;
      throw new LedgerError('NODE_NOT_STARTED', message, { cause: error });
    } finally {
      closeSync(log);
    }
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<NodeExit> {
    if (!this.ended) this.child.kill('SIGKILL');
    return this.exited;
  }

  /** Asks the node to drain, and ends it when it does not within the limit. */
  async stop(): Promise<NodeExit> {
    if (this.ended) return this.exited;
    this.child.kill('SIGTERM');
    const limit = setTimeout(() => this.child.kill('SIGKILL'), DRAIN_LIMIT_MS);
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
    const { size } = statSync(file);
    const bytes = new Uint8Array(Math.min(size, LOG_TAIL_BYTES));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    return new TextDecoder().decode(bytes).trimEnd().split('\n').slice(-6).join('\n');
  } finally {
    closeSync(handle);
  }
}
