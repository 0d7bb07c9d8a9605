/**
 * What the node reports about itself, as Prometheus metrics and log lines. Never throws, and costs a map look-up a call:
 * the node calls it from its hot path.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { NodeHealth, NodeObserver, ObservedMembers } from '../node/ports.js';
import type { SuspicionReason, TraceKind } from '../protocol/pbft/effect.js';
import type { Height, OrganisationName, PeerIndex, TimestampMs } from '../protocol/primitives/identifiers.js';
import { quorumSize } from '../protocol/primitives/quorum.js';
import { REJECTION_CODES } from '../protocol/primitives/rejection.js';
import { createNodeMetrics, type NodeMetrics } from './node-metrics.js';
import { PhaseDurations } from './phase-durations.js';

const HEALTH_STATES: readonly NodeHealth['state'][] = [
  'starting',
  'ready',
  'degraded',
  'quarantined',
  'halted',
];
const KNOWN_CODES: ReadonlySet<string> = new Set(REJECTION_CODES);
const VIEW_CHANGE_REASONS: ReadonlySet<string> = new Set(
  Object.keys({
    progress: true,
    silence: true,
    refusal: true,
    equivocation: true,
    censorship: true,
    rotation: true,
    followed: true,
  } satisfies Record<SuspicionReason, true>),
);
/** What people should see of the replica's own account; the rest is for whoever looks for a fault. */
const TRACE_LEVELS: ReadonlyMap<TraceKind, 'info' | 'error'> = new Map([
  ['suspected', 'info'],
  ['viewLeft', 'info'],
  ['viewEntered', 'info'],
  ['evidence', 'error'],
]);
const SCRUBBED_TABLES = [
  ...['genesis', 'blocks', 'transactions', 'subject_entries', 'subject_nodes'],
  ...['log_nodes', 'checkpoints', 'state', 'evidence'],
];
const AUDITOR_SESSION_ENDS = ['statement', 'transaction', 'advisoryLock'] as const;
const MESSAGE_TYPES_MAX = 32;
/** The name that observers share where a member's stands. */
const OBSERVER = 'observer';
const NANOSECONDS = 1e9;

export interface ObservedNode {
  readonly version: string;
  /** Own organisation; `undefined` for an observer. */
  readonly self: OrganisationName | undefined;
  readonly logger: Logger;
}

/** What is asked at every scrape instead of being told at every change. */
export interface ScrapedValues {
  /** Last votes that are known, of every validator. */
  readonly validators: readonly {
    readonly organisation: OrganisationName;
    readonly lastVoteHeight: Height | undefined;
  }[];
  /** Over all peers. */
  readonly sendQueueBytes: number;
  readonly certificateExpiresMs: TimestampMs;
  /** Of the search index. */
  readonly indexHeight: Height;
}

export class PrometheusObserver implements NodeObserver {
  readonly registry = new Registry();
  private readonly metrics: NodeMetrics;
  /** By peer; whoever is not among them is an observer. */
  private members: ReadonlyMap<PeerIndex, OrganisationName> = new Map();
  private validators: readonly OrganisationName[] = [];
  private readonly connected = new Set<PeerIndex>();
  private readonly messageTypes = new Set<string>();
  private readonly eventLoop = monitorEventLoopDelay({ resolution: 10 });
  private readonly phases = new PhaseDurations(
    () => performance.now(),
    (phase, durationMs) => {
      this.metrics.phaseDuration.observe({ phase }, durationMs / 1000);
    },
  );
  private scrape: (() => ScrapedValues) | undefined;
  private scrubPasses = 0;
  private lastCommitMs: number | undefined;
  private health: NodeHealth = { state: 'starting' };

  constructor(private readonly node: ObservedNode) {
    this.metrics = createNodeMetrics(this.registry);
    const { metrics } = this;
    metrics.buildInfo.set({ version: node.version, node: process.version }, 1);
    metrics.startTime.set(Math.round(Date.now() / 1000 - process.uptime()));
    // Present from the start, so that the first of each shows as an increase.
    for (const reason of [...VIEW_CHANGE_REASONS, 'other']) metrics.viewChanges.inc({ reason }, 0);
    for (const table of SCRUBBED_TABLES) metrics.scrubFindings.inc({ table }, 0);
    for (const reason of AUDITOR_SESSION_ENDS) metrics.auditorSessionsEnded.inc({ reason }, 0);
    this.showReachable();
    this.showHealth();
    this.eventLoop.enable();
  }

  /** Names where values come from that are read when somebody asks. */
  readAtScrape(scrape: () => ScrapedValues): void {
    this.scrape = scrape;
  }

  /** The exposition text; process, event-loop and scraped values are read at this moment. */
  async render(): Promise<string> {
    const { metrics, eventLoop } = this;
    if (this.scrape !== undefined) this.showScraped(this.scrape());
    for (const quantile of [0.5, 0.99, 1]) {
      const lag = quantile === 1 ? eventLoop.max : eventLoop.percentile(quantile * 100);
      metrics.eventLoopLag.set({ quantile: String(quantile) }, lag / NANOSECONDS);
    }
    eventLoop.reset();
    const memory = process.memoryUsage();
    metrics.residentMemory.set(memory.rss);
    metrics.heapUsed.set(memory.heapUsed);
    metrics.externalMemory.set(memory.external);
    const cpu = process.cpuUsage();
    metrics.cpu.reset();
    metrics.cpu.inc({ mode: 'user' }, cpu.user / 1e6);
    metrics.cpu.inc({ mode: 'system' }, cpu.system / 1e6);
    return this.registry.metrics();
  }

  /** Stops measuring the event loop. */
  close(): void {
    this.eventLoop.disable();
  }

  onTrace(trace: Parameters<NodeObserver['onTrace']>[0]): void {
    const { type: _type, kind, ...fields } = trace;
    this.phases.onTrace(kind, trace.height);
    if (kind === 'viewLeft') {
      const reason = trace.detail ?? '';
      this.metrics.viewChanges.inc({ reason: VIEW_CHANGE_REASONS.has(reason) ? reason : 'other' });
    }
    this.node.logger[TRACE_LEVELS.get(kind) ?? 'debug'](fields, kind);
  }

  onBlockCommitted(event: Parameters<NodeObserver['onBlockCommitted']>[0]): void {
    const { metrics } = this;
    const nowMs = Date.now();
    if (this.lastCommitMs !== undefined) metrics.blockInterval.observe((nowMs - this.lastCommitMs) / 1000);
    this.lastCommitMs = nowMs;
    metrics.lastCommitTimestamp.set(nowMs / 1000);
    metrics.height.set(event.height);
    metrics.blockTransactions.observe(event.transactions);
    metrics.blockSize.observe(event.bytes);
    metrics.committed.inc(event.transactions);
    metrics.records.inc(event.records);
    metrics.execute.observe(event.executeMs / 1000);
    metrics.databaseCommit.observe(event.databaseMs / 1000);
    this.node.logger.debug({ ...event }, 'block committed');
  }

  onTransactionAdmitted(): void {
    this.metrics.admitted.inc();
  }

  onTransactionRejected(code: string): void {
    this.metrics.rejected.inc({ code: KNOWN_CODES.has(code) ? code : 'OTHER' });
  }

  onTransactionCommitted(latencyMs: number): void {
    this.metrics.commitLatency.observe(latencyMs / 1000);
  }

  onMempool(transactions: number, bytes: number): void {
    this.metrics.mempoolTransactions.set(transactions);
    this.metrics.mempoolBytes.set(bytes);
  }

  onReplica(status: {
    readonly height: Height;
    readonly view: number;
    readonly isPrimary: boolean;
    readonly certifiedHeight: Height;
  }): void {
    const { metrics } = this;
    metrics.height.set(status.height);
    metrics.view.set(status.view);
    metrics.isPrimary.set(status.isPrimary ? 1 : 0);
    metrics.certifiedHeight.set(status.certifiedHeight);
  }

  onMembers({ members, validators }: ObservedMembers): void {
    const { metrics } = this;
    const before = new Set(this.members.values());
    this.members = new Map(members.map(({ peer, organisation }) => [peer, organisation]));
    this.validators = validators;
    metrics.validators.set(validators.length);
    if (validators.length > 0) metrics.quorumSize.set(quorumSize(validators.length));
    const now = new Set(this.members.values());
    for (const organisation of before) if (!now.has(organisation)) this.forget(organisation);
    for (const organisation of now) {
      if (before.has(organisation)) continue;
      metrics.equivocations.inc({ organisation }, 0);
      if (organisation !== this.node.self) metrics.peerConnected.set({ organisation }, 0);
    }
    this.showReachable();
  }

  onPeer(peer: PeerIndex, connected: boolean): void {
    if (connected) this.connected.add(peer);
    else this.connected.delete(peer);
    const organisation = this.members.get(peer);
    if (organisation !== undefined) this.metrics.peerConnected.set({ organisation }, connected ? 1 : 0);
    this.showReachable();
  }

  onPeerStatus(peer: PeerIndex, status: { readonly height: Height; readonly clockOffsetMs: number }): void {
    const organisation = this.members.get(peer);
    // Observers come and go: a series for each would stay for ever.
    if (organisation === undefined) return;
    this.metrics.peerHeight.set({ organisation }, status.height);
    this.metrics.clockSkew.set({ organisation }, status.clockOffsetMs / 1000);
  }

  onPeerMessage(direction: 'in' | 'out', type: string, count: number): void {
    this.metrics.peerMessages.inc({ direction, type: this.boundedType(type) }, count);
  }

  onPeerMessageRefused(peer: PeerIndex, code: string): void {
    const organisation = this.members.get(peer) ?? OBSERVER;
    this.metrics.refusals.inc({ organisation });
    this.node.logger.warn({ peer: organisation, code }, 'a message of a peer was refused');
  }

  onEquivocation(organisation: OrganisationName): void {
    this.metrics.equivocations.inc({ organisation });
  }

  onScrub({ height, passes, lastPassMs }: Parameters<NodeObserver['onScrub']>[0]): void {
    this.metrics.scrubHeight.set(height);
    this.metrics.scrubPasses.inc(passes - this.scrubPasses);
    this.scrubPasses = passes;
    if (lastPassMs !== undefined) this.metrics.scrubLastPass.set(lastPassMs / 1000);
  }

  onScrubFinding(table: string): void {
    this.metrics.scrubFindings.inc({ table });
  }

  onAuditorSessionEnded(reason: (typeof AUDITOR_SESSION_ENDS)[number]): void {
    this.metrics.auditorSessionsEnded.inc({ reason });
  }

  onJournalSync(durationMs: number, records: number): void {
    this.metrics.journalSync.observe(durationMs / 1000);
    this.metrics.journalSyncRecords.observe(records);
  }

  onHealth(state: NodeHealth): void {
    const before = this.health;
    this.health = state;
    this.showHealth();
    if (state.state === 'quarantined' && before.state !== 'quarantined') this.metrics.stateRootMismatch.inc();
    const reason = 'reason' in state ? state.reason : undefined;
    const changed =
      before.state !== state.state || ('reason' in before ? before.reason : undefined) !== reason;
    if (!changed) return;
    const level =
      state.state === 'ready' || state.state === 'starting'
        ? 'info'
        : state.state === 'degraded'
          ? 'warn'
          : 'error';
    this.node.logger[level]({ health: state.state, reason }, 'health changed');
  }

  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): void {
    this.node.logger[level](fields, message);
  }

  /** Its series end: what is no member any more is not there rather than unreachable. */
  private forget(organisation: OrganisationName): void {
    const { metrics } = this;
    for (const metric of [
      metrics.equivocations,
      metrics.peerConnected,
      metrics.peerHeight,
      metrics.clockSkew,
      metrics.refusals,
      metrics.lastVoteHeight,
    ])
      metric.remove({ organisation });
  }

  /** A closed union in the code; the bound keeps a mistake from making labels without end. */
  private boundedType(type: string): string {
    if (this.messageTypes.has(type)) return type;
    if (this.messageTypes.size >= MESSAGE_TYPES_MAX) return 'other';
    this.messageTypes.add(type);
    return type;
  }

  private showScraped({
    validators,
    sendQueueBytes,
    certificateExpiresMs,
    indexHeight,
  }: ScrapedValues): void {
    const { metrics } = this;
    for (const { organisation, lastVoteHeight } of validators)
      if (lastVoteHeight !== undefined) metrics.lastVoteHeight.set({ organisation }, lastVoteHeight);
    metrics.sendQueue.set(sendQueueBytes);
    metrics.certificateExpiry.set(certificateExpiresMs / 1000);
    metrics.indexHeight.set(indexHeight);
  }

  private showReachable(): void {
    const reachable = new Set([...this.connected].map((peer) => this.members.get(peer)));
    reachable.add(this.node.self);
    this.metrics.validatorsReachable.set(this.validators.filter((each) => reachable.has(each)).length);
    this.metrics.observersConnected.set([...this.connected].filter((peer) => !this.members.has(peer)).length);
  }

  private showHealth(): void {
    for (const state of HEALTH_STATES)
      this.metrics.healthState.set({ state }, this.health.state === state ? 1 : 0);
  }
}
