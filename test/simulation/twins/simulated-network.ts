/**
 * The network's faulty twin: latency, loss, duplication, reordering, partitions of several forms, streams that come up and
 * go down. After the healing time it is merely slow among the core. Messages are handed over as they are.
 */
import type { PeerMessage } from '../../../src/node/ports.js';
import type { ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
import type { FaultPlan, PlannedFault } from '../fault-plan.js';
import type { SimulationOptions } from '../options.js';
import { STREAM, type Randomness } from '../randomness.js';
import type { VirtualTime } from '../virtual-time.js';

/** One running or dead process; faulty validators may have several with one index. */
export interface Endpoint {
  readonly id: number;
  readonly index: ValidatorIndex;
  readonly isUp: boolean;
  receive(from: ValidatorIndex, message: PeerMessage): void;
  onConnected(index: ValidatorIndex, connected: boolean): void;
}

const KINDS: readonly PeerMessage['type'][] = [
  'prePrepare',
  'vote',
  'checkpointVote',
  'checkpointCertified',
  'status',
  'decided',
  'fetchBlock',
  'blockReply',
  'syncRequest',
  'syncResponse',
  'transactionBatch',
  'suspect',
  'viewChange',
  'newView',
  'echo',
  'evidence',
  'receiptSignatureRequest',
  'receiptSignatureResponse',
];

/** Height or view that a message is about; 0 when it is about none. */
export function placeOf(message: PeerMessage): number {
  switch (message.type) {
    case 'prePrepare':
    case 'blockReply':
      return message.block.header.height;
    case 'vote':
    case 'checkpointVote':
    case 'receiptSignatureRequest':
    case 'receiptSignatureResponse':
      return message.height;
    case 'checkpointCertified':
    case 'decided':
      return message.certificate.height;
    case 'syncRequest':
    case 'syncResponse':
      return message.fromHeight;
    case 'suspect':
    case 'newView':
      return message.view;
    case 'viewChange':
      return message.change.view;
    case 'status':
    case 'fetchBlock':
    case 'transactionBatch':
    case 'echo':
    case 'evidence':
      return 0;
  }
}

export function kindNumber(message: PeerMessage): number {
  return KINDS.indexOf(message.type);
}

/** Decides whether a message is lost for a reason other than noise. */
export type MessageFilter = (from: Endpoint, to: Endpoint, message: PeerMessage) => boolean;

type Partition = Pick<Extract<PlannedFault, { kind: 'partition' }>, 'sides' | 'form'>;

export class SimulatedNetwork {
  readonly endpoints: Endpoint[] = [];
  private readonly core: ReadonlySet<ValidatorIndex>;
  /** `undefined` while the network is whole. */
  private partition: Partition | undefined;
  private readonly counts = new Map<number, number>();
  private readonly filters: MessageFilter[] = [];

  constructor(
    private readonly options: SimulationOptions,
    private readonly plan: FaultPlan,
    private readonly time: VirtualTime,
    private readonly randomness: Randomness,
  ) {
    this.core = new Set(options.core);
  }

  addFilter(filter: MessageFilter): void {
    this.filters.push(filter);
  }

  /** True from the healing time on; what lies outside the core stays as bad as it was. */
  get isHealed(): boolean {
    return this.time.nowMs >= this.options.healAtMs;
  }

  isInCore(endpoint: Endpoint): boolean {
    return this.core.has(endpoint.index);
  }

  /** Replaces the partition that is there. */
  split(partition: Partition): void {
    this.changePartition(partition);
  }

  heal(): void {
    this.changePartition(undefined);
  }

  /** Validators that `endpoint` has a stream to. */
  connected(endpoint: Endpoint): readonly ValidatorIndex[] {
    const peers = this.endpoints.filter(
      (peer) => peer.isUp && peer.index !== endpoint.index && this.hasStream(endpoint, peer),
    );
    return [...new Set(peers.map((peer) => peer.index))];
  }

  /** A process has started or ended: its peers and it hear of the streams, if there is a way between them. */
  onLife(endpoint: Endpoint, isUp: boolean): void {
    for (const peer of this.endpoints) {
      if (peer.index === endpoint.index || !this.hasStream(endpoint, peer)) continue;
      this.tellLater(endpoint, peer, isUp);
      if (isUp) this.tellLater(peer, endpoint, true);
    }
  }

  send(from: Endpoint, to: ValidatorIndex | 'all', message: PeerMessage): void {
    for (const endpoint of this.endpoints) {
      if (endpoint.index === from.index || (to !== 'all' && endpoint.index !== to)) continue;
      this.transmit(from, endpoint, message);
    }
  }

  private isGood(from: Endpoint, to: Endpoint): boolean {
    return this.isHealed && this.isInCore(from) && this.isInCore(to);
  }

  /** True when nothing of `from` arrives at `to`. */
  private isCut(from: Endpoint, to: Endpoint): boolean {
    if (this.partition === undefined || this.isGood(from, to)) return false;
    const { sides, form } = this.partition;
    const here = sides[from.id];
    const there = sides[to.id];
    return form === 'oneWay' ? here === 0 && there !== 0 : here !== there;
  }

  /** A stream stands until both ends have noticed that it is cut. */
  private hasStream(from: Endpoint, to: Endpoint): boolean {
    return this.partition?.form !== 'noticed' || !this.isCut(from, to);
  }

  private changePartition(partition: Partition | undefined): void {
    const before = this.endpoints.map((from) => this.endpoints.map((to) => this.hasStream(from, to)));
    this.partition = partition;
    for (const from of this.endpoints) {
      for (const to of this.endpoints) {
        const isConnected = this.hasStream(from, to);
        if (from.index !== to.index && from.isUp && before[from.id]?.[to.id] !== isConnected)
          this.tellLater(from, to, isConnected);
      }
    }
  }

  /** `to` learns that its stream to `from` came up or went down, unless that has changed again by then. */
  private tellLater(from: Endpoint, to: Endpoint, isConnected: boolean): void {
    this.time.after(this.options.latencyMs, () => {
      const isSo = from.isUp && this.hasStream(from, to);
      if (to.isUp && isSo === isConnected) to.onConnected(from.index, isConnected);
    });
  }

  private transmit(from: Endpoint, to: Endpoint, message: PeerMessage): void {
    const link = from.id * 64 + to.id;
    const kind = kindNumber(message);
    const place = placeOf(message);
    const slot = (place * KINDS.length + kind) * 4096 + link;
    const count = this.counts.get(slot) ?? 0;
    this.counts.set(slot, count + 1);
    const draw = (stream: number, copy = 0): number =>
      this.randomness.draw(stream, link, kind, place, count, copy);
    const named = (fault: string) => (): string =>
      `${fault} ${message.type} ${place} ${from.id}>${to.id} #${count}`;
    if (!this.isGood(from, to)) {
      const { options, plan } = this;
      if (this.isCut(from, to)) return;
      const isFiltered = this.filters.some((isLost) => isLost(from, to, message));
      if (plan.happens(isFiltered || draw(STREAM.loss) < options.lossRate, named('lose'))) return;
      if (plan.happens(draw(STREAM.duplication) < options.duplicationRate, named('double')))
        this.deliver(from, to, message, this.latencyMs(draw(STREAM.latency, 1), 3));
      if (plan.happens(draw(STREAM.slowness) < options.slowRate, named('delay'))) {
        this.deliver(
          from,
          to,
          message,
          this.latencyMs(draw(STREAM.latency), 3) + 600 * draw(STREAM.latency, 2),
        );
        return;
      }
    }
    this.deliver(from, to, message, this.latencyMs(draw(STREAM.latency), this.isGood(from, to) ? 1 : 3));
  }

  private latencyMs(jitter: number, spread: number): number {
    return this.options.latencyMs * (0.5 + jitter * spread);
  }

  private deliver(from: Endpoint, to: Endpoint, message: PeerMessage, delayMs: number): void {
    this.time.after(delayMs, () => {
      if (to.isUp && !this.isCut(from, to)) to.receive(from.index, message);
    });
  }
}
