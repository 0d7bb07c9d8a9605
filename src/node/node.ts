/**
 * One node: wires the replica to its shell and its ports. Plain TypeScript; the composition root gives the adapters, the
 * simulator gives faulty twins. Made by `startNode` after recovery; `stop` ends it between two effects.
 */
import type { ExecutedBlock } from '../protocol/execution/executed-block.js';
import type { Genesis } from '../protocol/ledger/genesis.js';
import type { SignatureVerifier } from '../protocol/crypto/signature-verifier.js';
import { createReplica, type Replica } from '../protocol/pbft/replica.js';
import type { OrganisationName, PublicKey, ValidatorIndex } from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import { BlockFetcher } from './catch-up/block-fetcher.js';
import { BlockServer } from './catch-up/block-server.js';
import { BlockCommitter } from './commit/block-committer.js';
import { CommitFeed } from './commit/commit-feed.js';
import { Countersigner } from './commit/countersigner.js';
import { admitTransaction } from './mempool/admit-transaction.js';
import { Mempool, type MempoolLimits } from './mempool/mempool.js';
import { MessageIntake } from './message-intake.js';
import type {
  Clock,
  Journal,
  LedgerReader,
  LedgerStore,
  NodeObserver,
  PeerNetwork,
  RawTransaction,
  Signer,
} from './ports.js';
import { BlockBuilder } from './proposal/block-builder.js';
import { BlockContents } from './proposal/block-contents.js';
import { ProposalChecker } from './proposal/proposal-checker.js';
import { RecentResults } from './proposal/recent-results.js';
import { ReceiptBuilder } from './receipt-builder.js';
import { recoverNode, type RecoveredNode } from './recovery.js';
import { ReplicaLoop, type EffectHandlers } from './replica-loop.js';
import { HealthBoard } from './status/health-board.js';
import { PeerStatuses } from './status/peer-statuses.js';
import { StatusReporter } from './status/status-reporter.js';
import { CommittedLookup } from './submission/committed-lookup.js';
import { PeerTransactions } from './submission/peer-transactions.js';
import { SignerCheck } from './submission/signer-check.js';
import { TransactionSharing } from './submission/transaction-sharing.js';
import { TransactionSubmitter } from './submission/transaction-submitter.js';
import type { CheckpointNotes, NodeStatus, Receipts, SubmitTransaction } from './use-cases.js';

export interface NodePorts {
  readonly store: LedgerStore;
  readonly reader: LedgerReader;
  readonly journal: Journal;
  readonly signer: Signer;
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly observer: NodeObserver;
  readonly verifier: SignatureVerifier;
  /** The node can go on no more; called once. `halted`: a supervisor must not start it again by itself. */
  readonly onFatal: (error: unknown, halted: boolean) => void;
}

export interface NodeSettings {
  readonly genesis: Genesis;
  readonly organisation: string;
  readonly batchMs: number;
  readonly shareDelayMs: number;
  readonly statusIntervalMs: number;
  readonly statusCoalesceMs: number;
  readonly fetchRetryMs: number;
  readonly waitersMax: number;
  readonly mempool: MempoolLimits;
}

/** How often the replica is told the time: the grain of its deadlines. */
const TICK_MS = 20;
/** Pause before the database is asked again. */
const RETRY_MS = 250;

export class Node {
  readonly submission: SubmitTransaction;
  readonly receipts: Receipts & CheckpointNotes;
  readonly status: NodeStatus;

  private readonly replica: Replica;
  private readonly loop: ReplicaLoop;
  private readonly mempool: Mempool;
  private readonly results: RecentResults;
  private readonly contents: BlockContents;
  private readonly feed: CommitFeed;
  private readonly builder: BlockBuilder | undefined;
  private readonly checker: ProposalChecker;
  private readonly committer: BlockCommitter;
  private readonly countersigner: Countersigner;
  private readonly fetcher: BlockFetcher;
  private readonly submitter: TransactionSubmitter;
  private readonly sharing: TransactionSharing;
  private readonly health: HealthBoard;
  private readonly peers = new PeerStatuses();
  private readonly reporter: StatusReporter;
  private readonly intake: MessageIntake;
  private cancelTick: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly ports: NodePorts,
    private readonly settings: NodeSettings,
    recovered: RecoveredNode,
  ) {
    const { store, reader, journal, network, clock, observer, verifier } = ports;
    const { genesis, organisation } = settings;
    const { parameters } = genesis;
    const member = genesis.validators.findIndex((validator) => validator.organisation === organisation);
    const self: ValidatorIndex | undefined =
      member < 0 || recovered.amnesia !== undefined ? undefined : member;

    this.health = new HealthBoard((health) => {
      observer.onHealth(health);
    });
    if (recovered.amnesia !== undefined) this.health.onQuarantined(recovered.amnesia);
    this.feed = new CommitFeed(clock, settings.waitersMax);
    this.mempool = new Mempool(settings.mempool, clock, genesisSigners(genesis));
    this.results = new RecentResults(
      { height: recovered.head.height, roots: recovered.roots },
      4 * parameters.pipelineDepth,
    );
    this.contents = new BlockContents(this.mempool, verifier, parameters, 8 * parameters.pipelineDepth);
    this.replica = createReplica(
      {
        chainId: genesis.chainId,
        self,
        epoch: 0,
        validators: genesis.validators,
        pipelineDepth: parameters.pipelineDepth,
        statusIntervalMs: settings.statusIntervalMs,
        statusCoalesceMs: settings.statusCoalesceMs,
        fetchRetryMs: settings.fetchRetryMs,
      },
      recovered.replica,
    );
    this.loop = new ReplicaLoop({
      replica: this.replica,
      chainId: genesis.chainId,
      origin: genesis.origin,
      signer: self === undefined ? undefined : ports.signer,
      journal,
      network,
      clock,
      observer,
      handlers: this.effectHandlers(),
    });
    this.checker = new ProposalChecker(genesis, this.contents, this.results, store);
    this.builder = self === undefined ? undefined : this.createBuilder(self);
    this.committer = new BlockCommitter(
      {
        genesis,
        contents: this.contents,
        store,
        journal,
        clock,
        observer,
        onExecuted: (executed) => {
          this.onExecuted(executed);
        },
        onDatabase: (available, reason) => {
          this.health.onDatabase(available, reason);
        },
        onError: (error) => {
          this.fail(error, false);
        },
      },
      recovered.tree,
      recovered.head.resultLog,
    );
    this.countersigner = new Countersigner(
      store,
      this.feed,
      clock,
      (height) => {
        this.submitter.onCertified(height);
      },
      (reason) => {
        observer.log('warn', 'a checkpoint could not be saved yet', { reason });
      },
    );
    this.fetcher = new BlockFetcher(
      {
        genesis,
        verifier,
        contents: this.contents,
        network,
        clock,
        observer,
        onBlock: (synced) => {
          this.loop.enqueue({ type: 'synced', ...synced });
        },
      },
      recovered.head.height,
      recovered.head.blockHash,
    );
    const admit = (raw: RawTransaction) =>
      admitTransaction(raw, {
        chainId: genesis.chainId,
        nextHeight: this.results.executedHeight + 1,
        parameters,
        verifier,
        nowMs: clock.monotonicMs(),
      });
    this.sharing = new TransactionSharing(
      { network, clock, waitingHere: () => this.submitter.waitingHere() },
      settings.shareDelayMs,
    );
    const signers = new SignerCheck(store);
    this.submitter = new TransactionSubmitter({
      mempool: this.mempool,
      results: this.results,
      lookup: new CommittedLookup(store),
      reader,
      feed: this.feed,
      clock,
      observer,
      admit,
      checkSigner: (transaction) => signers.check(transaction),
      share: (transaction) => {
        this.sharing.share(transaction);
        this.builder?.wake();
      },
    });
    this.submitter.onCertified(recovered.replica.certifiedHeight);
    this.reporter = new StatusReporter({
      genesis,
      organisation,
      self,
      replica: this.replica,
      peers: this.peers,
      mempool: this.mempool,
      fetcher: this.fetcher,
      health: this.health,
    });
    this.intake = new MessageIntake({
      genesis,
      verifier,
      contents: this.contents,
      replica: this.replica,
      loop: this.loop,
      fetcher: this.fetcher,
      server: new BlockServer(store, network, observer),
      transactions: new PeerTransactions(
        this.mempool,
        admit,
        (id) => this.results.isCommitted(id),
        observer,
        () => this.builder?.wake(),
      ),
      peers: this.peers,
      network,
      clock,
      observer,
      onPeersChanged: (index, connected) => {
        this.onPeersChanged(index, connected);
      },
    });
    this.submission = this.submitter;
    this.receipts = new ReceiptBuilder(genesis, reader, (id) => this.mempool.has(id));
    this.status = this.reporter;
  }

  async start(): Promise<void> {
    this.loop.start();
    this.tick();
    this.sharing.start();
    await this.ports.network.start(this.intake);
    this.health.onQuorum(this.reporter.quorumProblem());
    this.health.onStarted();
  }

  /** Takes no more input and answers every waiter; the caller then closes the adapters. */
  stop(): void {
    this.stopped = true;
    this.cancelTick?.();
    this.sharing.stop();
    this.builder?.stop();
    this.fetcher.stop();
    this.loop.stop();
    this.committer.stop();
    this.countersigner.stop();
    this.feed.close();
  }

  private tick(): void {
    const { clock, observer } = this.ports;
    this.loop.enqueue({
      type: 'tick',
      nowMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
      mempoolTransactions: this.mempool.size,
    });
    observer.onMempool(this.mempool.size, this.mempool.bytes);
    const view = this.replica.view();
    observer.onReplica({
      height: view.executedHeight,
      view: view.view,
      isPrimary: view.isPrimary,
      certifiedHeight: view.certifiedHeight,
    });
    this.cancelTick = clock.schedule(TICK_MS, () => {
      this.tick();
    });
  }

  private createBuilder(self: ValidatorIndex): BlockBuilder {
    return new BlockBuilder({
      genesis: this.settings.genesis,
      self,
      mempool: this.mempool,
      contents: this.contents,
      results: this.results,
      store: this.ports.store,
      clock: this.ports.clock,
      batchMs: this.settings.batchMs,
      onBuilt: (block) => {
        this.loop.enqueue({ type: 'proposalBuilt', block });
      },
      onDatabase: (reason) => {
        this.health.onDatabase(false, reason);
      },
      onError: (error) => {
        this.fail(error, false);
      },
    });
  }

  private effectHandlers(): EffectHandlers {
    return {
      requestProposal: ({ request }) => this.builder?.open(request),
      checkProposal: (effect) => {
        void this.check(effect);
      },
      execute: ({ block, certificate }) => {
        const ids = this.contents.openBound(block).map(({ transaction }) => transaction.id);
        this.results.addCommitted(block.header.height, ids);
        this.builder?.forget(ids);
        this.mempool.remove(ids);
        this.committer.execute(block, certificate);
      },
      checkpointCertified: ({ certificate }) => {
        this.countersigner.onCertified(certificate);
      },
      catchUp: ({ provenHeight, peer }) => {
        this.fetcher.open(provenHeight, peer);
      },
      quarantine: ({ height, ownRoot, certifiedRoot }) => {
        const reason = `own result ${ownRoot} of height ${height} differs from the countersigned ${certifiedRoot}`;
        this.ports.observer.log('error', 'quarantined', { reason });
        this.health.onQuarantined(reason);
      },
      halt: ({ reason, detail }) => {
        this.health.onHalted(`${reason}: ${detail}`);
        this.fail(new Error(`${reason}: ${detail}`), true);
      },
      fail: (error) => {
        this.fail(error, false);
      },
    };
  }

  private async check(effect: Parameters<EffectHandlers['checkProposal']>[0]): Promise<void> {
    try {
      const reason = await this.checker.findProblem(effect);
      const answer = {
        type: 'proposalChecked',
        blockHash: effect.block.hash,
        valid: reason === undefined,
      } as const;
      this.loop.enqueue(reason === undefined ? answer : { ...answer, reason });
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') {
        this.fail(error, false);
        return;
      }
      this.health.onDatabase(false, error.message);
      this.ports.clock.schedule(RETRY_MS, () => {
        if (!this.stopped) void this.check(effect);
      });
    }
  }

  private onExecuted(executed: ExecutedBlock): void {
    const { header, hash } = executed.block;
    this.health.onDatabase(true, '');
    this.results.addExecuted(header.height, executed.logRoot);
    this.submitter.onCommitted(executed.transactions.map(({ transaction }) => transaction.id));
    this.submitter.onExpired(this.mempool.expire(header.height + 1));
    this.loop.enqueue({ type: 'executed', height: header.height, root: executed.logRoot });
    this.fetcher.onExecuted(header.height, hash);
    this.builder?.wake();
    void this.ports.journal.truncateBefore(header.height).catch((error: unknown) => {
      this.fail(error, false);
    });
  }

  private onPeersChanged(index: ValidatorIndex, connected: boolean): void {
    this.health.onQuorum(this.reporter.quorumProblem());
    if (!connected) return;
    this.sharing.onConnected(index);
    this.fetcher.onConnected();
  }

  private fail(error: unknown, halted: boolean): void {
    if (this.stopped) return;
    this.stop();
    this.ports.onFatal(error, halted);
  }
}

/** Whose key it is, as genesis says: fairness needs no more than a stable answer. */
function genesisSigners(genesis: Genesis): (publicKey: PublicKey) => OrganisationName | undefined {
  const organisations = new Map<PublicKey, OrganisationName>();
  for (const { name, identities } of genesis.organisations) {
    for (const { publicKey } of identities) organisations.set(publicKey, name);
  }
  return (publicKey) => organisations.get(publicKey);
}

/** Recovers from the database and the journal, then takes part. */
export async function startNode(ports: NodePorts, settings: NodeSettings): Promise<Node> {
  const recovered = await recoverNode(settings.genesis, ports.store, ports.journal);
  const node = new Node(ports, settings, recovered);
  await node.start();
  return node;
}
