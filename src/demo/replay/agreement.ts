/** Whether all nodes stand at one height with one state and one head: asked of each node, never inferred. */
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { CountersignClient, StatusResource } from '../../sdk/index.js';

export interface AgreementNode {
  readonly organisation: string;
  readonly client: CountersignClient;
}

export interface Agreement {
  readonly height: number;
  /** By organisation, in the order of the nodes. */
  readonly stateRoots: Readonly<Record<string, string>>;
  readonly headDigests: Readonly<Record<string, string>>;
  readonly agree: boolean;
}

const POLL_MS = 50;

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, POLL_MS);
  });
}

/** The one height at which nothing waits anywhere; `undefined` while something moves. */
function drainedHeight(statuses: readonly StatusResource[]): number | undefined {
  const height = statuses[0]?.height;
  const still = statuses.every(
    (status) =>
      status.height === height &&
      status.mempool.transactions === 0 &&
      status.inFlight.length === 0 &&
      status.certifiedHeight === height,
  );
  return still ? height : undefined;
}

async function readAt(nodes: readonly AgreementNode[], height: number): Promise<Agreement> {
  const blocks = await Promise.all(nodes.map(({ client }) => client.block(height)));
  const stateRoots: Record<string, string> = {};
  const headDigests: Record<string, string> = {};
  for (const [index, { organisation }] of nodes.entries()) {
    const block = blocks[index];
    if (block === undefined) {
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `${organisation} says it stands at ${height} but has no such block`,
      );
    }
    stateRoots[organisation] = block.result.stateRoot;
    headDigests[organisation] = block.hash;
  }
  const agree = [stateRoots, headDigests].every((values) => new Set(Object.values(values)).size === 1);
  return { height, stateRoots, headDigests, agree };
}

/** Waits until all nodes have drained to one height, then reads what each holds there. Throws NODES_NOT_DRAINED. */
export async function awaitAgreement(nodes: readonly AgreementNode[], timeoutMs: number): Promise<Agreement> {
  const deadline = Date.now() + timeoutMs;
  for (let before: number | undefined; ;) {
    const statuses = await Promise.all(nodes.map(({ client }) => client.status()));
    const height = drainedHeight(statuses);
    if (height !== undefined && height === before) return readAt(nodes, height);
    before = height;
    if (Date.now() >= deadline) {
      const heights = statuses
        .map((status) => `${status.organisation} ${status.height}: ${status.cause}`)
        .join('; ');
      throw new LedgerError(
        'NODES_NOT_DRAINED',
        `the nodes did not reach one height within ${timeoutMs} ms (${heights})`,
      );
    }
    await pause();
  }
}
