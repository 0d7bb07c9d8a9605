/** What the guard of a node says to an auditor and to a submitter: two calls that it lets in, and one that it refuses. */
import { CountersignClient, CountersignError, type TransactionSigner } from '../sdk/index.js';
import type { Cluster } from './cluster/cluster.js';

export interface AccessSample {
  /** `organisation/name` and what it asked for. */
  readonly call: string;
  /** "let in", or the code of the refusal. */
  readonly answer: string;
  readonly expected: string;
}

interface Call {
  readonly name: string;
  readonly path: string;
  readonly expected: string;
  readonly ask: (client: CountersignClient) => Promise<unknown>;
}

const LET_IN = 'let in';
const CALLS: readonly Call[] = [
  { name: 'auditor', path: '/v1/evidence', expected: LET_IN, ask: (client) => client.evidence({ limit: 1 }) },
  {
    name: 'app',
    path: '/v1/transactions',
    expected: LET_IN,
    ask: (client) => client.transactions({ limit: 1 }),
  },
  {
    name: 'app',
    path: '/v1/evidence',
    expected: 'ROLE_MISSING',
    ask: (client) => client.evidence({ limit: 1 }),
  },
];

async function answerTo(call: Call, restUrl: string, signer: TransactionSigner): Promise<string> {
  try {
    await call.ask(new CountersignClient(restUrl, { credentials: { signer } }));
    return LET_IN;
  } catch (error) {
    if (error instanceof CountersignError) return error.code;
    throw error;
  }
}

/** Asks the first node as identities of its organisation. */
export async function sampleAccess(cluster: Cluster): Promise<readonly AccessSample[]> {
  const [node] = cluster.nodes;
  if (node === undefined) return [];
  const samples: AccessSample[] = [];
  for (const call of CALLS) {
    const signer = await cluster.identitySigner(node.organisation, call.name);
    samples.push({
      call: `${node.organisation}/${call.name} GET ${call.path}`,
      answer: await answerTo(call, node.restUrl, signer),
      expected: call.expected,
    });
  }
  return samples;
}
