/**
 * Builds the next block when the replica asks: at once when nothing is in flight, otherwise when a block is full or the
 * oldest transaction has waited long enough (Nagle-like: low latency when idle, large blocks under load).
 */
import { bodyBytes, encodeBlockBody } from '../../protocol/ledger/block-body.js';
import { hashHeader, type BlockHeader } from '../../protocol/ledger/block-header.js';
import type { Block } from '../../protocol/ledger/block.js';
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import { checkInclusion } from '../../protocol/ledger/transaction.js';
import { transactionRoot } from '../../protocol/ledger/transaction-tree.js';
import { validatorSetDigest } from '../../protocol/ledger/validator-set.js';
import type { ProposalRequest } from '../../protocol/pbft/effect.js';
import type { ChainId, TransactionId, ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import { ZERO_DIGEST } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { BlockContents } from './block-contents.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { Mempool } from '../mempool/mempool.js';
import type { Clock, LedgerStore } from '../ports.js';
import type { RecentResults } from './recent-results.js';

/** Pause before the database is asked again. */
const RETRY_MS = 250;
/** Selections for one block, when what was selected is on the ledger already. */
const ATTEMPTS_MAX = 8;

export interface BlockBuilderPorts {
  readonly chainId: ChainId;
  readonly epochs: EpochHistory;
  /** Own place in an epoch. */
  readonly placeIn: (terms: EpochTerms) => ValidatorIndex | undefined;
  readonly mempool: Mempool;
  readonly contents: BlockContents;
  readonly results: RecentResults;
  readonly store: Pick<LedgerStore, 'findCommittedIds'>;
  readonly clock: Clock;
  /** Longest wait of a transaction for company while blocks are in flight. */
  readonly batchMs: number;
  readonly onBuilt: (block: Block) => void;
  /** The database does not answer, and the builder tries again after a pause; or it answers again. */
  readonly onDatabase: (available: boolean, reason: string) => void;
  readonly onError: (error: unknown) => void;
}

export class BlockBuilder {
  private request: ProposalRequest | undefined;
  /** Bytes of each transaction of the mempool that the open request may not use: mostly those of blocks in flight. */
  private taken = new Map<TransactionId, number>();
  private takenBytes = 0;
  private building = false;
  private cancelTimer: (() => void) | undefined;
  /** The database did not answer the last time. */
  private failing = false;
  /** It is given a pause before it is asked again. */
  private pausing = false;

  constructor(private readonly ports: BlockBuilderPorts) {}

  /** Takes the place of an earlier request that is still open. */
  open(request: ProposalRequest): void {
    this.request = request;
    this.taken = new Map();
    this.takenBytes = 0;
    for (const ancestor of request.ancestors) {
      for (const { transaction } of this.ports.contents.openBound(ancestor)) this.take(transaction.id);
    }
    this.wake();
  }

  /** These transactions leave the mempool: their block is final, or none may include them any more. */
  forget(ids: readonly TransactionId[]): void {
    for (const id of ids) {
      this.takenBytes -= this.taken.get(id) ?? 0;
      this.taken.delete(id);
    }
  }

  /** Work has arrived, or time has passed. */
  wake(): void {
    if (this.request === undefined || this.building || this.pausing) return;
    const { mempool, epochs, results, batchMs, clock } = this.ports;
    if (this.isOvertaken(this.request)) {
      this.request = undefined;
      return;
    }
    const waiting = mempool.size - this.taken.size;
    // The chain has to come to the end of its epoch: then a block without transactions will do (PBFT-EPOCH-2).
    if (waiting <= 0 && !this.request.isDue) return;
    const { parameters } = epochs.termsAt(this.request.height);
    const isFull =
      waiting >= parameters.blockTransactionsMax ||
      mempool.bytes - this.takenBytes >= parameters.blockBytesMax;
    const isIdle = this.request.height === results.executedHeight + 1;
    if (!isIdle && !isFull && waiting > 0) {
      if (this.cancelTimer !== undefined) return;
      const waitMs = batchMs - mempool.oldestWaitingMs(this.taken);
      if (waitMs > 0) {
        this.cancelTimer = clock.schedule(waitMs, () => {
          this.cancelTimer = undefined;
          this.wake();
        });
        return;
      }
    }
    this.building = true;
    this.build(this.request).then(
      () => {
        this.building = false;
        this.wake();
      },
      (error: unknown) => {
        this.building = false;
        this.onFailure(error);
      },
    );
  }

  stop(): void {
    this.request = undefined;
    this.cancelTimer?.();
  }

  /** Blocks of that height came from elsewhere; the result that its header would carry may be forgotten. */
  private isOvertaken(request: ProposalRequest): boolean {
    return request.height <= this.ports.results.executedHeight;
  }

  private onFailure(error: unknown): void {
    if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') {
      this.ports.onError(error);
      return;
    }
    this.failing = true;
    this.ports.onDatabase(false, error.message);
    if (this.request === undefined) return;
    this.cancelTimer?.();
    this.pausing = true;
    this.cancelTimer = this.ports.clock.schedule(RETRY_MS, () => {
      this.cancelTimer = undefined;
      this.pausing = false;
      this.wake();
    });
  }

  private take(id: TransactionId): void {
    const waiting = this.ports.mempool.get(id);
    if (waiting === undefined || this.taken.has(id)) return;
    this.taken.set(id, waiting.bytes);
    this.takenBytes += waiting.bytes;
  }

  private async build(request: ProposalRequest): Promise<void> {
    const chosen = await this.choose(request);
    // A newer request may have come while the database was asked.
    if (this.request !== request || this.isOvertaken(request)) return;
    if (chosen.length === 0 && !request.isDue) return;
    this.request = undefined;
    this.ports.onBuilt(this.assemble(request, chosen));
  }

  /**
   * What was chosen and may not be included makes room for others: they are chosen anew, so that nobody can keep a block
   * small with transactions that are on the ledger already.
   */
  private async choose(request: ProposalRequest): Promise<readonly AdmittedTransaction[]> {
    const { epochs, mempool } = this.ports;
    const { parameters } = epochs.termsAt(request.height);
    let useful: readonly AdmittedTransaction[] = [];
    for (let attempt = 0; attempt < ATTEMPTS_MAX && this.request === request; attempt++) {
      const selected = mempool.select({ parameters, exclude: this.taken });
      useful = await this.withoutUseless(request, selected);
      if (useful.length === selected.length) break;
    }
    return useful;
  }

  private async withoutUseless(
    request: ProposalRequest,
    selected: readonly AdmittedTransaction[],
  ): Promise<readonly AdmittedTransaction[]> {
    const { chainId, epochs, mempool, store, results } = this.ports;
    const { parameters } = epochs.termsAt(request.height);
    const committed = await store.findCommittedIds(selected.map(({ transaction }) => transaction.id));
    this.reportAnswer();
    const isRepeated = (id: TransactionId): boolean => committed.has(id) || results.isCommitted(id);
    const useless: TransactionId[] = [];
    const useful = selected.filter(({ transaction, bytes }) => {
      const { id } = transaction;
      if (isRepeated(id)) {
        useless.push(id);
        return false;
      }
      const isInTime =
        checkInclusion(transaction, { chainId, height: request.height, parameters }) === undefined;
      if (isInTime && bytes <= parameters.transactionBytesMax) return true;
      // Not at this height: it is too late here, and a block below may still include it; or an epoch has other limits.
      if (this.request === request) this.take(id);
      return false;
    });
    mempool.remove(useless);
    return useful;
  }

  private reportAnswer(): void {
    if (!this.failing) return;
    this.failing = false;
    this.ports.onDatabase(true, '');
  }

  private assemble(request: ProposalRequest, chosen: readonly AdmittedTransaction[]): Block {
    const { chainId, epochs, results, clock, contents, placeIn } = this.ports;
    const terms = epochs.termsAt(request.height);
    const { validators, parameters } = terms;
    const proposer = placeIn(terms);
    invariant(
      proposer !== undefined,
      `a proposal is asked for in epoch ${request.epoch}, where it has no place`,
    );
    const next = epochs.pendingAt(request.height);
    const epochFinal = next?.firstHeight === request.height + 1;
    invariant(
      epochFinal === request.epochFinal,
      `the replica and its node end the epoch at different heights`,
    );
    const transactions = chosen.map(({ transaction }) => transaction);
    const header: BlockHeader = {
      chainId,
      epoch: request.epoch,
      height: request.height,
      originView: request.view,
      proposer,
      parentHash: request.parentHash,
      transactionRoot: transactionRoot(transactions),
      transactionCount: transactions.length,
      bodyBytes: bodyBytes(transactions),
      resultRoot: results.rootAt(Math.max(0, request.height - epochs.pipelineDepth)),
      validatorsDigest: validatorSetDigest(validators),
      nextValidatorsDigest: epochFinal ? validatorSetDigest(next.validators) : ZERO_DIGEST,
      timestampMs: Math.max(clock.wallMs(), request.parentTimestampMs + 1),
      epochFinal,
    };
    const block: Block = { header, hash: hashHeader(header), body: encodeBlockBody(transactions) };
    contents.remember(
      block,
      chosen.map((admitted) => ({
        transaction: admitted.transaction,
        parameters,
        plan: admitted.plannedFor(parameters),
        verified: true,
      })),
    );
    return block;
  }
}
