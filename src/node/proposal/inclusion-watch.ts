/**
 * Does the primary leave somebody out, or serve as little as it dares (PBFT-TIMER-5)? Every validator watches the oldest
 * waiting transactions of each organisation. Once it is sure that the primary has them, proposals that had room for them,
 * or that gave their organisation less than the turns by bytes give, are counted; too many of them are a reason to want
 * another primary.
 *
 * What an honest primary with a full pool, a full block or a late copy does is never counted: the bounds below are those
 * of `Mempool.select`. In full blocks order within one organisation is not watched: there a rotation is the bound.
 */
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
import { checkInclusion, transactionBytes } from '../../protocol/ledger/transaction.js';
import type { Block } from '../../protocol/ledger/block.js';
import type {
  ChainId,
  MonotonicMs,
  OrganisationName,
  TransactionId,
  View,
} from '../../protocol/primitives/identifiers.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { Mempool } from '../mempool/mempool.js';
import type { Clock } from '../ports.js';
import type { BlockContents, OpenedBlock } from './block-contents.js';

/** A transaction that waits for so many progress timeouts is overdue. */
const OVERDUE_TIMEOUTS = 3;
/** Of each organisation, the oldest always: so much is sent again in each progress timeout, and to be served in it. */
const WATCHED_MAX = 32;
const WATCHED_BYTES_MAX = 65_536;

export interface InclusionWatchPorts {
  readonly chainId: ChainId;
  readonly epochs: EpochHistory;
  readonly mempool: Pick<Mempool, 'waitingByLane' | 'has' | 'laneName'>;
  readonly contents: Pick<BlockContents, 'openBound' | 'planned'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly progressTimeoutMs: number;
  /** True when the transaction was looked up and is not on the ledger. */
  readonly isOpen: (id: TransactionId) => boolean;
  /** Sends what the primary may have missed once more to everybody. */
  readonly shareAgain: (transactions: readonly AdmittedTransaction[]) => void;
  /** The primary of this view leaves an organisation out, or keeps it waiting. */
  readonly onUnfair: (view: View) => void;
}

/** One of the oldest transactions of a lane, which has waited for a while. */
interface Watched {
  readonly waiting: AdmittedTransaction;
  /** When it was first sent again to the primary of this view, and when last. */
  readonly firstSharedAtMs: MonotonicMs;
  readonly sharedAtMs: MonotonicMs;
}

interface WatchedLane {
  readonly oldest: readonly Watched[];
  /** Proposals of this view that should have had one of them, since the last one that left none out. */
  unfair: number;
}

interface Fill {
  readonly bytes: number;
  readonly stateWrites: number;
  readonly shares: ReadonlyMap<OrganisationName, { readonly bytes: number; readonly largest: number }>;
}

export class InclusionWatch {
  private readonly lanes = new Map<OrganisationName, WatchedLane>();
  private view: View | undefined;

  constructor(private readonly ports: InclusionWatchPorts) {}

  /** Looks at who waits; to be called now and then. */
  look(view: View): void {
    this.enter(view);
    const nowMs = this.ports.clock.monotonicMs();
    const waiting = this.ports.mempool.waitingByLane();
    for (const lane of this.lanes.keys()) if (!waiting.has(lane)) this.lanes.delete(lane);
    const again: AdmittedTransaction[] = [];
    for (const [lane, inOrder] of waiting) {
      const held = this.lanes.get(lane);
      const known = new Map(held?.oldest.map((each) => [each.waiting, each]));
      const oldest = this.longWaiting(inOrder, nowMs).map((each) => {
        const before = known.get(each);
        if (before !== undefined && nowMs - before.sharedAtMs < this.ports.progressTimeoutMs) return before;
        again.push(each);
        return { waiting: each, firstSharedAtMs: before?.firstSharedAtMs ?? nowMs, sharedAtMs: nowMs };
      });
      this.lanes.set(lane, { oldest, unfair: held?.unfair ?? 0 });
    }
    if (again.length > 0) this.ports.shareAgain(again);
  }

  /** A fresh proposal of `view` came from its primary, on top of `ancestors` that are not executed yet. */
  onProposal(view: View, block: Block, ancestors: readonly Block[]): void {
    const { contents, clock, progressTimeoutMs, epochs, onUnfair } = this.ports;
    const { parameters } = epochs.termsAt(block.header.height);
    this.enter(view);
    if (this.lanes.size === 0) return;
    const nowMs = clock.monotonicMs();
    const opened = contents.openBound(block);
    const included = new Set(
      [opened, ...ancestors.map((ancestor) => contents.openBound(ancestor))].flatMap((each) =>
        each.map(({ transaction }) => transaction.id),
      ),
    );
    const fill = this.measure(opened);
    const isHeavy = this.isHeavy(fill, parameters);
    for (const [lane, watched] of this.lanes) {
      const leftOut = watched.oldest.filter(
        ({ waiting, firstSharedAtMs }) =>
          // What was sent so long ago has arrived before this was built.
          nowMs - firstSharedAtMs >= progressTimeoutMs &&
          !included.has(waiting.transaction.id) &&
          this.mayInclude(waiting, block),
      );
      const [oldest] = leftOut;
      if (oldest === undefined || (isHeavy && fill.shares.has(lane))) {
        watched.unfair = 0;
        continue;
      }
      if (isHeavy || !this.isUnfair(lane, fill, opened.length, parameters)) continue;
      watched.unfair += 1;
      const isOverdue = nowMs - oldest.waiting.arrivedMs >= OVERDUE_TIMEOUTS * progressTimeoutMs;
      if (isOverdue && watched.unfair > epochs.pipelineDepth) onUnfair(view);
    }
  }

  /** Those of a lane that have waited for a progress timeout and are looked up, up to the bounds. */
  private longWaiting(inOrder: Iterable<AdmittedTransaction>, nowMs: MonotonicMs): AdmittedTransaction[] {
    const { progressTimeoutMs, isOpen } = this.ports;
    const found: AdmittedTransaction[] = [];
    let bytes = 0;
    for (const waiting of inOrder) {
      bytes += waiting.bytes;
      const isFull = found.length >= WATCHED_MAX || (found.length > 0 && bytes > WATCHED_BYTES_MAX);
      if (isFull || nowMs - waiting.arrivedMs < progressTimeoutMs) break;
      if (isOpen(waiting.transaction.id)) found.push(waiting);
    }
    return found;
  }

  /** A new epoch begins, with views of its own. */
  onEpoch(): void {
    this.view = undefined;
    this.lanes.clear();
  }

  /** Another primary has its own time. */
  private enter(view: View): void {
    if (this.view === view) return;
    this.view = view;
    this.lanes.clear();
  }

  private mayInclude({ transaction, bytes }: AdmittedTransaction, { header }: Block): boolean {
    const { chainId, epochs, mempool } = this.ports;
    const { parameters } = epochs.termsAt(header.height);
    if (!mempool.has(transaction.id) || bytes > parameters.transactionBytesMax) return false;
    return checkInclusion(transaction, { chainId, height: header.height, parameters }) === undefined;
  }

  private measure(opened: OpenedBlock): Fill {
    const { mempool, contents } = this.ports;
    let bytes = 0;
    let stateWrites = 0;
    const shares = new Map<OrganisationName, { bytes: number; largest: number }>();
    for (const item of opened) {
      const size = transactionBytes(item.transaction);
      const lane = mempool.laneName(item.transaction.publicKey);
      const share = shares.get(lane) ?? { bytes: 0, largest: 0 };
      shares.set(lane, { bytes: share.bytes + size, largest: Math.max(share.largest, size) });
      bytes += size;
      stateWrites += contents.planned(item).stateWrites;
    }
    return { bytes, stateWrites, shares };
  }

  /**
   * One transaction may need as many state writes as a block may have, and nothing fits beside it. Such a block says nothing
   * about those who wait; if it has one of their own organisation, that had to go first.
   */
  private isHeavy({ stateWrites }: Fill, { stateWritesPerBlockMax }: GenesisParameters): boolean {
    return 2 * stateWrites > stateWritesPerBlockMax;
  }

  /**
   * With room for any transaction left, nobody had to wait. In a full block a lane gets its last transaction while it has
   * the fewest bytes: it ends at most that transaction above any lane that waits, and what still fits after the head of
   * that lane did not.
   */
  private isUnfair(
    lane: OrganisationName,
    { bytes, shares }: Fill,
    count: number,
    parameters: GenesisParameters,
  ): boolean {
    const bytesFit = bytes + parameters.transactionBytesMax <= parameters.blockBytesMax;
    if (bytesFit && count < parameters.blockTransactionsMax) return true;
    const slack = bytesFit ? 0 : parameters.transactionBytesMax;
    const own = shares.get(lane)?.bytes ?? 0;
    for (const { bytes: others, largest } of shares.values()) if (others > own + largest + slack) return true;
    return false;
  }
}
