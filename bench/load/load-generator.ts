/**
 * The load generator, a process of its own: reads a LoadPlan as JSON from standard input, sends its requests open-loop
 * (each at its moment, whether earlier ones were answered or not) and prints a LoadResult as JSON.
 */
import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { LoadPlan, LoadResult } from './load-plan.js';
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
  readonly latenciesMs: number[] = [];

  refuse(code: string, count = 1): void {
    this.refused[code] = (this.refused[code] ?? 0) + count;
  }

  add(load: LoadRequest, answer: Answer, milliseconds: number): void {
    if (load.isSample) {
      if (answer.status === 201) {
        this.accepted++;
        this.latenciesMs.push(milliseconds);
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

async function run(plan: LoadPlan): Promise<LoadResult> {
  const requests = await signedRequests(plan, randomBytes(8).toString('hex'));
  const tally = new Tally();
  const open = new Set<Promise<void>>();
  const startedAtMs = Date.now();
  const start = performance.now();
  let sent = 0;
  for (const load of requests) {
    const dueMs = (sent / plan.transactionsPerSecond) * 1_000;
    const aheadMs = dueMs - (performance.now() - start);
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    sent += load.transactions;
    if (open.size >= plan.requestsMax) {
      tally.notSent += load.transactions;
      continue;
    }
    const sentAt = performance.now();
    const exchange = post(load).then(
      (answer) => {
        tally.add(load, answer, performance.now() - sentAt);
      },
      () => {
        tally.failedRequests++;
      },
    );
    open.add(exchange);
    void exchange.finally(() => open.delete(exchange));
  }
  await Promise.all(open);
  const { accepted, refused, notSent, failedRequests, latenciesMs } = tally;
  return {
    offered: sent,
    accepted,
    refused,
    notSent,
    failedRequests,
    startedAtMs,
    endedAtMs: Date.now(),
    latenciesMs,
  };
}

const plan = JSON.parse(await text(process.stdin)) as LoadPlan;
process.stdout.write(`${JSON.stringify(await run(plan))}\n`);
agent.destroy();
