/**
 * The network's faulty twin: latency, loss, duplication, reordering, partitions. After the healing time it is merely
 * slow. Messages are handed over as they are; nobody changes them.
 */
import type { PeerMessage } from '../../../src/node/ports.js';
import type { ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';
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
];

/** Height that a message is about; 0 when it is about none. */
function heightOf(message: PeerMessage): number {
  switch (message.type) {
    case 'prePrepare':
    case 'blockReply':
      return message.block.header.height;
    case 'vote':
    case 'checkpointVote':
      return message.height;
    case 'checkpointCertified':
    case 'decided':
      return message.certificate.height;
    case 'syncRequest':
    case 'syncResponse':
      return message.fromHeight;
    case 'status':
    case 'fetchBlock':
    case 'transactionBatch':
      return 0;
  }
}

/** Decides whether a message is lost for a reason other than noise. */
export type MessageFilter = (from: Endpoint, to: Endpoint, message: PeerMessage) => boolean;

export class SimulatedNetwork {
  readonly endpoints: Endpoint[] = [];
  /** Endpoint id → side of the partition; `undefined` while the network is whole. */
  private sides: ReadonlyMap<number, number> | undefined;
  private readonly counts = new Map<number, number>();
  private readonly filters: MessageFilter[] = [];

  constructor(
    private readonly options: SimulationOptions,
    private readonly time: VirtualTime,
    private readonly randomness: Randomness,
  ) {}

  addFilter(filter: MessageFilter): void {
    this.filters.push(filter);
  }

  get isHealed(): boolean {
    return this.time.nowMs >= this.options.healAtMs;
  }

  partition(sides: ReadonlyMap<number, number>): void {
    this.sides = sides;
    this.tellEveryone((from, to) => this.isCut(from, to), false);
  }

  heal(): void {
    const sides = this.sides;
    this.sides = undefined;
    this.tellEveryone((from, to) => sides !== undefined && sides.get(from.id) !== sides.get(to.id), true);
  }

  isCut(from: Endpoint, to: Endpoint): boolean {
    return this.sides !== undefined && this.sides.get(from.id) !== this.sides.get(to.id);
  }

  /** Validators that `endpoint` has a stream to. */
  connected(endpoint: Endpoint): readonly ValidatorIndex[] {
    const peers = this.endpoints.filter(
      (peer) => peer.isUp && peer.index !== endpoint.index && !this.isCut(endpoint, peer),
    );
    return [...new Set(peers.map((peer) => peer.index))];
  }

  send(from: Endpoint, to: ValidatorIndex | 'all', message: PeerMessage): void {
    for (const endpoint of this.endpoints) {
      if (endpoint.index === from.index || (to !== 'all' && endpoint.index !== to)) continue;
      this.transmit(from, endpoint, message);
    }
  }

  private transmit(from: Endpoint, to: Endpoint, message: PeerMessage): void {
    const link = from.id * 64 + to.id;
    const kind = KINDS.indexOf(message.type);
    const height = heightOf(message);
    const slot = (height * KINDS.length + kind) * 4096 + link;
    const count = this.counts.get(slot) ?? 0;
    this.counts.set(slot, count + 1);
    const draw = (stream: number, copy = 0): number =>
      this.randomness.draw(stream, link, kind, height, count, copy);
    const { options } = this;
    if (!this.isHealed) {
      if (this.isCut(from, to) || this.filters.some((isLost) => isLost(from, to, message))) return;
      if (draw(STREAM.loss) < options.lossRate) return;
      if (draw(STREAM.duplication) < options.duplicationRate) {
        this.deliver(from, to, message, this.latency(draw, 1));
      }
    }
    this.deliver(from, to, message, this.latency(draw, 0));
  }

  private latency(draw: (stream: number, copy: number) => number, copy: number): number {
    const { options } = this;
    const jitter = draw(STREAM.latency, copy);
    const usual = options.latencyMs * (0.5 + jitter * (this.isHealed ? 1 : 3));
    const isSlow = !this.isHealed && draw(STREAM.slowness, copy) < options.slowRate;
    return isSlow ? usual + 600 * jitter : usual;
  }

  private deliver(from: Endpoint, to: Endpoint, message: PeerMessage, delayMs: number): void {
    this.time.after(delayMs, () => {
      if (to.isUp && !this.isCut(from, to)) to.receive(from.index, message);
    });
  }

  private tellEveryone(isChanged: (from: Endpoint, to: Endpoint) => boolean, connected: boolean): void {
    for (const from of this.endpoints) {
      for (const to of this.endpoints) {
        if (from.index === to.index || !isChanged(from, to)) continue;
        this.time.after(this.options.latencyMs, () => {
          if (to.isUp && from.isUp && this.isCut(from, to) !== connected)
            to.onConnected(from.index, connected);
        });
      }
    }
  }
}
