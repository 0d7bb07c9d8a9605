/**
 * Admitted transactions that wait for a block, each once. Every organisation has a lane, first come first served; when a
 * block is filled the lanes take turns by bytes, so that nobody's flood keeps the others out. Bounded; a full pool refuses.
 */
import type { OrganisationName, PublicKey, TransactionId } from '../../protocol/primitives/identifiers.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import type { Clock } from '../ports.js';
import type { AdmittedTransaction } from './admitted-transaction.js';

export interface MempoolLimits {
  readonly transactionsMax: number;
  readonly bytesMax: number;
  /** Of the signers of one organisation together; unknown signers count as one organisation. */
  readonly organisationTransactionsMax: number;
  readonly organisationBytesMax: number;
}

export type MempoolAnswer = 'added' | 'duplicate' | 'MEMPOOL_FULL' | 'ORGANISATION_SHARE_FULL';

export type ExcludedIds = Pick<ReadonlySet<TransactionId>, 'has'>;

export interface Selection {
  readonly transactionsMax: number;
  readonly bytesMax: number;
  readonly stateWritesMax: number;
  /** Has the ids that are in blocks under way. */
  readonly exclude: ExcludedIds;
}

interface Lane {
  readonly transactions: Map<TransactionId, AdmittedTransaction>;
  bytes: number;
}

/** Lane of signers whom genesis does not know. */
const STRANGERS = '';

export class Mempool {
  private readonly lanes = new Map<OrganisationName, Lane>();
  private readonly laneOf = new Map<TransactionId, Lane>();
  private bytesHeld = 0;
  /** No transaction here ends below this height: most blocks need no look at all of them. */
  private earliestExpiry: Height = Infinity;

  constructor(
    private readonly limits: MempoolLimits,
    private readonly clock: Clock,
    /** Whose signer a key is; `undefined` for a stranger's. */
    private readonly organisationOf: (publicKey: PublicKey) => OrganisationName | undefined,
  ) {}

  get size(): number {
    return this.laneOf.size;
  }

  /** Sum of body and signature lengths. */
  get bytes(): number {
    return this.bytesHeld;
  }

  has(id: TransactionId): boolean {
    return this.laneOf.has(id);
  }

  get(id: TransactionId): AdmittedTransaction | undefined {
    return this.laneOf.get(id)?.transactions.get(id);
  }

  add(admitted: AdmittedTransaction): MempoolAnswer {
    const { id, publicKey } = admitted.transaction;
    if (this.laneOf.has(id)) return 'duplicate';
    const { transactionsMax, bytesMax, organisationTransactionsMax, organisationBytesMax } = this.limits;
    if (this.size >= transactionsMax || this.bytesHeld + admitted.bytes > bytesMax) return 'MEMPOOL_FULL';
    const lane = this.lane(this.organisationOf(publicKey) ?? STRANGERS);
    if (
      lane.transactions.size >= organisationTransactionsMax ||
      lane.bytes + admitted.bytes > organisationBytesMax
    ) {
      return 'ORGANISATION_SHARE_FULL';
    }
    lane.transactions.set(id, admitted);
    lane.bytes += admitted.bytes;
    this.laneOf.set(id, lane);
    this.bytesHeld += admitted.bytes;
    this.earliestExpiry = Math.min(this.earliestExpiry, admitted.transaction.validUntilHeight);
    return 'added';
  }

  remove(ids: Iterable<TransactionId>): void {
    for (const id of ids) {
      const lane = this.laneOf.get(id);
      const admitted = lane?.transactions.get(id);
      if (lane === undefined || admitted === undefined) continue;
      lane.transactions.delete(id);
      lane.bytes -= admitted.bytes;
      this.laneOf.delete(id);
      this.bytesHeld -= admitted.bytes;
    }
  }

  /** Removes what no block of `nextHeight` or above may include, and tells it. */
  expire(nextHeight: Height): readonly TransactionId[] {
    const expired: TransactionId[] = [];
    if (nextHeight <= this.earliestExpiry) return expired;
    this.earliestExpiry = Infinity;
    for (const lane of this.lanes.values()) {
      for (const [id, { transaction }] of lane.transactions) {
        if (transaction.validUntilHeight < nextHeight) expired.push(id);
        else this.earliestExpiry = Math.min(this.earliestExpiry, transaction.validUntilHeight);
      }
    }
    this.remove(expired);
    return expired;
  }

  /** Fills a block: always the lane that has the fewest bytes in it so far, by name where they are equal. */
  select(selection: Selection): readonly AdmittedTransaction[] {
    const chosen: AdmittedTransaction[] = [];
    let bytes = 0;
    let stateWrites = 0;
    const turns = this.turns(selection.exclude);
    while (chosen.length < selection.transactionsMax && turns.length > 0) {
      const turn = turns.reduce((least, other) => (other.bytes < least.bytes ? other : least));
      const { next } = turn;
      const fits =
        bytes + next.bytes <= selection.bytesMax &&
        stateWrites + next.planned.stateWrites <= selection.stateWritesMax;
      const following = fits ? turn.advance() : undefined;
      if (fits) {
        chosen.push(next);
        bytes += next.bytes;
        stateWrites += next.planned.stateWrites;
        turn.bytes += next.bytes;
      }
      // A lane keeps its order: when its first transaction does not fit, the lane waits for the next block.
      if (following === undefined) turns.splice(turns.indexOf(turn), 1);
      else turn.next = following;
    }
    return chosen;
  }

  /** Age of the oldest transaction that is in no block under way; 0 when there is none. */
  oldestWaitingMs(exclude: ExcludedIds): number {
    let oldest = this.clock.monotonicMs();
    const nowMs = oldest;
    for (const { next } of this.turns(exclude)) oldest = Math.min(oldest, next.arrivedMs);
    return nowMs - oldest;
  }

  /** About `count` ids that have waited for `waitedMs` or longer, the oldest of each organisation, equally many of each. */
  oldest(waitedMs: number, count: number): readonly TransactionId[] {
    const ids: TransactionId[] = [];
    const latestMs = this.clock.monotonicMs() - waitedMs;
    const countEach = Math.ceil(count / this.lanes.size);
    for (const lane of this.lanes.values()) {
      let left = countEach;
      for (const [id, { arrivedMs }] of lane.transactions) {
        if (left-- <= 0 || arrivedMs > latestMs) break;
        ids.push(id);
      }
    }
    return ids;
  }

  private lane(organisation: OrganisationName): Lane {
    const lane = this.lanes.get(organisation) ?? { transactions: new Map(), bytes: 0 };
    this.lanes.set(organisation, lane);
    return lane;
  }

  private turns(exclude: ExcludedIds): Turn[] {
    const turns: Turn[] = [];
    for (const organisation of [...this.lanes.keys()].sort()) {
      const waiting = this.lanes.get(organisation)?.transactions.entries() ?? [].values();
      const advance = (): AdmittedTransaction | undefined => {
        for (let step = waiting.next(); step.done !== true; step = waiting.next()) {
          if (!exclude.has(step.value[0])) return step.value[1];
        }
        return undefined;
      };
      const next = advance();
      if (next !== undefined) turns.push({ next, advance, bytes: 0 });
    }
    return turns;
  }
}

/** One lane while a block is filled. */
interface Turn {
  next: AdmittedTransaction;
  readonly advance: () => AdmittedTransaction | undefined;
  bytes: number;
}
