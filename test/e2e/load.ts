/**
 * A stream of transactions with the history of what was answered. Each session has one node and one transaction at a time;
 * now and then it sends what must be refused.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { captureEpcisDocument, signTransactionWith, type SignedTransaction } from '../../src/sdk/index.js';
import type { ChainId } from '../../src/protocol/primitives/identifiers.js';
import { encodeSignedTransaction } from '../../src/protocol/ledger/transaction.js';
import { createHistoryClient, History } from './chaos/history/history.js';
import type { LoadNode } from './test-cluster.js';

export interface LoadChoices {
  /** Distinguishes the transactions of this stream from those of others. */
  readonly name: string;
  /** Written on; a new one unless given. */
  readonly history?: History;
  /** Sessions of each node. */
  readonly sessions?: number;
  /** Between two transactions of a session; unless given, short while somebody waits for more and long otherwise. */
  readonly pauseMs?: number;
  /** Makes each document larger by so much. */
  readonly paddingBytes?: number;
}

export interface Load {
  readonly history: History;
  /** Transactions acknowledged so far. */
  readonly acknowledged: number;
  /** Resolves when so many more are acknowledged; rejects when that does not come to be. */
  more(count: number): Promise<void>;
  /** Ends the stream; resolves when nothing is in flight. */
  stop(): Promise<void>;
}

const MORE_LIMIT_MS = 90_000;
/** After what was not acknowledged, so that a node that is down is not asked without a break. */
const TROUBLE_PAUSE_MS = 100;
const REFUSED_EVERY = 25;
const AWAITED_PAUSE_MS = 150;
/** While nobody waits for more: enough to notice what goes wrong, and the processor is free for what the test is about. */
const IDLE_PAUSES = 14;

function epcisDocument(serial: string, paddingBytes: number): Uint8Array {
  const event = {
    type: 'ObjectEvent',
    eventTime: '2026-03-01T08:00:00.000Z',
    eventTimeZoneOffset: '+00:00',
    epcList: [`urn:epc:id:sgtin:9521321.099999.${serial}`],
    action: 'OBSERVE',
    bizStep: 'inspecting',
    disposition: 'in_progress',
  };
  const document = {
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: '2026-03-01T08:00:00.000Z',
    epcisBody: { eventList: [event] },
    ...(paddingBytes === 0 ? {} : { 'example:padding': 'x'.repeat(paddingBytes) }),
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

/** The same transaction with a signature that is not its own. */
function forged({ body, signature, id }: SignedTransaction): SignedTransaction {
  const other = signature.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
  return { id, body, signature: other, bytes: encodeSignedTransaction({ body, signature: other }) };
}

/** Counts what is acknowledged and tells those who wait for more. */
class Acknowledgements {
  count = 0;
  private readonly waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();

  get isAwaited(): boolean {
    return this.waiting.size > 0;
  }

  add(): void {
    this.count += 1;
    for (const waiter of this.waiting) {
      if (this.count < waiter.count) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }

  async more(count: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const from = this.count;
        this.waiting.add({ count: from + count, resolve });
        timer = setTimeout(() => {
          reject(new Error(`${this.count - from} of ${count} more acknowledged after ${MORE_LIMIT_MS} ms`));
        }, MORE_LIMIT_MS);
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

export function startLoad(nodes: readonly LoadNode[], chainId: ChainId, choices: LoadChoices): Load {
  const { name, history = new History(), sessions = 2, paddingBytes = 0 } = choices;
  const acknowledgements = new Acknowledgements();
  let stopped = false;

  const rest = async (): Promise<void> => {
    if (choices.pauseMs !== undefined) return pause(choices.pauseMs);
    let pauses = 0;
    do {
      await pause(AWAITED_PAUSE_MS);
      pauses += 1;
    } while (pauses < IDLE_PAUSES && !acknowledgements.isAwaited && !stopped);
  };

  const work = async ({ restUrl, signer, organisation }: LoadNode, place: number): Promise<void> => {
    const client = createHistoryClient(restUrl);
    const session = `${name}-${organisation}-${place}`;
    for (let number = 0; !stopped; number++) {
      const serial = `${session}-${number}`;
      const terms = { chainId, idempotencyKey: serial, validUntilHeight: 50_000 };
      const document = captureEpcisDocument(epcisDocument(serial, paddingBytes));
      const transaction = await signTransactionWith(signer, terms, document);
      const isForged = number % REFUSED_EVERY === REFUSED_EVERY - 1;
      const answer = await history.record(session, client, isForged ? forged(transaction) : transaction);
      if (answer.kind === 'acknowledged') {
        if (isForged)
          throw new Error(`${organisation} has committed ${transaction.id} with a forged signature`);
        acknowledgements.add();
      }
      await (answer.kind === 'acknowledged' ? rest() : pause(TROUBLE_PAUSE_MS));
    }
  };
  const workers = nodes.flatMap((node) => Array.from({ length: sessions }, (_, place) => work(node, place)));
  const running = Promise.all(workers);
  running.catch(() => undefined);
  return {
    history,
    get acknowledged() {
      return acknowledgements.count;
    },
    more: (count) => Promise.race([acknowledgements.more(count), running.then(() => undefined)]),
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

/** Runs `body` under load; the load ends with it, however it ends. */
export async function underLoad(load: Load, body: (load: Load) => Promise<void>): Promise<void> {
  try {
    await body(load);
  } finally {
    await load.stop();
  }
}
