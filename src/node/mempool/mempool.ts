/**
 * Admitted transactions that wait for a block, each once. Every organisation has a lane, first come first served; when a
 * block is filled the lanes take turns by bytes, so that nobody's flood keeps the others out. Bounded; a full pool refuses,
 * but half of it is kept in equal parts for the organisations: whoever fills the other half leaves each its part.
 */
import type { GenesisParameters } from '../../protocol/ledger/genesis-parameters.js';
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
  /** Those of the block's height: they bound it, and how many state writes a transaction plans. */
  readonly parameters: GenesisParameters;
  /** Has the ids that are in blocks under way. */
  readonly exclude: ExcludedIds;
}

interface Lane {
  readonly organisation: OrganisationName;
  readonly transactions: Map<TransactionId, AdmittedTransaction>;
  bytes: number;
}

/** What is kept for the organisations, of transactions and of bytes. */
const RESERVED = 1 / 2;

/** Lane of signers whom the ledger does not know. */
const STRANGERS = '';

export class Mempool {
  private readonly lanes = new Map<OrganisationName, Lane>();
  private readonly laneOf = new Map<TransactionId, Lane>();
  private bytesHeld = 0;
  /** Lanes of which nothing fitted the last selection, those that have waited the longest first. */
  private stoodBack: readonly OrganisationName[] = [];
  /** No transaction here ends below this height: most blocks need no look at all of them. */
  private earliestExpiry: Height = Infinity;

  constructor(
    private readonly limits: MempoolLimits,
    private readonly clock: Clock,
    /** Whose signer a key is; `undefined` for a stranger's. */
    private readonly organisationOf: (publicKey: PublicKey) => OrganisationName | undefined,
    /** How many organisations have a part of their own; strangers have none. */
    private readonly organisations: () => number,
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
    const lane = this.lane(this.laneName(publicKey));
    const refusal = this.refusal(lane, admitted.bytes);
    if (refusal !== undefined) return refusal;
    lane.transactions.set(id, admitted);
    lane.bytes += admitted.bytes;
    this.laneOf.set(id, lane);
    this.bytesHeld += admitted.bytes;
    this.earliestExpiry = Math.min(this.earliestExpiry, admitted.transaction.validUntilHeight);
    return 'added';
  }

  /** Whose lane a key's transactions are in; those of strangers share one, which has an empty name. */
  laneName(publicKey: PublicKey): OrganisationName {
    return this.organisationOf(publicKey) ?? STRANGERS;
  }

  /** What waits in every lane that is not empty, oldest first. */
  waitingByLane(): ReadonlyMap<OrganisationName, Iterable<AdmittedTransaction>> {
    const lanes = [...this.lanes.values()].filter(({ transactions }) => transactions.size > 0);
    return new Map(lanes.map(({ organisation, transactions }) => [organisation, transactions.values()]));
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

  /**
   * Fills a block: always the lane that has the fewest bytes in it so far. Where they are equal, the lane comes first that
   * has stood back from most blocks, so that what only fits an empty block is included too; then the one that waits longest.
   */
  select(selection: Selection): readonly AdmittedTransaction[] {
    const { parameters } = selection;
    const chosen: AdmittedTransaction[] = [];
    let bytes = 0;
    let stateWrites = 0;
    const turns = this.turnsInOrder(selection.exclude);
    const unserved = new Set<OrganisationName>();
    while (chosen.length < parameters.blockTransactionsMax && turns.length > 0) {
      const turn = turns.reduce((least, other) => (other.bytes < least.bytes ? other : least));
      const { next } = turn;
      const planned = next.plannedFor(parameters);
      const fits =
        bytes + next.bytes <= parameters.blockBytesMax &&
        stateWrites + planned.stateWrites <= parameters.stateWritesPerBlockMax;
      const following = fits ? turn.advance() : undefined;
      if (fits) {
        chosen.push(next);
        bytes += next.bytes;
        stateWrites += planned.stateWrites;
        turn.bytes += next.bytes;
      }
      // A lane keeps its order: when its first transaction does not fit, the lane waits for the next block.
      if (!fits && turn.bytes === 0) unserved.add(turn.organisation);
      if (following === undefined) turns.splice(turns.indexOf(turn), 1);
      else turn.next = following;
    }
    const still = this.stoodBack.filter((organisation) => unserved.has(organisation));
    this.stoodBack = [...new Set([...still, ...unserved])];
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

  private refusal(
    lane: Lane,
    bytes: number,
  ): Extract<MempoolAnswer, 'MEMPOOL_FULL' | 'ORGANISATION_SHARE_FULL'> | undefined {
    const { transactionsMax, bytesMax, organisationTransactionsMax, organisationBytesMax } = this.limits;
    if (lane.transactions.size >= organisationTransactionsMax || lane.bytes + bytes > organisationBytesMax)
      return 'ORGANISATION_SHARE_FULL';
    const isRoom =
      this.hasRoom(lane, 1, transactionsMax, ({ transactions }) => transactions.size) &&
      this.hasRoom(lane, bytes, bytesMax, (each) => each.bytes);
    return isRoom ? undefined : 'MEMPOOL_FULL';
  }

  /** A lane grows within its own part always, and beyond it while the lanes together leave room in the common one. */
  private hasRoom(lane: Lane, amount: number, max: number, heldBy: (lane: Lane) => number): boolean {
    const organisations = this.organisations();
    const own = Math.floor((RESERVED * max) / Math.max(1, organisations));
    const partOf = ({ organisation }: Lane): number => (organisation === STRANGERS ? 0 : own);
    const after = heldBy(lane) + amount;
    if (after <= partOf(lane)) return true;
    let common = 0;
    for (const each of this.lanes.values())
      common += Math.max(0, (each === lane ? after : heldBy(each)) - partOf(each));
    return common <= max - own * organisations;
  }

  private lane(organisation: OrganisationName): Lane {
    const lane = this.lanes.get(organisation) ?? { organisation, transactions: new Map(), bytes: 0 };
    this.lanes.set(organisation, lane);
    return lane;
  }

  private turnsInOrder(exclude: ExcludedIds): Turn[] {
    const { stoodBack } = this;
    const rankOf = ({ organisation }: Turn): number => {
      const place = stoodBack.indexOf(organisation);
      return place < 0 ? stoodBack.length : place;
    };
    return this.turns(exclude).sort(
      (left, right) => rankOf(left) - rankOf(right) || left.next.arrivedMs - right.next.arrivedMs,
    );
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
      if (next !== undefined) turns.push({ organisation, next, advance, bytes: 0 });
    }
    return turns;
  }
}

/** One lane while a block is filled. */
interface Turn {
  readonly organisation: OrganisationName;
  next: AdmittedTransaction;
  readonly advance: () => AdmittedTransaction | undefined;
  bytes: number;
}
