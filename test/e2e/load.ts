/** A stream of transactions that remembers what a node acknowledged: what a client was told is what must never be lost. */
import { captureEpcisDocument, CountersignError, signTransactionWith } from '../../src/sdk/index.js';
import type { ChainId } from '../../src/protocol/primitives/identifiers.js';
import type { ReplayNode } from '../../src/demo/replay/replay-documents.js';

export interface Load {
  /** Ids that a node answered COMMITTED for, with the height that it named. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Resolves when so many more are acknowledged. */
  more(count: number): Promise<void>;
  /** Ends the stream; resolves when nothing is in flight. */
  stop(): Promise<void>;
}

function epcisDocument(number: number): Uint8Array {
  const event = {
    type: 'ObjectEvent',
    eventTime: '2026-03-01T08:00:00.000Z',
    eventTimeZoneOffset: '+00:00',
    epcList: [`urn:epc:id:sgtin:9521321.099999.${number}`],
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
  };
  return new TextEncoder().encode(JSON.stringify(document));
}

/** `workers` transactions are in flight at a time, handed to the nodes in turn. Refusals that pass are tried again. */
export function startLoad(nodes: readonly ReplayNode[], chainId: ChainId, name: string, workers = 8): Load {
  const acknowledged = new Map<string, number>();
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let stopped = false;
  let next = 0;

  const acknowledge = (id: string, height: number): void => {
    acknowledged.set(id, height);
    for (const waiter of waiting.filter(({ count }) => acknowledged.size >= count)) {
      waiting.splice(waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  };
  const work = async (): Promise<void> => {
    while (!stopped) {
      const number = next++;
      const node = nodes[number % nodes.length]!;
      const terms = { chainId, idempotencyKey: `${name}-${number}`, validUntilHeight: 50_000 };
      const transaction = await signTransactionWith(
        node.signer,
        terms,
        captureEpcisDocument(epcisDocument(number)),
      );
      try {
        const committed = await node.client.submitAndWait(transaction);
        if (committed.outcome.code !== 'OK')
          throw new Error(`${transaction.id} has ${committed.outcome.code}`);
        acknowledge(transaction.id, committed.height);
      } catch (error) {
        // Not acknowledged: the node was down or had no quorum. Nothing may be concluded of this transaction.
        if (!(error instanceof CountersignError)) throw error;
      }
    }
  };
  const running = Promise.all(Array.from({ length: workers }, work));
  return {
    acknowledged,
    more: (count) =>
      new Promise((resolve, reject) => {
        waiting.push({ count: acknowledged.size + count, resolve });
        running.catch(reject);
      }),
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

/** Throws when a node does not have an acknowledged transaction at the height that was acknowledged. */
export async function expectNothingLost(load: Load, nodes: readonly ReplayNode[]): Promise<void> {
  for (const { organisation, client } of nodes) {
    for (const [id, height] of load.acknowledged) {
      const found = await client.transaction(id);
      if (found?.status !== 'COMMITTED' || found.height !== height) {
        throw new Error(`${organisation} has lost ${id} of block ${height}: ${JSON.stringify(found)}`);
      }
    }
  }
}

/** Runs `body` under load; the load ends with it, however it ends. */
export async function underLoad(load: Load, body: (load: Load) => Promise<void>): Promise<void> {
  try {
    await body(load);
  } finally {
    await load.stop();
  }
}
