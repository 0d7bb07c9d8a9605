/**
 * Sends documents to the ledger and proves each one: signed by its organisation's identity, submitted at that
 * organisation's node, awaited, its receipt fetched and verified offline. Nothing that goes wrong is passed over.
 */
import { sha256 } from '../../protocol/crypto/sha256.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { ChainId } from '../../protocol/primitives/identifiers.js';
import {
  captureEpcisDocument,
  CountersignError,
  signTransactionWith,
  verifyReceipt,
  type CountersignClient,
  type TransactionSigner,
} from '../../sdk/index.js';

export interface ReplayNode {
  readonly organisation: string;
  readonly client: CountersignClient;
  /** Of the identity that submits. */
  readonly signer: TransactionSigner;
}

export interface ReplayDocument {
  readonly lineNumber: number;
  readonly organisationIndex: number;
  readonly document: Uint8Array;
  readonly eventCount: number;
}

export interface ReplayFailure {
  readonly lineNumber: number;
  readonly code: string;
  readonly message: string;
}

export interface ReplaySummary {
  readonly transactions: number;
  readonly events: number;
  /** Of the transactions: those whose command was on the ledger already, so that they had no further effect. */
  readonly replayed: number;
  readonly blocks: number;
  readonly receiptsVerified: number;
  readonly seconds: number;
  readonly commitLatencyMs: { readonly p50: number; readonly p95: number };
  /** The first ones; `failureCount` counts all. */
  readonly failures: readonly ReplayFailure[];
  readonly failureCount: number;
}

export interface ReplaySettings {
  readonly nodes: readonly ReplayNode[];
  readonly genesis: Uint8Array;
  readonly chainId: ChainId;
  /** How far above the current height a transaction stays valid; at most the chain's limit. */
  readonly validForBlocks: number;
  readonly onProgress?: (done: number) => void;
  /** Ends the replay early: documents in flight are finished, no further one is begun. */
  readonly signal?: AbortSignal;
}

const IN_FLIGHT_MAX = 32;
const FAILURES_KEPT_MAX = 100;
const COMMIT_TIMEOUT_MS = 60_000;

/** Nearest-rank percentile of ascending numbers, rounded to tenths; 0 for none. */
export function percentile(ascending: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * ascending.length));
  return Math.round((ascending[rank - 1] ?? 0) * 10) / 10;
}

/** The same line of the same content is the same request for ever: a file replayed twice has its effect once. */
function idempotencyKey({ lineNumber, document }: ReplayDocument): string {
  return `line-${lineNumber}-${bytesToHex(sha256(document)).slice(0, 32)}`;
}

class Replay {
  readonly heights = new Set<number>();
  readonly latenciesMs: number[] = [];
  readonly failures: ReplayFailure[] = [];
  failureCount = 0;
  transactions = 0;
  events = 0;
  replayed = 0;
  receiptsVerified = 0;
  private done = 0;

  constructor(
    private readonly settings: ReplaySettings,
    private height: number,
  ) {}

  async drain(documents: AsyncIterator<ReplayDocument>): Promise<void> {
    while (this.settings.signal?.aborted !== true) {
      const next = await documents.next();
      if (next.done === true) return;
      try {
        await this.send(next.value);
      } catch (error) {
        if (!(error instanceof CountersignError)) throw error;
        this.fail(next.value, error.code, error.message);
      }
      this.settings.onProgress?.(++this.done);
    }
  }

  private fail({ lineNumber }: ReplayDocument, code: string, message: string): void {
    this.failureCount++;
    if (this.failures.length < FAILURES_KEPT_MAX) this.failures.push({ lineNumber, code, message });
  }

  private async send(document: ReplayDocument): Promise<void> {
    const { nodes, chainId, validForBlocks } = this.settings;
    const node = nodes[document.organisationIndex];
    if (node === undefined) throw new RangeError(`no organisation number ${document.organisationIndex}`);
    const transaction = await signTransactionWith(
      node.signer,
      { chainId, idempotencyKey: idempotencyKey(document), validUntilHeight: this.height + validForBlocks },
      captureEpcisDocument(document.document),
    );
    const started = performance.now();
    const committed = await node.client.submitAndWait(transaction, { timeoutMs: COMMIT_TIMEOUT_MS });
    this.latenciesMs.push(performance.now() - started);
    this.height = Math.max(this.height, committed.height);
    this.heights.add(committed.height);
    this.transactions++;
    const { outcome } = committed;
    if (outcome.code === 'FAILED') {
      const message = `transaction ${transaction.id} is on the ledger as failed`;
      this.fail(document, outcome.failure ?? 'UNKNOWN', message);
      return;
    }
    if (outcome.code === 'REPLAYED') this.replayed++;
    this.events += document.eventCount;
    await this.prove(node, transaction.id, document);
  }

  private async prove(node: ReplayNode, id: string, document: ReplayDocument): Promise<void> {
    const receipt = await node.client.waitForReceipt(id, { timeoutMs: COMMIT_TIMEOUT_MS });
    const verified = verifyReceipt(receipt, this.settings.genesis);
    if (!verified.ok) this.fail(document, verified.rejection.code, `receipt: ${verified.rejection.message}`);
    else if (verified.value.transactionId !== id) {
      this.fail(
        document,
        'RECEIPT_INVALID',
        `the receipt is of another transaction, ${verified.value.transactionId}`,
      );
    } else this.receiptsVerified++;
  }
}

/** Throws what is no fault of a document, such as a file that cannot be read to its end. */
export async function replayDocuments(
  documents: AsyncIterable<ReplayDocument>,
  settings: ReplaySettings,
): Promise<ReplaySummary> {
  const [first] = settings.nodes;
  if (first === undefined) throw new RangeError('no nodes to send to');
  const replay = new Replay(settings, (await first.client.status()).height);
  const iterator = documents[Symbol.asyncIterator]();
  const started = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, () => replay.drain(iterator)));
  const seconds = (performance.now() - started) / 1_000;
  const latencies = replay.latenciesMs.toSorted((left, right) => left - right);
  const { transactions, events, replayed, receiptsVerified, failures, failureCount } = replay;
  return {
    transactions,
    events,
    replayed,
    blocks: replay.heights.size,
    receiptsVerified,
    seconds,
    commitLatencyMs: { p50: percentile(latencies, 50), p95: percentile(latencies, 95) },
    failures,
    failureCount,
  };
}
