/** Requests to the REST edge, and what its answers must look like. */
import net from 'node:net';
import { encodeSignedTransaction } from '../../src/protocol/ledger/transaction.js';
import { encodeTransactionBody, transactionId } from '../../src/protocol/ledger/transaction.js';
import type { TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { findProblem } from '../../src/api/problems/problem-registry.js';
import {
  credentialHeaders,
  keyPairSigner,
  seedToKeyPair,
  type TransactionSigner,
} from '../../src/sdk/index.js';
import { TEST_CHAIN, TEST_KEY } from './in-memory-use-cases.js';
import { testSeed } from './signed-transactions.js';

export interface SampleTransaction {
  readonly id: TransactionId;
  readonly key: string;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  /** Encoded SignedTransaction. */
  readonly bytes: Uint8Array;
  /** Its JSON form. */
  readonly json: { readonly body: string; readonly signature: string };
}

let keys = 0;

/** A well-formed transaction that no other call has given; its signature is not one. */
export function sampleTransaction(content = '{}'): SampleTransaction {
  const key = `key-${keys++}`;
  const body = encodeTransactionBody({
    chainId: TEST_CHAIN,
    publicKey: TEST_KEY,
    idempotencyKey: key,
    validUntilHeight: 1_000,
    command: {
      type: 'recordDocuments',
      documents: [{ kind: 'note', content: Buffer.from(content), subjectPointers: [] }],
    },
  });
  const signature = new Uint8Array(64).fill(7);
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  return {
    id: transactionId(body),
    key,
    body,
    signature,
    bytes: encodeSignedTransaction({ body, signature }),
    json: { body: base64(body), signature: base64(signature) },
  };
}

/** What the identity `acme/auditor` of testGenesis asks, who may read everything; or another that is named. */
export async function signedFetch(
  url: string,
  init: { readonly method?: string; readonly headers?: Record<string, string> } = {},
  identity = 'acme/auditor',
): Promise<Response> {
  const credentials = { signer: testSigner(identity) };
  const proof = await credentialHeaders(credentials, { method: init.method ?? 'GET', url });
  return fetch(url, { ...init, headers: { ...init.headers, ...proof } });
}

/** With the key of an identity of testGenesis. */
export function testSigner(identity: string): TransactionSigner {
  return keyPairSigner(seedToKeyPair(testSeed(identity)));
}

export function postProtobuf(
  url: string,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'application/x-protobuf', ...headers },
  });
}

export function postJson(url: string, body: unknown): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, headers: { 'content-type': 'application/json' } });
}

export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly fix: string;
  readonly traceId: string;
  readonly errors?: readonly {
    readonly detail: string;
    readonly pointer?: string;
    readonly parameter?: string;
  }[];
}

/** The problem of an answer; throws when the answer is not a complete problem of the registry. */
export async function readProblem(response: Response): Promise<ProblemJson> {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) {
    throw new Error(`no problem+json but ${response.status} ${text.slice(0, 200)}`);
  }
  const problem = JSON.parse(text) as ProblemJson;
  const registered = findProblem(problem.code);
  if (registered?.status !== response.status || problem.status !== response.status) {
    throw new Error(`the status ${response.status} is not that of ${problem.code}`);
  }
  if (
    problem.title !== registered.title ||
    !/^[0-9a-f]{32}$/.test(problem.traceId) ||
    problem.detail === ''
  ) {
    throw new Error(`an incomplete problem: ${text}`);
  }
  if (response.headers.get('x-content-type-options') !== 'nosniff') throw new Error('no nosniff');
  return problem;
}

/** Sends bytes that no HTTP client would, and gives what comes back until the server closes. */
export function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (answer += part));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
