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

async function attempt(settings: ExchangeSettings, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const limitMs = settings.timeoutMs + (request.extraTimeoutMs ?? 0);
  const { credentials } = settings;
  const headers: Record<string, string> = { ...settings.headers, accept: request.accept };
  if (request.body !== undefined) headers['content-type'] = request.body.contentType;
  if (request.open !== true && credentials !== undefined)
    Object.assign(
      headers,
      await credentialHeaders(credentials, { ...request, nowMs: Date.now() + settings.nodeClock.aheadMs }),
    );
  try {
    const response = await settings.fetch(request.url, {
      method: request.method,
      headers,
      signal: AbortSignal.timeout(limitMs),
      redirect: 'error',
      // A copy: fetch wants bytes over an ArrayBuffer of their own.
      ...(request.body === undefined ? {} : { body: new Uint8Array(request.body.bytes) }),
    });
    return { status: response.status, headers: response.headers, bytes: await readAnswer(response) };
  } catch (error) {
    if (error instanceof CountersignError) throw error;
    if (isTimeout(error)) {
      const message = `no answer from ${request.url} within ${limitMs} ms`;
      throw new CountersignError('REQUEST_TIMEOUT', message, undefined, { cause: error });
    }
    const message = `${new URL(request.url).origin} is not reachable; is the node running, and is the address right?`;
    throw new CountersignError('NODE_UNREACHABLE', message, undefined, { cause: error });
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
export async function exchange(
  settings: ExchangeSettings,
  request: ExchangeRequest,
): Promise<ExchangeAnswer> {
  for (let failures = 0; ; failures++) {
    const last = failures >= settings.retries;
    let answer: ExchangeAnswer;
    try {
      answer = await attempt(settings, request);
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
