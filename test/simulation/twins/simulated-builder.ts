/**
 * The block builder's twin: answers the open request from a mempool of names once there is something to propose. A faulty
 * one leaves transactions out, or takes its time and gives as little as it can.
 */
import type { ProposalRequest } from '../../../src/protocol/pbft/effect.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import { ZERO_DIGEST, type PeerIndex } from '../../../src/protocol/primitives/identifiers.js';
import type { Cluster } from '../cluster.js';
import type { FaultKind } from '../options.js';
import type { SimulatedClock } from '../virtual-time.js';
import { createBlock } from './block-body.js';
import { seatIn } from './simulated-governance.js';
import { transactionsOf, type SimulatedLedger } from './simulated-ledger.js';

const BATCH_MS = 2;

export class SimulatedBuilder {
  private readonly mempool = new Set<string>();
  private request: ProposalRequest | undefined;

  constructor(
    private readonly node: {
      readonly index: PeerIndex;
      readonly ledger: SimulatedLedger;
      readonly fault: FaultKind | undefined;
    },
    private readonly cluster: Cluster,
    private readonly clock: SimulatedClock,
    private readonly onBuilt: (block: Block) => void,
  ) {}

  open(request: ProposalRequest): void {
    this.request = request;
    this.wake();
  }

  addTransaction(name: string): void {
    if (this.node.ledger.transactions.has(name)) return;
    this.mempool.add(name);
    this.wake();
  }

  /** Transactions that are not in the database. */
  get waiting(): number {
    for (const name of this.mempool) if (this.node.ledger.transactions.has(name)) this.mempool.delete(name);
    return this.mempool.size;
  }

  wake(): void {
    const { request } = this;
    if (request === undefined || (this.mempool.size === 0 && !request.isDue)) return;
    const isSlow = this.node.fault === 'slow';
    this.clock.schedule(isSlow ? 0.9 * this.cluster.options.progressTimeoutMs : BATCH_MS, () => {
      if (this.request === request) this.build(request);
    });
  }

  private get room(): number {
    return this.node.fault === 'slow' ? 1 : this.cluster.options.blockTransactionsMax;
  }

  private isCensored(name: string): boolean {
    return this.node.fault === 'censor' && name.endsWith('3');
  }

  private build(request: ProposalRequest): void {
    const taken = new Set(request.ancestors.flatMap(transactionsOf));
    const chosen: string[] = [];
    for (const name of this.mempool) {
      if (this.node.ledger.transactions.has(name)) this.mempool.delete(name);
      else if (!taken.has(name) && chosen.length < this.room && !this.isCensored(name)) chosen.push(name);
    }
    if (chosen.length === 0 && !request.isDue) return;
    this.request = undefined;
    const { genesis, options } = this.cluster;
    const lagged = Math.max(0, request.height - options.pipelineDepth);
    const { governance } = this.node.ledger;
    const terms = governance.termsAt(request.height);
    const next = request.epochFinal ? governance.termsAt(request.height + 1) : undefined;
    const header = {
      chainId: genesis.chainId,
      epoch: request.epoch,
      height: request.height,
      originView: request.view,
      proposer: seatIn(terms, this.node.index) ?? 0,
      parentHash: request.parentHash,
      resultRoot: this.node.ledger.rootAt(lagged),
      validatorsDigest: terms.digest,
      nextValidatorsDigest: next?.digest ?? ZERO_DIGEST,
      timestampMs: Math.max(this.clock.wallMs(), request.parentTimestampMs + 1),
      epochFinal: request.epochFinal,
    };
    this.onBuilt(createBlock(header, chosen));
  }
}
