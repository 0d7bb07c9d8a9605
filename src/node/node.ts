/**
 * One node: the life of its parts (node-parts.ts) from recovery to stop, and what follows from what they tell. Plain
 * TypeScript; the composition root gives the adapters. `stop` ends it between two effects.
 */
import type { VerificationContext } from '../protocol/pbft/certificate.js';
import type { ExecutedBlock } from '../protocol/execution/executed-block.js';
import type {
  Digest,
  Height,
  OrganisationName,
  PeerIndex,
  PublicKey,
} from '../protocol/primitives/identifiers.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { EpochHistory } from './epochs/epoch-history.js';
import { createNodeParts, type NodeParts } from './node-parts.js';
import { quarantineOf, type NodePorts, type NodeSettings } from './node-surroundings.js';
import { ChangeJudge } from './members/change-judge.js';
import { ReadingPolicies } from './members/reading-policies.js';
import type { Signer } from './ports.js';
import { recoverNode, type RecoveredNode } from './recovery.js';
import type { EffectHandlers } from './replica-loop.js';
import { Custodian } from './submission/custodian.js';
import type {
  Callers,
  CheckpointNotes,
  LogProofs,
  CoseReceipts,
  Credentials,
  Custody,
  NodeStatus,
  Preflights,
  Proofs,
  Receipts,
  SubmitTransaction,
  Reading,
} from './use-cases.js';

/** How often the replica is told the time: the grain of its deadlines. */
const TICK_MS = 20;
/** How long whoever was removed is still let in. */
const FAREWELL_STATUS_INTERVALS = 10;
/** The others stand in the file that is written then. */
const DIVERGENT_ENTRIES_LOGGED_MAX = 100;
/** Pause before the database is asked again. */
const RETRY_MS = 250;

export class Node {
  readonly submission: SubmitTransaction;
  readonly receipts: Receipts & CheckpointNotes;
  readonly logProofs: LogProofs;
  readonly proofs: Proofs;
  readonly coseReceipts: CoseReceipts;
  readonly credentials: Credentials;
  readonly status: NodeStatus;
  readonly callers: Callers;
  readonly reading: Reading;
  readonly custody: Custody;
  readonly preflights: Preflights;
  readonly epochs: EpochHistory;
  readonly chain: VerificationContext;

  private readonly parts: NodeParts;
  private readonly policies: ReadingPolicies;
  /** Found at this start and not known before; the next start may not see it any more. */
  private readonly amnesia: string | undefined;
  private cancelTick: (() => void) | undefined;
  private stopped = false;
  /** Last height of the epoch that has just ended, while its removed members are still let in. */
  private farewellHeight: Height | undefined;
  private readonly statusIntervalMs: number;

  constructor(
    private readonly ports: NodePorts,
    settings: NodeSettings,
    recovered: RecoveredNode,
  ) {
    this.statusIntervalMs = settings.statusIntervalMs;
    this.parts = createNodeParts(
      { ports, settings, recovered },
      {
        effects: this.effectHandlers(),
        onExecuted: (executed) => {
          this.onExecuted(executed);
        },
        onPeersChanged: (index, connected) => {
          this.onPeersChanged(index, connected);
        },
        onStateDamaged: (reason) => {
          this.onStateDamaged(reason);
        },
        onError: (error) => {
          this.fail(error, false);
        },
      },
    );
    this.amnesia = recovered.amnesia;
    this.epochs = this.parts.epochs;
    this.chain = this.parts.chain;
    this.submission = this.parts.submitter;
    this.receipts = this.parts.receipts;
    this.logProofs = this.parts.logProofs;
    this.proofs = this.parts.proofs;
    this.coseReceipts = this.parts.coseReceipts;
    this.credentials = this.parts.credentials;
    this.status = this.parts.reporter;
    const { signers, results } = this.parts;
    this.custody = new Custodian({
      keys: ports.identityKeys,
      chainId: settings.genesis.chainId,
      epochs: recovered.epochs,
      executedHeight: () => results.executedHeight,
    });
    this.policies = new ReadingPolicies(ports.store);
    this.reading = this.policies;
    this.preflights = new ChangeJudge({ ...this.parts, organisation: settings.organisation });
    this.callers = { find: (publicKey) => signers.resolve(publicKey, results.executedHeight + 1) };
  }

  async start(): Promise<void> {
    const { loop, sharing, sweep, intake, health, reporter } = this.parts;
    if (this.amnesia !== undefined) this.quarantine(this.amnesia, this.ports.signer?.publicKey);
    this.showMembers();
    this.ports.onDurable?.(this.parts.results.executedHeight);
    loop.start();
    this.tick();
    sharing.start();
    sweep.start();
    await this.ports.network.start(intake);
    if (this.isStopped()) return;
    health.onQuorum(reporter.quorumProblem());
    health.onStarted();
    this.logVoice();
    this.parts.scrub?.start();
  }

  /** Takes no more input and answers every waiter; the caller then closes the adapters. */
  stop(): void {
    const { sharing, sweep, builder, fetcher, loop, committer, countersigner, feed, evidence } = this.parts;
    this.stopped = true;
    this.cancelTick?.();
    sharing.stop();
    sweep.stop();
    builder?.stop();
    fetcher.stop();
    loop.stop();
    committer.stop();
    countersigner.stop();
    evidence.stop();
    this.parts.scrub?.stop();
    feed.close();
    this.parts.receiptSignatures.stop();
  }

  /** `stopped` may change while the network starts, which control flow analysis does not see. */
  private isStopped(): boolean {
    return this.stopped;
  }

  private tick(): void {
    const { clock, observer, journal, signer } = this.ports;
    const { health, loop, mempool, replica, reporter, submitter, sweep, inclusion } = this.parts;
    health.onJournal(journal.stall());
    health.onSigner(signer?.stall?.());
    health.onQuorum(reporter.quorumProblem());
    loop.enqueue({
      type: 'tick',
      nowMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
      mempoolTransactions: mempool.size,
      hasWork: submitter.hasWaiting || sweep.hasWork,
    });
    observer.onMempool(mempool.size, mempool.bytes);
    const view = replica.view();
    if (view.standing === 'voting' && !view.isPrimary) inclusion.look(view.view);
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

  private effectHandlers(): EffectHandlers {
    return {
      requestProposal: ({ request }) => this.parts.builder?.open(request),
      checkProposal: (effect) => {
        void this.check(effect);
      },
      execute: ({ block, certificate }) => {
        const { contents, results, builder, mempool, committer } = this.parts;
        const ids = contents.openBound(block).map(({ transaction }) => transaction.id);
        results.addCommitted(block.header.height, ids);
        builder?.forget(ids);
        mempool.remove(ids);
        committer.execute(block, certificate);
      },
      checkpointCertified: ({ certificate }) => {
        this.parts.countersigner.onCertified(certificate);
      },
      catchUp: ({ provenHeight, peer }) => {
        this.parts.fetcher.open(provenHeight, peer);
      },
      evidence: ({ evidence }) => {
        this.parts.evidence.onEvidence(evidence);
      },
      amnesia: ({ detail }) => {
        const reason = `this key has signed what the journal does not know: ${detail}`;
        this.quarantine(reason, this.ports.signer?.publicKey);
      },
      quarantine: ({ height, ownRoot, certifiedRoot }) => {
        this.onDivergence(height, ownRoot, certifiedRoot);
      },
      epochBegun: (effect) => {
        this.onEpochBegun(effect);
      },
      retired: ({ lastHeight }) => {
        this.ports.observer.log(
          'info',
          `this organisation is no validator after height ${lastHeight}, and the others have gone on: its node follows without a vote`,
        );
      },
      halt: ({ reason, detail }) => {
        this.parts.health.onHalted(`${reason}: ${detail}`);
        this.fail(new Error(`${reason}: ${detail}`), true);
      },
      fail: (error) => {
        this.fail(error, false);
      },
    };
  }

  private onEpochBegun({ epoch, firstHeight, seated }: Parameters<EffectHandlers['epochBegun']>[0]): void {
    const { epochs, health, inclusion, reporter } = this.parts;
    const names = epochs.termsOf(epoch)?.validators.map(({ organisation }) => organisation) ?? [];
    this.ports.observer.log(
      'info',
      `epoch ${epoch} begins with height ${firstHeight}: validators ${names.join(', ')}`,
      { seated },
    );
    inclusion.onEpoch();
    this.showMembers();
    health.onQuorum(reporter.quorumProblem());
    if (!seated) this.logVoice();
  }

  /** Why this node has no vote, where everybody who runs it looks first. */
  private logVoice(): void {
    const { reporter, replica } = this.parts;
    if (replica.view().standing !== 'observing') return;
    this.ports.observer.log('info', reporter.read().cause);
  }

  /** Writes down what the own execution has made of the height, and votes no more. */
  private onDivergence(height: Height, ownRoot: Digest, certifiedRoot: Digest): void {
    const divergence = this.parts.ownResults.describe(height, ownRoot, certifiedRoot);
    const { own } = divergence;
    const place = this.ports.onDivergence?.(divergence);
    const written =
      own === undefined ? 'what it wrote is not known any more' : `${own.writes.length} entries written here`;
    this.ports.observer.log('error', 'the own result is not the countersigned one', {
      ...{ height, ownRoot, certifiedRoot, stateRoot: own?.stateRoot, file: place },
      entries: own?.writes.slice(0, DIVERGENT_ENTRIES_LOGGED_MAX).map(({ name }) => name),
    });
    const where = place === undefined ? '' : `, see ${place}`;
    this.quarantine(
      `own result ${ownRoot} of height ${height} differs from the countersigned ${certifiedRoot} (${written}${where})`,
      undefined,
    );
  }

  /** The next block would be computed from it. */
  private onStateDamaged(reason: string): void {
    if (this.parts.health.current().state === 'quarantined') return;
    this.parts.loop.enqueue({ type: 'stateDamaged' });
    this.quarantine(`the own state is known to be wrong: ${reason}`, undefined);
  }

  /** No vote any more, in this life and the next ones; of `key`, or of this node whatever its key. */
  private quarantine(reason: string, key: PublicKey | undefined): void {
    this.ports.observer.log('error', 'quarantined', { reason });
    this.parts.health.onQuarantined(reason);
    this.ports.onQuarantined({ reason, key });
  }

  private async check(
    effect: Parameters<EffectHandlers['checkProposal']>[0],
    isRepeated = false,
  ): Promise<void> {
    const { checker, loop, health, chronicle } = this.parts;
    if (!isRepeated) chronicle.onCheck(effect.block.header.height);
    try {
      const reason = await checker.findProblem(effect);
      if (isRepeated) health.onDatabase(true, '');
      else if (reason === undefined) this.watchInclusion(effect);
      const answer = {
        type: 'proposalChecked',
        blockHash: effect.block.hash,
        valid: reason === undefined,
      } as const;
      loop.enqueue(reason === undefined ? answer : { ...answer, reason });
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'DATABASE_UNAVAILABLE') {
        this.fail(error, false);
        return;
      }
      health.onDatabase(false, error.message);
      this.ports.clock.schedule(RETRY_MS, () => {
        if (!this.stopped) void this.check(effect, true);
      });
    }
  }

  /** Only what the present primary has made: what a view has taken over from an earlier one was another's choice. */
  private watchInclusion({ block, ancestors }: Parameters<EffectHandlers['checkProposal']>[0]): void {
    const { view } = this.parts.replica.view();
    if (block.header.originView === view) this.parts.inclusion.onProposal(view, block, ancestors);
  }

  private onExecuted(executed: ExecutedBlock): void {
    const { health, results, signers, submitter, mempool, loop, fetcher, builder } = this.parts;
    const { header, hash } = executed.block;
    this.parts.treeWatch.onDurable(header.height);
    this.parts.ownResults.onExecuted(executed);
    health.onDatabase(true, '');
    results.addExecuted(header.height, executed.logRoot);
    signers.onExecuted(executed.writes);
    this.followMembers(executed);
    this.policies.onExecuted(executed.writes);
    submitter.onCommitted(executed.transactions.map(({ transaction }) => transaction.id));
    const expired = mempool.expire(header.height + 1);
    builder?.forget(expired);
    submitter.onExpired(expired);
    const { scheduled } = executed;
    loop.enqueue({
      type: 'executed',
      height: header.height,
      root: executed.logRoot,
      scheduled: scheduled && this.parts.seating.seatsIn(scheduled),
    });
    fetcher.onExecuted(header.height, hash);
    builder?.wake();
    this.ports.onDurable?.(header.height);
    void this.ports.journal.truncateBefore(header.height).catch((error: unknown) => {
      this.fail(error, false);
    });
  }

  /** Members come and go with what blocks write, their keys with what is scheduled, and the removed with an epoch. */
  private followMembers({ block: { header }, writes, scheduled }: ExecutedBlock): void {
    const { epochs, roster, membership } = this.parts;
    roster.onWrites(writes);
    const isTold = membership.onWrites(writes);
    const isFirst = header.epoch > 0 && epochs.termsAt(header.height).firstHeight === header.height;
    if (isFirst) this.sayFarewell(header.height - 1);
    if (isTold || isFirst || scheduled !== undefined) this.showMembers();
  }

  /** Whoever was removed is let in a little longer: it is to hear that the others have gone on, and is free to go then (PBFT-EPOCH-5). */
  private sayFarewell(lastHeight: Height): void {
    this.farewellHeight = lastHeight;
    this.ports.clock.schedule(FAREWELL_STATUS_INTERVALS * this.statusIntervalMs, () => {
      if (this.stopped || this.farewellHeight !== lastHeight) return;
      this.farewellHeight = undefined;
      this.showMembers();
    });
  }

  private showMembers(): void {
    const { epochs, membership, replica, results } = this.parts;
    const height = results.executedHeight;
    const validators = epochs.termsOf(replica.view().epoch)?.validators ?? [];
    this.ports.network.setMembers(membership.peersAt(height, this.farewellHeight), epochs.widest);
    this.ports.observer.onMembers({
      members: membership.membersAt(height),
      validators: validators.map(({ organisation }) => organisation),
    });
  }

  private onPeersChanged(index: PeerIndex, connected: boolean): void {
    const { health, reporter, sharing, fetcher } = this.parts;
    health.onQuorum(reporter.quorumProblem());
    if (!connected) return;
    sharing.onConnected(index);
    fetcher.onConnected();
  }

  private fail(error: unknown, halted: boolean): void {
    if (this.stopped) return;
    this.stop();
    this.ports.onFatal(error, halted);
  }
}

/** A key that the ledger does not name yet is waited for; one of another organisation is a mistake of whoever set this up. */
function assertOwnKey(
  organisation: OrganisationName,
  signer: Signer | undefined,
  { membership }: RecoveredNode,
): void {
  const holder = signer === undefined ? organisation : membership.holderOf(signer.publicKey);
  if (holder === undefined || holder === organisation) return;
  throw new LedgerError(
    'LEDGER_KEY_MISMATCH',
    `this node is that of ${organisation}, and its ledger key ${signer?.publicKey ?? ''} is that of ${holder} on the ledger; set keys.directory to the keys of ${organisation}`,
  );
}

/** Recovers from the database and the journal, then takes part. */
export async function startNode(ports: NodePorts, settings: NodeSettings): Promise<Node> {
  const { genesis, organisation } = settings;
  const ledgerKey = quarantineOf(settings, ports.signer) === undefined ? ports.signer?.publicKey : undefined;
  const recovered = await recoverNode(genesis, ports.store, ports.journal, { organisation, ledgerKey });
  assertOwnKey(organisation, ports.signer, recovered);
  const node = new Node(ports, settings, recovered);
  await node.start();
  return node;
}
