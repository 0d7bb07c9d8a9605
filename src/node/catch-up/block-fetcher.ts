/**
 * Fetches the blocks that this node lacks, up to a head that a certificate has proven, never up to a number that
 * somebody claims. One request at a time; every block is verified (link, certificate, body) before the replica sees
 * it; no more than L blocks beyond what is executed are handed over, so memory is bounded.
 */
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import {
  verifyCheckpointSignatures,
  verifyQuorumCertificate,
  type VerificationContext,
} from '../../protocol/pbft/certificate.js';
import type { BlockHash, Height, ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import type { BlockContents } from '../proposal/block-contents.js';
import type { Clock, NodeObserver, PeerNetwork, SyncedBlock, SyncResponse } from '../ports.js';
import { createVerificationContext } from '../verification-context.js';

const REQUEST_BYTES_MAX = 4 * 1024 * 1024;
const REQUEST_BLOCKS_MAX = 64;
/** A peer that has not answered by then is passed over. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Pause when every peer in turn had nothing to give. */
const PAUSE_MS = 250;

export interface BlockFetcherPorts {
  readonly genesis: Genesis;
  readonly verifier: SignatureVerifier;
  readonly contents: BlockContents;
  readonly network: Pick<PeerNetwork, 'send' | 'connected' | 'disconnect'>;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly onBlock: (synced: SyncedBlock) => void;
}

interface OpenRequest {
  readonly peer: ValidatorIndex;
  readonly fromHeight: Height;
  readonly cancelTimeout: () => void;
}

export class BlockFetcher {
  private readonly context: VerificationContext;
  private target: Height = 0;
  private request: OpenRequest | undefined;
  /** Verified blocks that wait for execution to come near. */
  private ready: SyncedBlock[] = [];
  private nextHeight: Height;
  private previousPeer: ValidatorIndex | undefined;
  /** Answers without a usable block since the last with one. */
  private fruitless = 0;
  private cancelPause: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly ports: BlockFetcherPorts,
    private executedHeight: Height,
    private lastHash: BlockHash,
  ) {
    const { genesis, verifier } = ports;
    this.nextHeight = executedHeight + 1;
    this.context = createVerificationContext(genesis, verifier);
  }

  get active(): boolean {
    return this.target >= this.nextHeight || this.ready.length > 0;
  }

  get targetHeight(): Height | undefined {
    return this.active ? this.target : undefined;
  }

  /** Who was asked last, while something is lacking. */
  get source(): ValidatorIndex | undefined {
    return this.request?.peer ?? (this.active ? this.previousPeer : undefined);
  }

  /** The replica has seen a proven head at `provenHeight`, from `peer`. */
  open(provenHeight: Height, peer: ValidatorIndex): void {
    this.target = Math.max(this.target, provenHeight);
    this.previousPeer ??= peer;
    this.ask(peer);
  }

  /** A block became durable, through whichever way. */
  onExecuted(height: Height, hash: BlockHash): void {
    this.executedHeight = height;
    if (height >= this.nextHeight) {
      this.nextHeight = height + 1;
      this.lastHash = hash;
      this.ready = [];
    }
    this.handOver();
    this.ask(undefined);
  }

  onResponse(from: ValidatorIndex, response: SyncResponse): void {
    const open = this.request;
    if (open?.peer !== from || open.fromHeight !== response.fromHeight) return;
    this.closeRequest();
    if (response.fromHeight !== this.nextHeight) {
      this.ask(undefined);
      return;
    }
    const isUseful = this.takeVerified(from, response.blocks);
    this.handOver();
    if (!isUseful) {
      this.passOver(from);
      return;
    }
    this.fruitless = 0;
    this.ask(from);
  }

  /** A peer is there again: whoever was waiting for one asks it. */
  onConnected(): void {
    this.ask(undefined);
  }

  onDisconnected(index: ValidatorIndex): void {
    if (this.request?.peer !== index) return;
    this.closeRequest();
    this.askAnotherPeer(index);
  }

  stop(): void {
    this.stopped = true;
    this.closeRequest();
    this.cancelPause?.();
    this.target = 0;
    this.ready = [];
  }

  /** Takes blocks up to the first bad one; true when there is a good one and no bad one. */
  private takeVerified(from: ValidatorIndex, blocks: readonly SyncedBlock[]): boolean {
    for (const synced of blocks) {
      const problem = this.problemOf(synced);
      if (problem !== undefined) {
        this.ports.observer.onPeerMessageRefused(from, 'BLOCK_INVALID');
        this.ports.network.disconnect(from, `catch-up block: ${problem}`);
        return false;
      }
      this.ready.push(synced);
      this.nextHeight = synced.block.header.height + 1;
      this.lastHash = synced.block.hash;
    }
    return blocks.length > 0;
  }

  private problemOf({ block, certificate, checkpoint }: SyncedBlock): string | undefined {
    const { header, hash } = block;
    if (header.height !== this.nextHeight) return `height ${header.height} in place of ${this.nextHeight}`;
    if (header.chainId !== this.ports.genesis.chainId) return 'another chain';
    if (header.parentHash !== this.lastHash) return 'another parent';
    if (
      certificate.kind !== 'commit' ||
      certificate.height !== header.height ||
      certificate.blockHash !== hash
    ) {
      return 'certificate of another block';
    }
    if (!verifyQuorumCertificate(certificate, this.context)) return 'bad commit certificate';
    if (!this.ports.contents.isBodyBound(block)) return 'body does not match the header';
    if (checkpoint === undefined) return undefined;
    const isRight =
      checkpoint.height === header.height && verifyCheckpointSignatures(checkpoint, this.context);
    return isRight ? undefined : 'bad checkpoint certificate';
  }

  private handOver(): void {
    const limit = this.executedHeight + this.ports.genesis.parameters.pipelineDepth;
    for (
      let next = this.ready[0];
      next !== undefined && next.block.header.height <= limit;
      next = this.ready[0]
    ) {
      this.ready.shift();
      if (next.block.header.height > this.executedHeight) this.ports.onBlock(next);
    }
  }

  private ask(preferred: ValidatorIndex | undefined): void {
    if (
      this.stopped ||
      this.request !== undefined ||
      this.cancelPause !== undefined ||
      this.target < this.nextHeight ||
      this.ready.length >= REQUEST_BLOCKS_MAX
    )
      return;
    const connected = this.ports.network.connected();
    const peer =
      preferred !== undefined && connected.includes(preferred) ? preferred : this.nextPeer(connected);
    if (peer === undefined) return;
    const fromHeight = this.nextHeight;
    const toHeight = Math.min(this.target, fromHeight + REQUEST_BLOCKS_MAX - 1);
    this.previousPeer = peer;
    const cancelTimeout = this.ports.clock.schedule(REQUEST_TIMEOUT_MS, () => {
      this.request = undefined;
      this.askAnotherPeer(peer);
    });
    this.request = { peer, fromHeight, cancelTimeout };
    this.ports.network.send(peer, { type: 'syncRequest', fromHeight, toHeight, bytesMax: REQUEST_BYTES_MAX });
  }

  /** A peer had nothing to give: the next is asked, and after a round of all of them not before a pause. */
  private passOver(peer: ValidatorIndex): void {
    this.fruitless++;
    if (this.fruitless < this.ports.network.connected().length) {
      this.askAnotherPeer(peer);
      return;
    }
    this.fruitless = 0;
    this.cancelPause ??= this.ports.clock.schedule(PAUSE_MS, () => {
      this.cancelPause = undefined;
      this.askAnotherPeer(peer);
    });
  }

  private askAnotherPeer(silent: ValidatorIndex): void {
    this.ask(this.nextPeer(this.ports.network.connected().filter((index) => index !== silent)));
  }

  /** Round-robin after the peer that was asked last. */
  private nextPeer(connected: readonly ValidatorIndex[]): ValidatorIndex | undefined {
    const previous = this.previousPeer ?? -1;
    return connected.find((index) => index > previous) ?? connected[0];
  }

  private closeRequest(): void {
    this.request?.cancelTimeout();
    this.request = undefined;
  }
}
