/**
 * Does the primary leave somebody out (PBFT-TIMER-5)? Every validator watches the oldest waiting transaction of each
 * organisation. Once it is sure that the primary has it, proposals that had room for it, or that gave its organisation
 * less than the turns by bytes give, are counted; too many of them are a reason to want another primary.
 *
 * What an honest primary with a full pool, a full block or a late copy does is never counted: the bounds below are those
 * of `Mempool.select`. Within one organisation order is not watched: there a rotation of the primary is the bound.
 */
import type { Genesis } from '../../protocol/ledger/genesis.js';
import { checkInclusion, transactionBytes } from '../../protocol/ledger/transaction.js';
import type { Block } from '../../protocol/ledger/block.js';
import type {
  MonotonicMs,
  OrganisationName,
  TransactionId,
  View,
} from '../../protocol/primitives/identifiers.js';
import type { AdmittedTransaction } from '../mempool/admitted-transaction.js';
import type { Mempool } from '../mempool/mempool.js';
import type { Clock } from '../ports.js';
import type { BlockContents, OpenedBlock } from './block-contents.js';

/** A transaction that waits for so many progress timeouts is overdue. */
const OVERDUE_TIMEOUTS = 3;

export interface InclusionWatchPorts {
  readonly genesis: Pick<Genesis, 'chainId' | 'parameters'>;
  readonly mempool: Pick<Mempool, 'heads' | 'laneName'>;
  readonly contents: Pick<BlockContents, 'openBound' | 'planned'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly progressTimeoutMs: number;
  /** True when the transaction was looked up and is not on the ledger. */
  readonly isOpen: (id: TransactionId) => boolean;
  /** Sends what the primary may have missed once more to everybody. */
  readonly shareAgain: (transactions: readonly AdmittedTransaction[]) => void;
  /** The primary of this view leaves an organisation out. */
  readonly onUnfair: (view: View) => void;
}

/** The oldest transaction of one lane that has waited for a while. */
interface Watched {
  readonly head: AdmittedTransaction;
  /** When it was first sent again to the primary of this view, and when last. */
  readonly firstSharedAtMs: MonotonicMs;
  sharedAtMs: MonotonicMs;
  /** Proposals of this view that should have had it. */
  unfair: number;
}

interface Fill {
  readonly bytes: number;
  readonly stateWrites: number;
  readonly shares: ReadonlyMap<OrganisationName, { readonly bytes: number; readonly largest: number }>;
}

export class InclusionWatch {
  private readonly watched = new Map<OrganisationName, Watched>();
  private view: View | undefined;

  constructor(private readonly ports: InclusionWatchPorts) {}

  /** Looks at who waits; to be called now and then. One entry for each lane at most. */
  look(view: View): void {
    const { clock, mempool, isOpen, progressTimeoutMs } = this.ports;
    this.enter(view);
    const nowMs = clock.monotonicMs();
    const heads = mempool.heads();
    for (const [lane, { head }] of this.watched) if (heads.get(lane) !== head) this.watched.delete(lane);
    const again: AdmittedTransaction[] = [];
    for (const [lane, head] of heads) {
      if (nowMs - head.arrivedMs < progressTimeoutMs || !isOpen(head.transaction.id)) continue;
      const watched = this.watched.get(lane);
      if (watched === undefined)
        this.watched.set(lane, { head, firstSharedAtMs: nowMs, sharedAtMs: nowMs, unfair: 0 });
      else if (nowMs - watched.sharedAtMs < progressTimeoutMs) continue;
      else watched.sharedAtMs = nowMs;
      again.push(head);
    }
    if (again.length > 0) this.ports.shareAgain(again);
  }

  /** A fresh proposal of `view` came from its primary, on top of `ancestors` that are not executed yet. */
  onProposal(view: View, block: Block, ancestors: readonly Block[]): void {
    const { contents, clock, progressTimeoutMs, genesis, onUnfair } = this.ports;
    this.enter(view);
    if (this.watched.size === 0) return;
    const nowMs = clock.monotonicMs();
    const opened = contents.openBound(block);
    const included = new Set(
      [opened, ...ancestors.map((ancestor) => contents.openBound(ancestor))].flatMap((each) =>
        each.map(({ transaction }) => transaction.id),
      ),
    );
    const fill = this.measure(opened);
    for (const [lane, watched] of this.watched) {
      const { head, firstSharedAtMs } = watched;
      // What was sent so long ago has arrived before this was built.
      if (nowMs - firstSharedAtMs < progressTimeoutMs || included.has(head.transaction.id)) continue;
      if (!this.mayInclude(head, block)) continue;
      if (this.isHeavy(fill)) {
        if (fill.shares.has(lane)) watched.unfair = 0;
        continue;
      }
      if (!this.isUnfair(lane, fill, opened.length)) continue;
      watched.unfair += 1;
      const isOverdue = nowMs - head.arrivedMs >= OVERDUE_TIMEOUTS * progressTimeoutMs;
      if (isOverdue && watched.unfair > genesis.parameters.pipelineDepth) onUnfair(view);
    }
  }

  /** Another primary has its own time. */
  private enter(view: View): void {
    if (this.view === view) return;
    this.view = view;
    this.watched.clear();
  }

  private mayInclude({ transaction }: AdmittedTransaction, { header }: Block): boolean {
    const { chainId, parameters } = this.ports.genesis;
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
  private isHeavy({ stateWrites }: Fill): boolean {
    return 2 * stateWrites > this.ports.genesis.parameters.stateWritesPerBlockMax;
  }

  /**
   * With room for any transaction left, nobody had to wait. In a full block a lane gets its last transaction while it has
   * the fewest bytes: it ends at most that transaction above any lane that waits, and what still fits after the head of
   * that lane did not.
   */
  private isUnfair(lane: OrganisationName, { bytes, shares }: Fill, count: number): boolean {
    const { parameters } = this.ports.genesis;
    const bytesFit = bytes + parameters.transactionBytesMax <= parameters.blockBytesMax;
    if (bytesFit && count < parameters.blockTransactionsMax) return true;
    const slack = bytesFit ? 0 : parameters.transactionBytesMax;
    const own = shares.get(lane)?.bytes ?? 0;
    for (const { bytes: others, largest } of shares.values()) if (others > own + largest + slack) return true;
    return false;
  }
}
