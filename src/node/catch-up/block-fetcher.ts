/**
 * Fetches the blocks that this node lacks, up to a head that a certificate has proven, never up to a number that somebody
 * claims. Several peers are asked at once, each for a range of its own; what comes waits in a bounded buffer, and is verified
 * (synced-block-check.ts) just before the replica gets it, no more than L blocks beyond what is executed.
 */
import type { VerificationContext } from '../../protocol/pbft/certificate.js';
import type { BlockHash, Height, PeerIndex } from '../../protocol/primitives/identifiers.js';
import type { BlockContents } from '../proposal/block-contents.js';
import type { Clock, NodeObserver, PeerNetwork, SyncedBlock, SyncResponse } from '../ports.js';
import { BlockRanges, type HeightRange } from './block-ranges.js';
import { findSyncedBlockProblem } from './synced-block-check.js';

/** One request. */
const RANGE_BLOCKS_MAX = 32;
const RANGE_BYTES_MAX = 2 * 1024 * 1024;
/** Bodies that wait, and those that are asked for counted as RANGE_BYTES_MAX each; a single block may be larger. */
const BUFFER_BYTES_MAX = 16 * 1024 * 1024;
/** How far beyond the next block heights are asked for. */
const AHEAD_BLOCKS_MAX = 256;
/** For how many timeouts a peer that did not answer in time, or not correctly, is asked for nothing. */
const REST_TIMEOUTS = 3;
/** Pause of a peer that had nothing to give. */
const EMPTY_REST_MS = 250;

export interface BlockFetcherPorts {
  /** Knows the validators of every height up to executed + L. */
  readonly context: VerificationContext;
  readonly contents: BlockContents;
  readonly network: Pick<PeerNetwork, 'send' | 'connected' | 'disconnect'>;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  /** A peer that has not answered by then is passed over: the time after which a primary that says nothing is replaced. */
  readonly silenceTimeoutMs: number;
  readonly onBlock: (synced: SyncedBlock) => void;
}

interface Rest {
  readonly cancel: () => void;
  /** The range that the peer was asked for and has not answered begins here; `undefined` when it owes no answer. */
  readonly owedFrom: Height | undefined;
}

export class BlockFetcher {
  private readonly ranges = new BlockRanges();
  /** Peers that are not asked at the moment. */
  private readonly resting = new Map<PeerIndex, Rest>();
  private target: Height = 0;
  /** The next block that the replica gets. */
  private nextHeight: Height;
  private previousPeer: PeerIndex | undefined;
  private stopped = false;

  constructor(
    private readonly ports: BlockFetcherPorts,
    private executedHeight: Height,
    private lastHash: BlockHash,
  ) {
    this.nextHeight = executedHeight + 1;
  }

  get active(): boolean {
    return this.target >= this.nextHeight;
  }

  get targetHeight(): Height | undefined {
    return this.active ? this.target : undefined;
  }

  /** Who was asked for the block that is needed first, while something is lacking. */
  get source(): PeerIndex | undefined {
    if (!this.active) return undefined;
    return this.ranges.first(this.nextHeight)?.peer ?? this.ranges.firstAsked ?? this.previousPeer;
  }

  private get lateRestMs(): number {
    return REST_TIMEOUTS * this.ports.silenceTimeoutMs;
  }

  /** The replica has seen a proven head at `provenHeight`, from `peer`. */
  open(provenHeight: Height, peer: PeerIndex): void {
    this.target = Math.max(this.target, provenHeight);
    this.ask(peer);
  }

  /** A block became durable, through whichever way. */
  onExecuted(height: Height, hash: BlockHash): void {
    this.executedHeight = height;
    if (height >= this.nextHeight) {
      this.nextHeight = height + 1;
      this.lastHash = hash;
      this.ranges.dropBelow(this.nextHeight);
    }
    this.handOver();
    this.ask();
  }

  onResponse(from: PeerIndex, { fromHeight, blocks }: SyncResponse): void {
    const open = this.ranges.openOf(from);
    if (open?.from !== fromHeight) {
      this.onLateAnswer(from, fromHeight);
      return;
    }
    this.ranges.close(from);
    if (!isWithin(blocks, open)) {
      this.refuse(from, 'other heights than asked for');
    } else if (blocks.length === 0) {
      this.rest(from, EMPTY_REST_MS);
    } else {
      this.ranges.hold(from, blocks);
      this.ranges.dropBelow(this.nextHeight);
    }
    this.handOver();
    this.ask(from);
  }

  /**
   * What was asked for and given up comes after all: the peer is alive. Any other answer that nobody has asked for changes
   * nothing; if it ended a rest, a peer with two answers for each request would have us ask without end.
   */
  private onLateAnswer(from: PeerIndex, fromHeight: Height): void {
    if (this.resting.get(from)?.owedFrom !== fromHeight) return;
    this.endRest(from);
    this.ask();
  }

  /** A peer is there again: whoever was waiting for one asks it. */
  onConnected(): void {
    this.ask();
  }

  onDisconnected(index: PeerIndex): void {
    this.ranges.close(index);
    this.endRest(index);
    this.ask();
  }

  stop(): void {
    this.stopped = true;
    this.ranges.clear();
    for (const { cancel } of this.resting.values()) cancel();
    this.resting.clear();
    this.target = 0;
  }

  /** Gives the replica what is near enough to execution, each block verified first. */
  private handOver(): void {
    const limit = this.executedHeight + this.ports.context.pipelineDepth;
    while (this.nextHeight <= limit && !this.stopped) {
      const next = this.ranges.first(this.nextHeight);
      if (next === undefined) return;
      const { synced, peer } = next;
      const place = { height: this.nextHeight, parentHash: this.lastHash };
      const problem = findSyncedBlockProblem(synced, place, this.ports.context, this.ports.contents);
      if (problem !== undefined) {
        this.refuse(peer, problem);
        return;
      }
      this.nextHeight++;
      this.lastHash = synced.block.hash;
      this.ranges.dropBelow(this.nextHeight);
      this.ports.onBlock(synced);
    }
  }

  /** No correct peer sends this: nothing else that it sent is believed either. */
  private refuse(peer: PeerIndex, problem: string): void {
    this.ranges.dropOf(peer);
    this.rest(peer, this.lateRestMs);
    this.ports.observer.onPeerMessageRefused(peer, 'BLOCK_INVALID');
    this.ports.network.disconnect(peer, `catch-up block: ${problem}`);
  }

  /** Asks whoever is free for the lowest heights that nobody was asked for. */
  private ask(preferred?: PeerIndex): void {
    for (let peer = this.freePeer(preferred); peer !== undefined; peer = this.freePeer()) {
      const range = this.nextRange();
      if (range === undefined) return;
      this.request(peer, range);
    }
  }

  private nextRange(): HeightRange | undefined {
    if (this.stopped || !this.active) return undefined;
    const asked = this.ranges.openCount + 1;
    const isFull = this.ranges.heldBytes + asked * RANGE_BYTES_MAX > BUFFER_BYTES_MAX;
    const last = Math.min(this.target, this.nextHeight + AHEAD_BLOCKS_MAX - 1);
    const gap = this.ranges.gap(this.nextHeight, last, RANGE_BLOCKS_MAX);
    // The block that everything else waits for is asked for in any case.
    return isFull && gap?.from !== this.nextHeight ? undefined : gap;
  }

  private request(peer: PeerIndex, { from, to }: HeightRange): void {
    const { clock, network, silenceTimeoutMs } = this.ports;
    const cancelTimeout = clock.schedule(silenceTimeoutMs, () => {
      this.ranges.close(peer);
      this.rest(peer, this.lateRestMs, from);
      this.ask();
    });
    this.previousPeer = peer;
    this.ranges.open({ peer, from, to, cancelTimeout });
    network.send(peer, { type: 'syncRequest', fromHeight: from, toHeight: to, bytesMax: RANGE_BYTES_MAX });
  }

  /** `preferred` if it is free, else the next one in turn after the peer that was asked last. */
  private freePeer(preferred?: PeerIndex): PeerIndex | undefined {
    const free = this.ports.network
      .connected()
      .filter((index) => !this.resting.has(index) && this.ranges.openOf(index) === undefined);
    if (preferred !== undefined && free.includes(preferred)) return preferred;
    const previous = this.previousPeer ?? -1;
    return free.find((index) => index > previous) ?? free[0];
  }

  private rest(peer: PeerIndex, restMs: number, owedFrom?: Height): void {
    this.endRest(peer);
    const cancel = this.ports.clock.schedule(restMs, () => {
      this.resting.delete(peer);
      this.ask();
    });
    this.resting.set(peer, { cancel, owedFrom });
  }

  private endRest(peer: PeerIndex): void {
    this.resting.get(peer)?.cancel();
    this.resting.delete(peer);
  }
}

function isWithin(blocks: readonly SyncedBlock[], { from, to }: HeightRange): boolean {
  return (
    blocks.length <= to - from + 1 && blocks.every(({ block }, index) => block.header.height === from + index)
  );
}
