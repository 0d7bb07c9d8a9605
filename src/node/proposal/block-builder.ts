/**
 * Builds the next block when the replica asks: at once when nothing is in flight, otherwise when a block is full or the
 * oldest transaction has waited long enough (Nagle-like: low latency when idle, large blocks under load; consensus.md 1.5).
 */
import { bodyBytes, encodeBlockBody } from '../../protocol/ledger/block-body.js';
import { hashHeader, type BlockHeader } from '../../protocol/ledger/block-header.js';
import type { Block } from '../../protocol/ledger/block.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { checkInclusion } from '../../protocol/ledger/transaction.js';
import { transactionRoot } from '../../protocol/ledger/transaction-tree.js';
import { validatorSetDigest } from '../../protocol/ledger/validator-set.js';
import type { ProposalRequest } from '../../protocol/pbft/effect.js';
import type { Digest, TransactionId, ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import { ZERO_DIGEST } from '../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { BlockContents } from './block-contents.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { Mempool } from '../mempool/mempool.js';
import type { Clock, LedgerStore } from '../ports.js';
import type { RecentResults } from './recent-results.js';

/** Pause before the database is asked again. */
const RETRY_MS = 250;

export interface BlockBuilderPorts {
  readonly genesis: Genesis;
  readonly self: ValidatorIndex;
  readonly mempool: Mempool;
  readonly contents: BlockContents;
  readonly results: RecentResults;
  readonly store: Pick<LedgerStore, 'findCommittedIds'>;
  readonly clock: Clock;
  /** Longest wait of a transaction for company while blocks are in flight. */
  readonly batchMs: number;
  readonly onBuilt: (block: Block) => void;
  /** The database does not answer; the builder tries again after a pause. */
  readonly onDatabase: (reason: string) => void;
  readonly onError: (error: unknown) => void;
}

export class BlockBuilder {
  private readonly validatorsDigest: Digest;
  private request: ProposalRequest | undefined;
  /** Transactions of the mempool that are in the blocks which the open request builds on, and their bytes. */
  private taken = new Set<TransactionId>();
  private takenBytes = 0;
  private building = false;
  private cancelTimer: (() => void) | undefined;

  constructor(private readonly ports: BlockBuilderPorts) {
    this.validatorsDigest = validatorSetDigest(ports.genesis.validators);
  }

  /** Takes the place of an earlier request that is still open. */
  open(request: ProposalRequest): void {
    this.request = request;
    this.taken = new Set();
    this.takenBytes = 0;
    for (const ancestor of request.ancestors) this.take(ancestor);
    this.wake();
  }

  /** These transactions are in a final block and leave the mempool. */
  forget(ids: readonly TransactionId[]): void {
    for (const id of ids) {
      if (this.taken.delete(id)) this.takenBytes -= this.ports.mempool.get(id)?.bytes ?? 0;
    }
  }

  /** Work has arrived, or time has passed. */
  wake(): void {
    if (this.request === undefined || this.building) return;
    const { mempool, genesis, batchMs, clock } = this.ports;
    const waiting = mempool.size - this.taken.size;
    if (waiting <= 0) return;
    const isFull =
      waiting >= genesis.parameters.blockTransactionsMax ||
      mempool.bytes - this.takenBytes >= genesis.parameters.blockBytesMax;
    if (this.request.ancestors.length > 0 && !isFull) {
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

  private onFailure(error: unknown): void {
    if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') {
      this.ports.onError(error);
      return;
    }
    this.ports.onDatabase(error.message);
    this.cancelTimer = this.ports.clock.schedule(RETRY_MS, () => {
      this.cancelTimer = undefined;
      this.wake();
    });
  }

  private take(ancestor: Block): void {
    for (const { transaction } of this.ports.contents.openBound(ancestor)) {
      const waiting = this.ports.mempool.get(transaction.id);
      if (waiting === undefined || this.taken.has(transaction.id)) continue;
      this.taken.add(transaction.id);
      this.takenBytes += waiting.bytes;
    }
  }

  private async build(request: ProposalRequest): Promise<void> {
    const chosen = await this.choose(request);
    // A newer request may have come while the database was asked.
    if (this.request !== request || chosen.length === 0) return;
    this.request = undefined;
    this.ports.onBuilt(this.assemble(request, chosen));
  }

  private async choose(request: ProposalRequest): Promise<readonly AdmittedTransaction[]> {
    const { genesis, mempool, store, results } = this.ports;
    const { parameters, chainId } = genesis;
    const selected = mempool.select({
      transactionsMax: parameters.blockTransactionsMax,
      bytesMax: parameters.blockBytesMax,
      stateWritesMax: parameters.stateWritesPerBlockMax,
      exclude: this.taken,
    });
    const committed = await store.findCommittedIds(selected.map(({ transaction }) => transaction.id));
    const useless: TransactionId[] = [];
    const useful = selected.filter(({ transaction }) => {
      const repeated = committed.has(transaction.id) || results.isCommitted(transaction.id);
      const includable =
        checkInclusion(transaction, { chainId, height: request.height, parameters }) === undefined;
      if (repeated || !includable) useless.push(transaction.id);
      return !repeated && includable;
    });
    mempool.remove(useless);
    return useful;
  }

  private assemble(request: ProposalRequest, chosen: readonly AdmittedTransaction[]): Block {
    const { genesis, results, clock, contents, self } = this.ports;
    const transactions = chosen.map(({ transaction }) => transaction);
    const header: BlockHeader = {
      chainId: genesis.chainId,
      epoch: request.epoch,
      height: request.height,
      originView: request.view,
      proposer: self,
      parentHash: request.parentHash,
      transactionRoot: transactionRoot(transactions),
      transactionCount: transactions.length,
      bodyBytes: bodyBytes(transactions),
      resultRoot: results.rootAt(Math.max(0, request.height - genesis.parameters.pipelineDepth)),
      validatorsDigest: this.validatorsDigest,
      nextValidatorsDigest: ZERO_DIGEST,
      timestampMs: Math.max(clock.wallMs(), request.parentTimestampMs + 1),
      epochFinal: false,
    };
    const block: Block = { header, hash: hashHeader(header), body: encodeBlockBody(transactions) };
    contents.remember(
      block.hash,
      chosen.map(({ transaction, planned }) => ({ transaction, plan: planned, verified: true })),
    );
    return block;
  }
}
