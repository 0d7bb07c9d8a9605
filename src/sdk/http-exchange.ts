/**
 * One HTTP exchange with a node: a time limit, a bound on the answer, and retries of what is safe to repeat. Repeating a
 * submission is safe, because a transaction's id is the digest of its bytes and the ledger takes it once.
 */
import { credentialHeaders, type Credentials } from './request-credentials.js';
import { CountersignError, parseProblem, problemToError } from './countersign-error.js';

export interface ExchangeSettings {
  /** Limit for one attempt, answer included. */
  readonly timeoutMs: number;
  /** Further attempts after the first one. */
  readonly retries: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of requests that need them; without it nobody in particular asks. */
  readonly credentials: Credentials | undefined;
  /** What the clock of the node is ahead of this one, as far as it has said so. */
  readonly nodeClock: { aheadMs: number };
  readonly fetch: typeof globalThis.fetch;
}

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly accept: string;
  readonly body?: { readonly contentType: string; readonly bytes: Uint8Array };
  /** What it carries proves itself, or anyone may ask: no credentials are sent. */
  readonly open?: boolean;
  /** Added to the limit of an attempt when the node itself is asked to wait. */
  readonly extraTimeoutMs?: number;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** Larger than any page or receipt a node sends; an answer beyond it is refused. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const BACK_OFF_FIRST_MS = 100;
const BACK_OFF_MAX_MS = 2_000;
const RETRIED_STATUS = new Set([429, 502, 503, 504]);
/** A node that has just started, or has another clock: the next attempt is signed anew, by the clock that it tells. */
const RETRIED_CODE = 'REQUEST_SIGNATURE_STALE';
const STALE_RETRY_MS = 1_000;
/** `Date` has whole seconds, and the answer was on its way. */
const CLOCK_GRAIN_MS = 2_000;

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

async function readAnswer(response: Response): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > ANSWER_BYTES_MAX) {
      await reader.cancel();
      throw new CountersignError('RESPONSE_MALFORMED', `the answer exceeds ${ANSWER_BYTES_MAX} bytes`);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** By its name, not its class: the exception may come from another realm, such as a frame or a worker. */
function isTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'name' in error && error.name === 'TimeoutError';
}

/** Sends the request; the answer's body has yet to come. */
async function send(
  settings: ExchangeSettings,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<Response> {
  const { credentials } = settings;
  const headers: Record<string, string> = { ...settings.headers, accept: request.accept };
  if (request.body !== undefined) headers['content-type'] = request.body.contentType;
  if (request.open !== true && credentials !== undefined)
    Object.assign(
      headers,
      await credentialHeaders(credentials, { ...request, nowMs: Date.now() + settings.nodeClock.aheadMs }),
    );
  return settings.fetch(request.url, {
    method: request.method,
    headers,
    signal,
    redirect: 'error',
    // A copy: fetch wants bytes over an ArrayBuffer of their own.
    ...(request.body === undefined ? {} : { body: new Uint8Array(request.body.bytes) }),
  });
}

function failureOf(error: unknown, url: string, limitMs: number, broken?: string): CountersignError {
  if (error instanceof CountersignError) return error;
  if (isTimeout(error)) {
    const message = `no answer from ${url} within ${limitMs} ms`;
    return new CountersignError('REQUEST_TIMEOUT', message, undefined, { cause: error });
  }
  const { origin } = new URL(url);
  const message = broken ?? `${origin} is not reachable; is the node running, and is the address right?`;
  return new CountersignError('NODE_UNREACHABLE', message, undefined, { cause: error });
}

async function attempt(settings: ExchangeSettings, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const limitMs = settings.timeoutMs + (request.extraTimeoutMs ?? 0);
  try {
    const response = await send(settings, request, AbortSignal.timeout(limitMs));
    return { status: response.status, headers: response.headers, bytes: await readAnswer(response) };
  } catch (error) {
    throw failureOf(error, request.url, limitMs);
  }
}

function retryDelayMs(failures: number, headers: Headers | undefined): number {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  if (Number.isFinite(seconds) && seconds > 0) return Math.min(seconds * 1_000, 10_000);
  return Math.min(BACK_OFF_FIRST_MS * 2 ** failures, BACK_OFF_MAX_MS);
}

/** Learns from the answer what the time is at the node. */
function adjustClock({ nodeClock }: ExchangeSettings, headers: Headers): void {
  const aheadMs = Date.parse(headers.get('date') ?? '') - Date.now();
  if (Number.isFinite(aheadMs) && Math.abs(aheadMs) > CLOCK_GRAIN_MS) nodeClock.aheadMs = aheadMs;
}

/** The first answer that is not a passing failure. Throws CountersignError for every status of 400 and above. */
async function retrying<Answer extends ExchangeAnswer>(
  settings: ExchangeSettings,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (let failures = 0; ; failures++) {
    const last = failures >= settings.retries;
    let answer: Answer;
    try {
      answer = await ask();
    } catch (error) {
      if (last || !(error instanceof CountersignError) || error.code === 'RESPONSE_MALFORMED') throw error;
      await pause(retryDelayMs(failures, undefined));
      continue;
    }
    if (answer.status < 400) return answer;
    const problem = parseProblem(answer.status, new TextDecoder().decode(answer.bytes));
    const isStale = problem.code === RETRIED_CODE;
    if (isStale) adjustClock(settings, answer.headers);
    if (last || !(isStale || RETRIED_STATUS.has(answer.status))) throw problemToError(problem);
    await pause(isStale ? STALE_RETRY_MS : retryDelayMs(failures, answer.headers));
  }
}

/** Throws CountersignError for every status of 400 and above. */
export function exchange(settings: ExchangeSettings, request: ExchangeRequest): Promise<ExchangeAnswer> {
  return retrying(settings, () => attempt(settings, request));
}

interface OpenAnswer extends ExchangeAnswer {
  readonly body: ReadableStream<Uint8Array> | undefined;
}

/** Ends a wait of more than so many milliseconds; nothing is counted while nobody waits. */
class Patience {
  readonly abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly limitMs: number) {}

  async wait<Value>(work: () => Promise<Value>): Promise<Value> {
    this.timer = setTimeout(() => {
      this.abort.abort(new DOMException('nothing came', 'TimeoutError'));
    }, this.limitMs);
    try {
      return await work();
    } finally {
      clearTimeout(this.timer);
    }
  }
}

async function openAnswer(
  settings: ExchangeSettings,
  request: ExchangeRequest,
  patience: Patience,
): Promise<OpenAnswer> {
  try {
    return await patience.wait(async () => {
      const response = await send(settings, request, patience.abort.signal);
      const { status, headers } = response;
      if (status >= 400) return { status, headers, bytes: await readAnswer(response), body: undefined };
      const body = (response.body ?? undefined) as ReadableStream<Uint8Array> | undefined;
      return { status, headers, bytes: new Uint8Array(0), body };
    });
  } catch (error) {
    throw failureOf(error, request.url, settings.timeoutMs);
  }
}

/**
 * An answer without bound, a chunk at a time; the node is not asked for more than is taken. `timeoutMs` is the limit for each
 * chunk. Repeated only before the first one has come. Throws CountersignError NODE_UNREACHABLE when it breaks off.
 */
export async function* exchangeStream(
  settings: ExchangeSettings,
  request: ExchangeRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  let patience = new Patience(settings.timeoutMs);
  const { body } = await retrying(settings, () => {
    patience = new Patience(settings.timeoutMs);
    return openAnswer(settings, request, patience);
  });
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await patience.wait(() => reader.read());
      if (done) return;
      yield value;
    }
  } catch (error) {
    const broken = `the connection to ${new URL(request.url).origin} broke off before the answer was complete`;
    throw failureOf(error, request.url, settings.timeoutMs, broken);
  } finally {
    // Whoever stops early, and whoever was stopped, lets the node know.
    patience.abort.abort();
  }
}
