/**
 * One demo at a time in a directory, and a door for `demo kill` and `demo start` from another shell: a session file names
 * a loopback port and a token. A session counts as running only while somebody answers there with its id, so a file
 * that a crash left behind, or a process id used again, misleads nobody.
 */
import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { hasErrorCode } from '../postgres/error-code.js';

export interface SessionNode {
  readonly organisation: string;
  /** Absent while the node is stopped. */
  readonly pid?: number;
  readonly restUrl: string;
  readonly configFile: string;
}

export interface SessionRecord {
  readonly id: string;
  readonly token: string;
  readonly pid: number;
  readonly controlPort: number;
  readonly nodes: readonly SessionNode[];
}

/** What another shell may ask for. Rejects with LedgerError. */
export interface SessionCommands {
  killNode(organisation: string): Promise<void>;
  startNode(organisation: string): Promise<void>;
}

const FILE_NAME = 'session.json';
const ASK_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 60_000;

export function readSession(directory: string): SessionRecord | undefined {
  try {
    // Complete whenever it is there: it is put in place by link and rename.
    return JSON.parse(readFileSync(path.join(directory, FILE_NAME), 'utf8')) as SessionRecord;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** True when the process that wrote the record still answers. */
export async function isSessionRunning(record: SessionRecord): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${record.controlPort}/session`, {
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    return (await response.text()) === record.id;
  } catch {
    // Nobody listens, or somebody else does: either way it is not this session.
    return false;
  }
}

/** Sends one command to the running demo. Throws LedgerError DEMO_NOT_RUNNING, or the demo's own refusal. */
export async function askSession(
  directory: string,
  verb: 'kill' | 'start',
  organisation: string,
): Promise<void> {
  const record = readSession(directory);
  if (record === undefined || !(await isSessionRunning(record))) {
    throw new LedgerError(
      'DEMO_NOT_RUNNING',
      `no demo runs in ${directory}; start one with "countersign demo"`,
    );
  }
  const response = await fetch(`http://127.0.0.1:${record.controlPort}/nodes/${organisation}/${verb}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${record.token}` },
    signal: AbortSignal.timeout(COMMAND_TIMEOUT_MS),
  });
  if (response.ok) return;
  const refusal = (await response.json()) as { readonly code: string; readonly message: string };
  throw new LedgerError(refusal.code, refusal.message);
}

/** Takes the same time whatever differs. */
function isSameSecret(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

export class Session {
  private readonly id = randomUUID();
  private readonly token = randomUUID();
  private readonly server: Server;
  private commands: SessionCommands | undefined;

  private constructor(private readonly directory: string) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  /** Takes the directory. Throws LedgerError DEMO_ALREADY_RUNNING. `left` is the record of a session that crashed. */
  static async open(directory: string): Promise<{ session: Session; left: SessionRecord | undefined }> {
    const session = new Session(directory);
    await new Promise<void>((resolve, reject) => {
      session.server.once('error', reject);
      session.server.listen({ port: 0, host: '127.0.0.1' }, resolve);
    });
    try {
      return { session, left: await session.claim() };
    } catch (error) {
      session.server.close();
      throw error;
    }
  }

  private async claim(): Promise<SessionRecord | undefined> {
    if (this.tryClaim()) return undefined;
    const left = readSession(this.directory);
    if (left !== undefined && (await isSessionRunning(left))) throw this.alreadyRunning(left.pid);
    // Only one of two that find the same stale file gets to move it away.
    const aside = `${this.file}.${this.id}.stale`;
    renameSync(this.file, aside);
    rmSync(aside);
    if (!this.tryClaim()) throw this.alreadyRunning(readSession(this.directory)?.pid);
    return left;
  }

  private alreadyRunning(pid: number | undefined): LedgerError {
    const who = pid === undefined ? '' : ` (process ${pid})`;
    const message = `a demo already runs in ${this.directory}${who}; stop it with Ctrl+C, or name another --directory`;
    return new LedgerError('DEMO_ALREADY_RUNNING', message);
  }

  /** Puts the complete file in place at once, and only when there is none. */
  private tryClaim(): boolean {
    const draft = `${this.file}.${this.id}`;
    writeFileSync(draft, this.record([]), { mode: 0o600 });
    try {
      linkSync(draft, this.file);
      return true;
    } catch (error) {
      if (hasErrorCode(error, 'EEXIST')) return false;
      throw error;
    } finally {
      rmSync(draft);
    }
  }

  private get file(): string {
    return path.join(this.directory, FILE_NAME);
  }

  private record(nodes: readonly SessionNode[]): string {
    const { port: controlPort } = this.server.address() as AddressInfo;
    const record: SessionRecord = { id: this.id, token: this.token, pid: process.pid, controlPort, nodes };
    return JSON.stringify(record, undefined, 2);
  }

  /** Writes down which nodes run, for other shells and for whoever cleans up after a crash. */
  update(nodes: readonly SessionNode[]): void {
    const draft = `${this.file}.${this.id}`;
    writeFileSync(draft, this.record(nodes), { mode: 0o600 });
    renameSync(draft, this.file);
  }

  serve(commands: SessionCommands): void {
    this.commands = commands;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    rmSync(this.file, { force: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url === '/session') {
      response.end(this.id);
      return;
    }
    const [, organisation, verb] = /^\/nodes\/([a-z0-9-]+)\/(kill|start)$/.exec(request.url ?? '') ?? [];
    const { authorization = '' } = request.headers;
    const allowed = request.method === 'POST' && isSameSecret(authorization, `Bearer ${this.token}`);
    if (!allowed || organisation === undefined || this.commands === undefined) {
      response
        .writeHead(allowed ? 404 : 403)
        .end('{"code":"DEMO_REFUSED","message":"the demo refuses this"}');
      return;
    }
    try {
      await (verb === 'kill' ? this.commands.killNode(organisation) : this.commands.startNode(organisation));
      response.end('{}');
    } catch (error) {
      const code = error instanceof LedgerError ? error.code : 'UNEXPECTED';
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(409, { 'content-type': 'application/json' }).end(JSON.stringify({ code, message }));
    }
  }
}
