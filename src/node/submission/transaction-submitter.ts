/**
 * The use case behind POST /v1/transactions: admit, look for the same transaction on the ledger, put it into the
 * mempool, share it. A refusal is a value and leaves nothing behind; an acceptance says PENDING and nothing more.
 */
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { Mempool } from '../mempool/mempool.js';
import { decodeOutcome } from '../../protocol/ledger/outcome.js';
import type { Height, TransactionId } from '../../protocol/primitives/identifiers.js';
import { reject, type Result } from '../../protocol/primitives/rejection.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { CommitFeed } from '../commit/commit-feed.js';
import type { CommittedLookup } from './committed-lookup.js';
import type { Clock, LedgerReader, NodeObserver, RawTransaction } from '../ports.js';
import type { RecentResults } from '../proposal/recent-results.js';
import type { CommittedStatus, SubmitResult, SubmitTransaction, TransactionStatus } from '../use-cases.js';

/** Ids of expired transactions that are remembered for their askers. */
const EXPIRED_MAX = 10_000;

export interface TransactionSubmitterPorts {
  readonly mempool: Mempool;
  readonly results: RecentResults;
  readonly lookup: CommittedLookup;
  readonly reader: Pick<LedgerReader, 'findTransaction' | 'readBlock'>;
  readonly feed: CommitFeed;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly admit: (raw: RawTransaction) => Result<AdmittedTransaction>;
  /** Whether the signer has the right, as the state stands: a courtesy, since execution decides. */
  readonly checkSigner: (admitted: AdmittedTransaction) => Promise<Result<unknown>>;
  readonly share: (transaction: AdmittedTransaction) => void;
}

export class TransactionSubmitter implements SubmitTransaction {
  /** Transactions that entered here and wait, oldest first; bounded by the mempool. */
  private readonly waiting = new Map<TransactionId, AdmittedTransaction>();
  private readonly expired = new Set<TransactionId>();
  private certifiedHeight: Height = 0;

  constructor(private readonly ports: TransactionSubmitterPorts) {}

  async submit(raw: RawTransaction): Promise<SubmitResult> {
    const { observer, admit, checkSigner, mempool, results, lookup, share } = this.ports;
    const admitted = admit(raw);
    if (!admitted.ok) return this.refuse(admitted.rejection.code, admitted);
    const { id } = admitted.value.transaction;
    if (mempool.has(id)) return { kind: 'pending', id };
    if (results.isCommitted(id) || (await lookup.isCommitted(id))) {
      const status = await this.committedStatus(id);
      return status === undefined ? { kind: 'pending', id } : { kind: 'committed', status };
    }
    const signer = await checkSigner(admitted.value);
    if (!signer.ok) return this.refuse(signer.rejection.code, signer);
    // Its block may have become final while the database was asked.
    if (results.isCommitted(id)) return { kind: 'pending', id };
    const added = mempool.add(admitted.value);
    if (added === 'duplicate') return { kind: 'pending', id };
    if (added !== 'added') {
      return this.refuse(
        added,
        reject(added, 'this node holds as many waiting transactions as it may; send it again later'),
      );
    }
    this.waiting.set(id, admitted.value);
    observer.onTransactionAdmitted();
    share(admitted.value);
    return { kind: 'pending', id };
  }

  submitBatch(raws: readonly RawTransaction[]): Promise<readonly SubmitResult[]> {
    return Promise.all(raws.map((raw) => this.submit(raw)));
  }

  async awaitOutcome(
    id: TransactionId,
    until: 'commit' | 'receipt',
    timeoutMs: number,
  ): Promise<TransactionStatus | undefined> {
    const { clock, feed } = this.ports;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    const status = await this.awaitCommit(id, timeoutMs);
    if (until === 'commit' || status?.status !== 'COMMITTED' || status.height <= this.certifiedHeight)
      return status;
    const certificate = feed.waitForCertificate(status.height, deadlineMs - clock.monotonicMs());
    return (await certificate.result) === 'reached' ? status : undefined;
  }

  async findStatus(id: TransactionId): Promise<TransactionStatus | undefined> {
    const committed = await this.committedStatus(id);
    if (committed !== undefined) return committed;
    if (this.ports.mempool.has(id) || this.ports.results.isCommitted(id)) return { id, status: 'PENDING' };
    return this.expired.has(id) ? { id, status: 'EXPIRED' } : undefined;
  }

  /** Transactions of this node that still wait, oldest first. */
  waitingHere(): Iterable<AdmittedTransaction> {
    return this.waiting.values();
  }

  /** True while a transaction waits that was posted here; it was not on the ledger then. */
  get hasWaiting(): boolean {
    return this.waiting.size > 0;
  }

  onCertified(height: Height): void {
    this.certifiedHeight = Math.max(this.certifiedHeight, height);
  }

  /** The block is durable: its transactions are answered and forgotten. */
  onCommitted(ids: readonly TransactionId[]): void {
    const { clock, observer, feed } = this.ports;
    const nowMs = clock.monotonicMs();
    for (const id of ids) {
      const transaction = this.waiting.get(id);
      if (transaction === undefined) continue;
      this.waiting.delete(id);
      observer.onTransactionCommitted(nowMs - transaction.arrivedMs);
    }
    feed.publishCommitted(ids);
  }

  onExpired(ids: readonly TransactionId[]): void {
    for (const id of ids) {
      this.waiting.delete(id);
      this.expired.add(id);
    }
    for (const oldest of this.expired) {
      if (this.expired.size <= EXPIRED_MAX) break;
      this.expired.delete(oldest);
    }
    this.ports.feed.publishCommitted(ids);
  }

  private async awaitCommit(id: TransactionId, timeoutMs: number): Promise<TransactionStatus | undefined> {
    const { feed, mempool } = this.ports;
    // Registered before the database is asked, so that a commit in between is not missed.
    const wait = feed.waitForCommit(id, timeoutMs);
    try {
      // What waits in the mempool is in no final block: the database has nothing to say about it yet.
      const known = mempool.has(id) ? undefined : await this.findStatus(id);
      if (isFinal(known)) return known;
      return (await wait.result) === 'reached' ? await this.findStatus(id) : undefined;
    } finally {
      wait.cancel();
    }
  }

  private refuse(code: string, refusal: Extract<Result<unknown>, { ok: false }>): SubmitResult {
    this.ports.observer.onTransactionRejected(code);
    return { kind: 'rejected', rejection: refusal.rejection };
  }

  private async committedStatus(id: TransactionId): Promise<CommittedStatus | undefined> {
    const { reader } = this.ports;
    const stored = await reader.findTransaction(id);
    if (stored === undefined) return undefined;
    const block = await reader.readBlock(stored.height);
    const outcome = decodeOutcome(stored.outcome);
    if (block === undefined || !outcome.ok) {
      throw new LedgerError(
        'LEDGER_CORRUPT',
        `transaction ${id} is stored without a readable block ${stored.height} or outcome; run an audit`,
      );
    }
    return {
      id,
      status: 'COMMITTED',
      height: stored.height,
      index: stored.index,
      timestampMs: block.header.timestampMs,
      outcome: outcome.value,
    };
  }
}

/** True when the status will not change any more. */
function isFinal(status: TransactionStatus | undefined): boolean {
  return status?.status === 'COMMITTED' || status?.status === 'EXPIRED';
}
