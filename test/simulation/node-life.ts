/**
 * One life of one node, from boot to crash: the real replica in the real ReplicaLoop, the real block fetcher and server,
 * and small twins of the block builder, the proposal checker and the committer. What they promise (ports.ts, effect.ts) is kept;
 * how long they take is drawn.
 */
import { BlockFetcher } from '../../src/node/catch-up/block-fetcher.js';
import { BlockServer } from '../../src/node/catch-up/block-server.js';
import type { PeerMessage, PeerNetwork } from '../../src/node/ports.js';
import type { BlockContents } from '../../src/node/proposal/block-contents.js';
import { ReplicaLoop, type EffectHandlers } from '../../src/node/replica-loop.js';
import type { Block } from '../../src/protocol/ledger/block.js';
import type { CheckpointCertificate, QuorumCertificate } from '../../src/protocol/pbft/certificate.js';
import type { Effect } from '../../src/protocol/pbft/effect.js';
import type { Evidence } from '../../src/protocol/pbft/evidence.js';
import type { Input } from '../../src/protocol/pbft/input.js';
import { signBytes } from '../../src/protocol/pbft/sign-bytes.js';
import { createReplica, type Replica } from '../../src/protocol/pbft/replica.js';
import type { RecoveredState, ReplicaConfig } from '../../src/protocol/pbft/replica-config.js';
import type { ReplicaView } from '../../src/protocol/pbft/replica-report.js';
import { selectChain } from '../../src/protocol/pbft/view-change/select-chain.js';
import type { ViewChange } from '../../src/protocol/pbft/view-change.js';
import {
  ZERO_DIGEST,
  type Epoch,
  type Height,
  type PeerIndex,
  type PublicKey,
  type Signature,
} from '../../src/protocol/primitives/identifiers.js';
import { forgottenTip } from './checks/kept-tips.js';
import { restartProblem } from './checks/restart.js';
import type { Cluster } from './cluster.js';
import type { FaultKind } from './options.js';
import { STREAM, type Randomness, type RandomSequence } from './randomness.js';
import { isBodyBound } from './twins/block-body.js';
import { MessageCheck } from './twins/message-check.js';
import { SimulatedBuilder } from './twins/simulated-builder.js';
import { SimulatedJournal, type SimulatedDisk } from './twins/simulated-journal.js';
import { seatsOf } from './twins/simulated-governance.js';
import type { ExecutedResult, SimulatedLedger } from './twins/simulated-ledger.js';
import type { Endpoint } from './twins/simulated-network.js';
import { silentObserver } from './twins/silent-observer.js';
import { findProposalProblem } from './twins/simulated-checker.js';
import { CLOCK_SKEW_MS, SimulatedClock } from './virtual-time.js';

const TICK_MS = 20;
/** Chance that a sync is compared with what a restart would bring back. */
const RESTART_CHANCE = 0.03;
/** How far a wrong clock is off. */
const WRONG_CLOCK_MS = 120_000;

function clockSkewMs(
  node: Endpoint & { readonly fault: FaultKind | undefined },
  randomness: Randomness,
): number {
  const drawn = randomness.draw(STREAM.clock, node.id);
  if (node.fault === 'wrongClock') return drawn < 0.5 ? -WRONG_CLOCK_MS : WRONG_CLOCK_MS;
  return Math.floor(drawn * CLOCK_SKEW_MS);
}

/** In the epoch of the height above the database's head. */
function replicaConfig({ index, ledger }: LivingNode, { options, genesis }: Cluster): ReplicaConfig {
  return {
    ...seatsOf(ledger.governance.termsAt(ledger.height + 1), index),
    chainId: genesis.chainId,
    pipelineDepth: options.pipelineDepth,
    statusIntervalMs: options.statusIntervalMs,
    statusCoalesceMs: options.statusCoalesceMs,
    fetchRetryMs: options.fetchRetryMs,
    progressTimeoutMs: options.progressTimeoutMs,
    progressTimeoutMsMax: options.progressTimeoutMsMax,
    silenceTimeoutMs: options.silenceTimeoutMs,
    rotationBlocks: options.rotationBlocks,
    clockDriftMs: genesis.parameters.clockDriftMs,
    proposalAgeMsMax: genesis.parameters.proposalAgeMsMax,
  };
}

/** The process that lives: what outlives it, and where its words and deeds go. */
export interface LivingNode extends Endpoint {
  readonly name: string;
  readonly isCorrect: boolean;
  readonly fault: FaultKind | undefined;
  readonly disk: SimulatedDisk;
  readonly ledger: SimulatedLedger;
  send(to: PeerIndex | 'all', message: PeerMessage): void;
  sign(epoch: Epoch, bytes: Uint8Array): Signature;
  apply(block: Block, certificate: QuorumCertificate): ExecutedResult;
  onFinal(block: Block, certificate: QuorumCertificate): void;
  onCertified(certificate: CheckpointCertificate): void;
  onRefused(from: PeerIndex, message: PeerMessage): void;
  onDisconnect(index: PeerIndex, reason: string): void;
  onQuarantined(height: Height): void;
  onEvidence(evidence: Evidence): void;
  onAmnesia(detail: string): void;
  onGrave(problem: string): void;
  onRetired(): void;
}

export class NodeLife {
  readonly replica: Replica;
  readonly builder: SimulatedBuilder;
  private readonly loop: ReplicaLoop;
  private readonly clock: SimulatedClock;
  private readonly fetcher: BlockFetcher;
  private readonly server: BlockServer;
  private readonly check: MessageCheck;
  private readonly journal: SimulatedJournal;
  private readonly random: RandomSequence;
  private readonly executions: { readonly block: Block; readonly certificate: QuorumCertificate }[] = [];
  private alive = true;

  constructor(
    private readonly node: LivingNode,
    private readonly cluster: Cluster,
    lifeNumber: number,
  ) {
    const { options, time, randomness, genesis, context } = cluster;
    const isAlive = (): boolean => this.alive;
    this.random = randomness.sequence(STREAM.ledger, node.id, lifeNumber);
    this.clock = new SimulatedClock(time, isAlive, clockSkewMs(node, randomness));
    this.check = new MessageCheck(context);
    this.replica = this.observed(createReplica(replicaConfig(node, cluster), this.recovered()));
    this.journal = new SimulatedJournal(
      node.disk,
      time,
      randomness.sequence(STREAM.journal, node.id, lifeNumber),
      options.journalSyncMs,
      isAlive,
      {
        onAppended: (record) => cluster.hooks?.onRecord(node, record),
        onSync: () => {
          this.compareWithRestart();
        },
      },
    );
    const network = this.networkPort();
    this.loop = new ReplicaLoop({
      replica: this.replica,
      chainId: genesis.chainId,
      origin: genesis.origin,
      signerIn: (epoch) => ({
        publicKey: ZERO_DIGEST as string as PublicKey,
        sign: (messages) => Promise.resolve(messages.map((bytes) => node.sign(epoch, bytes))),
      }),
      journal: this.journal,
      network,
      clock: this.clock,
      observer: silentObserver,
      handlers: this.handlers(),
    });
    this.builder = new SimulatedBuilder(node, cluster, this.clock, (block) => {
      this.enqueue({ type: 'proposalBuilt', block });
    });
    this.server = new BlockServer(node.ledger, network, silentObserver);
    this.fetcher = new BlockFetcher(
      {
        context,
        contents: { isBodyBound } as unknown as BlockContents,
        network,
        clock: this.clock,
        observer: silentObserver,
        silenceTimeoutMs: options.silenceTimeoutMs,
        onBlock: ({ block, certificate, checkpoint }) => {
          const { epochFinal } = block.header;
          this.enqueue({
            type: 'synced',
            block,
            certificate,
            checkpoint: epochFinal ? checkpoint : undefined,
          });
        },
      },
      node.ledger.height,
      node.ledger.headHash,
    );
  }

  start(): void {
    this.loop.start();
    this.tick();
  }

  /** Ends this life between two events; a database transaction under way may still succeed. */
  end(): void {
    this.alive = false;
    this.loop.stop();
    this.fetcher.stop();
    const [open] = this.executions;
    if (open !== undefined && this.random.chance(0.5)) this.node.apply(open.block, open.certificate);
  }

  receive(from: PeerIndex, message: PeerMessage): void {
    switch (message.type) {
      case 'syncRequest':
        this.server.onRequest(from, message);
        return;
      case 'syncResponse':
        this.fetcher.onResponse(from, message);
        return;
      case 'transactionBatch':
      case 'receiptSignatureRequest':
      case 'receiptSignatureResponse':
        return;
      default: {
        if (!this.replica.wants(from, message)) return;
        const verified = this.check.verify(message, this.replica.seatOf(from));
        if (verified === undefined) this.node.onRefused(from, message);
        else
          this.enqueue({
            type: 'message',
            from,
            message: verified,
            arrivedAtMs: this.clock.wallMs(),
          });
      }
    }
  }

  onConnected(index: PeerIndex, connected: boolean): void {
    this.enqueue({ type: 'peer', index, connected });
    if (connected) this.fetcher.onConnected();
    else this.fetcher.onDisconnected(index);
  }

  private enqueue(input: Input): void {
    if (!this.alive) return;
    this.cluster.trace.add(this.node.name, input);
    this.loop.enqueue(input);
  }

  private tick(): void {
    this.enqueue({
      type: 'tick',
      nowMs: this.clock.monotonicMs(),
      wallMs: this.clock.wallMs(),
      mempoolTransactions: this.builder.waiting,
      hasWork: this.builder.waiting > 0,
    });
    this.clock.schedule(TICK_MS, () => {
      this.tick();
    });
  }

  /** The replica itself, with its deep invariants checked after every step. */
  private observed(replica: Replica): Replica {
    return {
      ...replica,
      step: (input) => {
        const before = replica.view();
        const effects = replica.step(input);
        replica.check();
        if (!this.node.isCorrect) return effects;
        const after = replica.view();
        this.cover(input, effects, before, after);
        this.checkTips(effects, before, after);
        return effects;
      },
    };
  }

  private checkTips(effects: readonly Effect[], before: ReplicaView, after: ReplicaView): void {
    const { blocks } = this.cluster;
    const problems = [forgottenTip(before, after)];
    for (const effect of effects) {
      if (effect.type !== 'append') continue;
      blocks.onRecord(effect.record);
      if (effect.record.type === 'viewLeft') problems.push(blocks.concealedTip(effect.record, before));
    }
    for (const problem of problems)
      if (problem !== undefined) this.cluster.fail(`${problem} at node ${this.node.name}`);
  }

  private recovered(): RecoveredState {
    const { disk, ledger } = this.node;
    const window = 3 * this.cluster.options.pipelineDepth;
    return ledger.recover(this.node.index, [...disk.records], window, disk.appliedHeight);
  }

  /** Now and then: what if this node ended now, with everything on its disk that it has appended? */
  private compareWithRestart(): void {
    const { node, cluster } = this;
    const { randomness, genesis, slots } = cluster;
    const living = this.replica.view();
    if (!node.isCorrect || living.standing !== 'voting') return;
    if (randomness.draw(STREAM.restart, node.id, node.disk.appended) >= RESTART_CHANCE) return;
    cluster.trace.cover('compared with a restart');
    const restarted = {
      index: node.index,
      ledger: node.ledger,
      config: replicaConfig(node, cluster),
      recovered: this.recovered(),
    };
    const problem = restartProblem(restarted, living, (request) =>
      slots.contradicts(node.index, signBytes(request, genesis.chainId, genesis.origin)),
    );
    if (problem !== undefined) cluster.fail(`${problem} at node ${node.name}`);
  }

  /** Counts what the set of all runs must contain (checks/coverage.ts). */
  private cover(input: Input, effects: readonly Effect[], before: ReplicaView, after: ReplicaView): void {
    const { trace } = this.cluster;
    if (input.type === 'message') trace.cover(`received ${input.message.type}`);
    if (input.type === 'synced') trace.cover('synced');
    if (after.acceptedHeight < before.acceptedHeight) trace.cover('left an accepted chain');
    if (after.committedHeight > Math.max(before.preparedHeight, before.committedHeight)) {
      trace.cover('committed before prepared');
    }
    for (const effect of effects) {
      if (effect.type === 'catchUp') trace.cover('caught up');
      if (effect.type === 'trace') trace.cover(effect.kind);
      if (effect.type === 'trace' && effect.kind === 'suspected')
        trace.cover(`suspected: ${effect.detail ?? ''}`);
      if (effect.type === 'append' && effect.record.type === 'viewEntered')
        this.coverBeginning(effect.record.changes);
    }
    if (input.type === 'message' && input.message.type === 'decided' && before.phase === 'changing')
      trace.cover('learnt a commit while changing');
  }

  /** What a view begins with: the interesting ones go on with blocks that several views have prepared. */
  private coverBeginning(changes: readonly ViewChange[]): void {
    const { trace } = this.cluster;
    const { chain } = selectChain(changes);
    if (chain.length >= 1) trace.cover('view begins with blocks');
    if (chain.length >= 2 && new Set(chain.map(({ tip }) => tip.view)).size >= 2)
      trace.cover('view begins with blocks of two views');
    if (changes.flatMap(({ tips }) => tips).some(({ view }) => !chain.some(({ tip }) => tip.view === view)))
      trace.cover('view leaves a tip behind');
  }

  private networkPort(): Pick<PeerNetwork, 'send' | 'connected' | 'disconnect'> {
    return {
      send: (to, message) => {
        if (this.alive) this.node.send(to, message);
      },
      connected: () => this.cluster.network.connected(this.node),
      disconnect: (index, reason) => {
        this.node.onDisconnect(index, reason);
      },
    };
  }

  private handlers(): EffectHandlers {
    const { node, cluster } = this;
    return {
      requestProposal: ({ request }) => {
        this.builder.open(request);
      },
      checkProposal: (effect) => {
        this.clock.schedule(3 * this.random.unit(), () => {
          const reason = findProposalProblem(effect, node.ledger, cluster);
          const answer = { type: 'proposalChecked', blockHash: effect.block.hash } as const;
          this.enqueue(
            reason === undefined ? { ...answer, valid: true } : { ...answer, valid: false, reason },
          );
        });
      },
      execute: ({ block, certificate }) => {
        node.onFinal(block, certificate);
        this.executions.push({ block, certificate });
        if (this.executions.length === 1) this.executeNext();
      },
      checkpointCertified: ({ certificate }) => {
        node.onCertified(certificate);
        this.clock.schedule(cluster.options.ledgerCommitMs, () => {
          node.ledger.saveCheckpoint(certificate);
        });
      },
      catchUp: ({ provenHeight, peer }) => {
        this.fetcher.open(provenHeight, peer);
      },
      evidence: ({ evidence }) => {
        node.onEvidence(evidence);
      },
      amnesia: ({ detail }) => {
        node.onAmnesia(detail);
      },
      quarantine: ({ height }) => {
        node.onQuarantined(height);
      },
      epochBegun: ({ seated }) => {
        cluster.trace.cover(seated ? 'began an epoch with a voice' : 'began an epoch without a voice');
      },
      retired: () => {
        node.onRetired();
      },
      halt: ({ reason, detail }) => {
        node.onGrave(`HALT ${reason} ${detail}`);
      },
      fail: (error) => {
        node.onGrave(error instanceof Error ? (error.stack ?? error.message) : String(error));
      },
    };
  }

  private executeNext(): void {
    const next = this.executions[0];
    if (next === undefined) return;
    this.clock.schedule(this.cluster.options.ledgerCommitMs * 2 * this.random.unit(), () => {
      this.executions.shift();
      const { height } = next.block.header;
      const { root, scheduled } = this.node.apply(next.block, next.certificate);
      void this.journal.truncateBefore(height);
      this.enqueue({
        type: 'executed',
        height,
        root,
        scheduled: scheduled && seatsOf(scheduled, this.node.index),
      });
      this.fetcher.onExecuted(height, next.block.hash);
      this.builder.wake();
      this.executeNext();
    });
  }
}
