/** Builds and signs the load, as far as possible before the clock starts, so that signing does not slow what is measured. */
import { FileKeystore, identityKeyName } from '../../src/keys/file-keystore.js';
import { bytesToBase64 } from '../../src/protocol/primitives/base64.js';
import { utf8ToBytes } from '../../src/protocol/primitives/bytes.js';
import type { ChainId } from '../../src/protocol/primitives/identifiers.js';
import {
  captureEpcisDocument,
  signTransactionWith,
  type SignedTransaction,
  type TransactionSigner,
} from '../../src/sdk/index.js';
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

/** `number` counts the transactions of the run; serial numbers of EPCs never repeat within it. */
async function sign(
  signer: TransactionSigner,
  plan: LoadPlan,
  run: string,
  number: number,
): Promise<SignedTransaction> {
  const firstSerial = Number.parseInt(run.slice(0, 6), 16) * 1_000_000 + number * plan.eventsPerTransaction;
  const document = utf8ToBytes(sampleDocument(firstSerial, plan.eventsPerTransaction));
  return signTransactionWith(
    signer,
    {
      chainId: plan.chainId as ChainId,
      idempotencyKey: `bench-${run}-${number}`,
      validUntilHeight: VALID_UNTIL_HEIGHT,
    },
    captureEpcisDocument(document),
  );
}

async function openSigners(plan: LoadPlan): Promise<readonly TransactionSigner[]> {
  return Promise.all(
    plan.targets.map(({ keysFolder }) =>
      new FileKeystore({ folder: keysFolder, passphrase: undefined, allowPlain: true }).loadSigner(
        identityKeyName('app'),
      ),
    ),
  );
}

function singleRequest(target: LoadTarget, { bytes }: SignedTransaction): LoadRequest {
  return {
    target,
    path: '/v1/transactions?wait=commit&timeout=20s',
    contentType: 'application/x-protobuf',
    body: bytes,
    transactions: 1,
    isSample: true,
  };
}

function batchRequest(target: LoadTarget, signed: readonly SignedTransaction[]): LoadRequest {
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

/** The requests of the plan in the order of their moments, spread evenly over the targets; each is signed when it is taken. */
export async function* signedRequests(plan: LoadPlan, run: string): AsyncGenerator<LoadRequest, undefined> {
  const total = Math.round(plan.transactionsPerSecond * plan.seconds);
  const signers = await openSigners(plan);
  let made = 0;
  for (let number = 0; made < total; number++) {
    const place = number % plan.targets.length;
    const target = plan.targets[place];
    const signer = signers[place];
    if (target === undefined || signer === undefined) throw new Error('the plan names no target');
    const isSample =
      plan.transactionsPerRequest === 1 || (plan.sampleEvery > 0 && number % plan.sampleEvery === 0);
    const count = isSample ? 1 : Math.min(plan.transactionsPerRequest, total - made);
    const signed: SignedTransaction[] = [];
    for (let index = 0; index < count; index++) signed.push(await sign(signer, plan, run, made + index));
    const [first] = signed;
    if (first === undefined) return;
    yield isSample ? singleRequest(target, first) : batchRequest(target, signed);
    made += count;
  }
}
