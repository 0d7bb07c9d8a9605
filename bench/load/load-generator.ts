/**
 * The load generator, a process of its own: reads a LoadPlan as JSON from standard input, sends its requests open-loop
 * (each at its moment, whether earlier ones were answered or not) and prints a LoadResult as JSON. SIGTERM ends the load.
 */
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { LatencySample, LoadPlan, LoadResult } from './load-plan.js';
import { signedRequests, type LoadRequest } from './signed-requests.js';

interface Answer {
  readonly status: number;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function post(load: LoadRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(load.path, load.target.url),
      {
        method: 'POST',
        agent,
        headers: { 'content-type': load.contentType, 'content-length': load.body.length },
      },
      (response) => {
        text(response).then((body) => {
          resolve({ status: response.statusCode ?? 0, body });
        }, reject);
      },
    );
    request.once('error', reject);
    request.end(load.body);
  });
}

class Tally {
  accepted = 0;
  notSent = 0;
  failedRequests = 0;
  readonly refused: Record<string, number> = {};
  readonly samples: LatencySample[] = [];

  refuse(code: string, count = 1): void {
    this.refused[code] = (this.refused[code] ?? 0) + count;
  }

  add(load: LoadRequest, answer: Answer, sample: LatencySample): void {
    if (load.isSample) {
      if (answer.status === 201) {
        this.accepted++;
        this.samples.push(sample);
      } else this.refuse(answer.status === 202 ? 'WAIT_TIMEOUT' : codeOf(answer), load.transactions);
      return;
    }
    if (answer.status >= 300) {
      this.refuse(codeOf(answer), load.transactions);
      return;
    }
    const { results } = JSON.parse(answer.body) as {
      results: readonly { status?: string; problem?: { code: string } }[];
    };
    for (const result of results) {
      if (result.problem === undefined) this.accepted++;
      else this.refuse(result.problem.code);
    }
  }
}

function codeOf(answer: Answer): string {
  try {
    return (JSON.parse(answer.body) as { code?: string }).code ?? `HTTP_${answer.status}`;
  } catch {
    return `HTTP_${answer.status}`;
  }
}

/** Requests that are signed and wait for their moment. */
class SignedAhead {
  private readonly ready: LoadRequest[] = [];
  private transactions = 0;

  constructor(
    private readonly requests: AsyncIterator<LoadRequest, undefined>,
    private readonly transactionsMax: number,
  ) {}

  async fill(): Promise<void> {
    while (this.transactions < this.transactionsMax && (await this.signOne()));
  }

  /** The next request, with another one signed in its place; `undefined` at the end of the plan. */
  async take(): Promise<LoadRequest | undefined> {
    await this.signOne();
    const next = this.ready.shift();
    this.transactions -= next?.transactions ?? 0;
    return next;
  }

  private async signOne(): Promise<boolean> {
    const next = await this.requests.next();
    if (next.done === true) return false;
    this.ready.push(next.value);
    this.transactions += next.value.transactions;
    return true;
  }
}

async function run(plan: LoadPlan, isStopped: () => boolean): Promise<LoadResult> {
  const ahead = new SignedAhead(
    signedRequests(plan, randomBytes(8).toString('hex')),
    plan.signedAheadSeconds * plan.transactionsPerSecond,
  );
  await ahead.fill();
  const tally = new Tally();
  const open = new Set<Promise<void>>();
  const startedAtMs = Date.now();
  const start = performance.now();
  let sent = 0;
  for (let load = await ahead.take(); load !== undefined && !isStopped(); load = await ahead.take()) {
    const request = load;
    const dueMs = (sent / plan.transactionsPerSecond) * 1_000;
    const aheadMs = dueMs - (performance.now() - start);
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    sent += request.transactions;
    if (open.size >= plan.requestsMax) {
      tally.notSent += request.transactions;
      continue;
    }
    const sentAtMs = Date.now();
    const sentAt = performance.now();
    const exchange = post(request).then(
      (answer) => {
        tally.add(request, answer, { sentAtMs, latencyMs: performance.now() - sentAt });
      },
      () => {
        tally.failedRequests++;
      },
    );
    open.add(exchange);
    void exchange.finally(() => open.delete(exchange));
  }
  await Promise.all(open);
  const { accepted, refused, notSent, failedRequests, samples } = tally;
  const endedAtMs = Date.now();
  return { offered: sent, accepted, refused, notSent, failedRequests, startedAtMs, endedAtMs, samples };
}

let stopped = false;
process.once('SIGTERM', () => (stopped = true));
const plan = JSON.parse(await text(process.stdin)) as LoadPlan;
process.stdout.write(`${JSON.stringify(await run(plan, () => stopped))}\n`);
agent.destroy();
