/** Builds and signs the whole load before the clock starts, so that signing does not slow what is measured. */
import { ed25519PublicKey, ed25519Sign } from '#crypto-platform';
import { bytesToHex, hexToBytes, utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import { bytesToBase64 } from '../../src/protocol/primitives/base64.js';
import type { ChainId, PublicKey } from '../../src/protocol/primitives/identifiers.js';
import { encodeSignedTransaction } from '../../src/protocol/ledger/signed-transaction.js';
import { encodeTransactionBody, transactionSigningBytes } from '../../src/protocol/ledger/transaction.js';
import type { LoadPlan, LoadTarget } from './load-plan.js';
import { sampleDocument } from './sample-events.js';

/** Valid far beyond the run; still within the window that genesis permits. */
const VALID_UNTIL_HEIGHT = 90_000;

export interface LoadRequest {
  readonly target: LoadTarget;
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly transactions: number;
  readonly isSample: boolean;
}

interface SignedBytes {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

function sign(target: LoadTarget, plan: LoadPlan, run: string, number: number): SignedBytes {
  const seed = hexToBytes(target.seed);
  const firstSerial = Number.parseInt(run.slice(0, 6), 16) * 1_000_000 + number * plan.eventsPerTransaction;
  const body = encodeTransactionBody({
    chainId: plan.chainId as ChainId,
    publicKey: bytesToHex(ed25519PublicKey(seed)) as PublicKey,
    idempotencyKey: `bench-${run}-${number}`,
    validUntilHeight: VALID_UNTIL_HEIGHT,
    command: {
      type: 'captureEpcisDocument',
      document: utf8ToBytes(sampleDocument(firstSerial, plan.eventsPerTransaction)),
    },
  });
  return { body, signature: ed25519Sign(seed, transactionSigningBytes(body)) };
}

function singleRequest(target: LoadTarget, { body, signature }: SignedBytes): LoadRequest {
  return {
    target,
    path: '/v1/transactions?wait=commit&timeout=20s',
    contentType: 'application/x-protobuf',
    body: encodeSignedTransaction({ body, signature }),
    transactions: 1,
    isSample: true,
  };
}

function batchRequest(target: LoadTarget, signed: readonly SignedBytes[]): LoadRequest {
  const transactions = signed.map(({ body, signature }) => ({
    body: bytesToBase64(body),
    signature: bytesToBase64(signature),
  }));
  return {
    target,
    path: '/v1/transactions:batch',
    contentType: 'application/json',
    body: utf8ToBytes(JSON.stringify({ transactions })),
    transactions: transactions.length,
    isSample: false,
  };
}

/** The requests of the plan in the order of their moments, spread evenly over the targets. */
export function signedRequests(plan: LoadPlan, run: string): readonly LoadRequest[] {
  const total = Math.round(plan.transactionsPerSecond * plan.seconds);
  const requests: LoadRequest[] = [];
  let made = 0;
  while (made < total) {
    const target = plan.targets[requests.length % plan.targets.length];
    if (target === undefined) throw new Error('the plan names no target');
    const isSample =
      plan.transactionsPerRequest === 1 || (plan.sampleEvery > 0 && requests.length % plan.sampleEvery === 0);
    const count = isSample ? 1 : Math.min(plan.transactionsPerRequest, total - made);
    const signed = Array.from({ length: count }, (_, index) => sign(target, plan, run, made + index));
    const [first] = signed;
    if (first === undefined) break;
    requests.push(isSample ? singleRequest(target, first) : batchRequest(target, signed));
    made += count;
  }
  return requests;
}
