/**
 * The node's end of the connection to an external signer. A request waits until it is answered: while the signer is away it
 * is asked again at every new connection, since a signature asked for twice is the same signature. Only what the signer
 * answers ends it.
 */
import { connect, type Socket } from 'node:net';
import { invariant } from '../../protocol/primitives/invariant.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import {
  formatSignerRequest,
  LineReader,
  parseSignerAnswer,
  type SignerAnswer,
  type SignerRequest,
} from './signer-messages.js';

/** What a caller asks; the connection numbers it. */
export type SignerQuestion = SignerRequest extends infer Each
  ? Each extends SignerRequest
    ? Omit<Each, 'id'>
    : never
  : never;

export interface ConnectionSettings {
  readonly socket: string;
  readonly retryMs: number;
  /** A signer that owes an answer for longer is taken for dead, and connected to anew. */
  readonly answerTimeoutMs: number;
  /** Questions that may be open before one that can be put off is refused. */
  readonly openMax: number;
}

export const CONNECTION_DEFAULTS = { retryMs: 250, answerTimeoutMs: 10_000, openMax: 10_000 } as const;

interface Open {
  readonly request: SignerRequest;
  readonly resolve: (answer: SignerAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export class SignerConnection {
  private readonly open = new Map<number, Open>();
  private socket: Socket | undefined;
  private ready = false;
  private nextId = 0;
  private retry: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  private closed = false;
  private problem: string | undefined;

  constructor(
    private readonly settings: ConnectionSettings,
    /** Told when something begins to be wrong, and with `undefined` when it ends. */
    private readonly onProblem: (problem: string | undefined) => void,
  ) {}

  /** What the open questions wait for, in words. */
  stall(): string | undefined {
    return this.open.size === 0 ? undefined : this.problem;
  }

  /**
   * `mayBeRefused`: a caller's, who can ask again; not the replica's, whose windows bound what it asks and whom a refusal ends.
   * Rejects with LedgerError SIGNER_REFUSED, SIGNER_OVERLOADED, and SIGNER_CLOSED when this end is closed.
   */
  ask(question: SignerQuestion, mayBeRefused: boolean): Promise<SignerAnswer> {
    if (this.closed) return Promise.reject(closedError());
    if (mayBeRefused && this.open.size >= this.settings.openMax) {
      const message = `${this.open.size} requests wait for the signer at ${this.settings.socket} already`;
      return Promise.reject(new LedgerError('SIGNER_OVERLOADED', message));
    }
    const request = { id: this.nextId++, ...question } as SignerRequest;
    return new Promise((resolve, reject) => {
      this.open.set(request.id, { request, resolve, reject });
      if (this.ready) this.send(request);
      else this.connect();
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    clearTimeout(this.watch);
    this.socket?.destroy();
    for (const { reject } of this.open.values()) reject(closedError());
    this.open.clear();
  }

  private send(request: SignerRequest): void {
    this.socket?.write(formatSignerRequest(request));
    // What is asked meanwhile does not put off the moment at which an older answer is overdue.
    if (this.watch === undefined) this.watchAnswers();
  }

  private connect(): void {
    if (this.closed || this.socket !== undefined || this.retry !== undefined) return;
    const socket = connect(this.settings.socket);
    this.socket = socket;
    const lines = new LineReader();
    socket.on('connect', () => {
      this.ready = true;
      for (const { request } of this.open.values()) this.send(request);
    });
    socket.on('data', (chunk) => {
      const complete = lines.push(chunk);
      if (complete === undefined) this.breakOff(socket, 'answers with a line that is too long');
      else for (const line of complete) this.onLine(socket, line);
    });
    socket.on('error', (error) => {
      this.note(`is not reachable (${error.message})`);
    });
    socket.on('close', () => {
      this.onClosed();
    });
  }

  private onLine(socket: Socket, line: string): void {
    const answer = parseSignerAnswer(line);
    const open = answer === undefined ? undefined : this.open.get(answer.id);
    if (answer === undefined || open === undefined) {
      this.breakOff(socket, 'answers what nobody asked');
      return;
    }
    this.open.delete(answer.id);
    this.note(undefined);
    this.watchAnswers();
    if ('error' in answer) {
      const { code, message } = answer.error;
      open.reject(new LedgerError('SIGNER_REFUSED', `the external signer refuses: ${message} [${code}]`));
    } else {
      open.resolve(answer);
    }
  }

  private breakOff(socket: Socket, what: string): void {
    this.note(what);
    socket.destroy();
  }

  private note(what: string | undefined): void {
    const problem = what === undefined ? undefined : `the external signer at ${this.settings.socket} ${what}`;
    if (problem === this.problem) return;
    this.problem = problem;
    this.onProblem(problem);
  }

  private onClosed(): void {
    this.socket = undefined;
    this.ready = false;
    clearTimeout(this.watch);
    this.watch = undefined;
    if (this.closed || this.open.size === 0) return;
    if (this.problem === undefined) this.note('has closed the connection');
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.connect();
    }, this.settings.retryMs);
  }

  /** Starts again with each answer, so it fires when nothing is answered for that long. */
  private watchAnswers(): void {
    clearTimeout(this.watch);
    this.watch = undefined;
    if (this.open.size === 0) return;
    this.watch = setTimeout(() => {
      const { socket } = this;
      invariant(socket !== undefined, 'an answer is awaited on a connection');
      this.breakOff(socket, `has not answered for ${this.settings.answerTimeoutMs} ms`);
    }, this.settings.answerTimeoutMs);
  }
}

function closedError(): LedgerError {
  return new LedgerError('SIGNER_CLOSED', 'the connection to the external signer is closed');
}
