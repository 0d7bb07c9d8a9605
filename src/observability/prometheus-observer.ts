/**
 * What the node reports about itself, as Prometheus metrics and log lines. Never throws, and costs a map look-up a call:
 * the node calls it from its hot path.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { NodeHealth, NodeObserver } from '../node/ports.js';
import type { SuspicionReason, TraceKind } from '../protocol/pbft/effect.js';
import type {
  Height,
  OrganisationName,
  TimestampMs,
  PeerIndex,
  ValidatorIndex,
} from '../protocol/primitives/identifiers.js';
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
const MESSAGE_TYPES_MAX = 32;
const NANOSECONDS = 1e9;

export interface ObservedNode {
  readonly version: string;
  /** Validators by index. */
  readonly organisations: readonly OrganisationName[];
  readonly self: ValidatorIndex | undefined;
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
}

export class PrometheusObserver implements NodeObserver {
  readonly registry = new Registry();
  private readonly metrics: NodeMetrics;
  private readonly connected = new Set<ValidatorIndex>();
  private readonly observers = new Set<ValidatorIndex>();
  private readonly messageTypes = new Set<string>();
  private readonly eventLoop = monitorEventLoopDelay({ resolution: 10 });
  private readonly phases = new PhaseDurations(
    () => performance.now(),
    (phase, durationMs) => {
      this.metrics.phaseDuration.observe({ phase }, durationMs / 1000);
    },
  );
  private scrape: (() => ScrapedValues) | undefined;
  private lastCommitMs: number | undefined;
  private health: NodeHealth = { state: 'starting' };

  constructor(private readonly node: ObservedNode) {
    this.metrics = createNodeMetrics(this.registry);
    const { metrics } = this;
    metrics.validators.set(node.organisations.length);
    if (node.organisations.length > 0) metrics.quorumSize.set(quorumSize(node.organisations.length));
    metrics.buildInfo.set({ version: node.version, node: process.version }, 1);
    metrics.startTime.set(Math.round(Date.now() / 1000 - process.uptime()));
    // Present from the start, so that the first of each shows as an increase.
    for (const reason of [...VIEW_CHANGE_REASONS, 'other']) metrics.viewChanges.inc({ reason }, 0);
    for (const [index, organisation] of node.organisations.entries()) {
      metrics.equivocations.inc({ organisation }, 0);
      if (index !== node.self) metrics.peerConnected.set({ organisation }, 0);
    }
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

  onPeer(index: PeerIndex, connected: boolean): void {
    const isValidator = index < this.node.organisations.length;
    const peers = isValidator ? this.connected : this.observers;
    if (connected) peers.add(index);
    else peers.delete(index);
    this.metrics.observersConnected.set(this.observers.size);
    if (!isValidator) return;
    this.metrics.peerConnected.set({ organisation: this.organisationOf(index) }, connected ? 1 : 0);
    this.showReachable();
  }

  onPeerStatus(
    index: ValidatorIndex,
    status: { readonly height: Height; readonly clockOffsetMs: number },
  ): void {
    // Observers come and go: a series for each would stay for ever.
    if (index >= this.node.organisations.length) return;
    const organisation = this.organisationOf(index);
    this.metrics.peerHeight.set({ organisation }, status.height);
    this.metrics.clockSkew.set({ organisation }, status.clockOffsetMs / 1000);
  }

  onPeerMessage(direction: 'in' | 'out', type: string, count: number): void {
    this.metrics.peerMessages.inc({ direction, type: this.boundedType(type) }, count);
  }

  onPeerMessageRefused(index: PeerIndex, code: string): void {
    const organisation = this.organisationOf(index);
    this.metrics.refusals.inc({ organisation });
    this.node.logger.warn({ peer: organisation, code }, 'a message of a peer was refused');
  }

  onEquivocation(index: ValidatorIndex): void {
    this.metrics.equivocations.inc({ organisation: this.organisationOf(index) });
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

  /** A validator's organisation; observers share one name. */
  private organisationOf(index: ValidatorIndex): string {
    return this.node.organisations[index] ?? 'observer';
  }

  /** A closed union in the code; the bound keeps a mistake from making labels without end. */
  private boundedType(type: string): string {
    if (this.messageTypes.has(type)) return type;
    if (this.messageTypes.size >= MESSAGE_TYPES_MAX) return 'other';
    this.messageTypes.add(type);
    return type;
  }

  private showScraped({ validators, sendQueueBytes, certificateExpiresMs }: ScrapedValues): void {
    const { metrics } = this;
    for (const { organisation, lastVoteHeight } of validators)
      if (lastVoteHeight !== undefined) metrics.lastVoteHeight.set({ organisation }, lastVoteHeight);
    metrics.sendQueue.set(sendQueueBytes);
    metrics.certificateExpiry.set(certificateExpiresMs / 1000);
  }

  private showReachable(): void {
    const own = this.node.self === undefined ? 0 : 1;
    this.metrics.validatorsReachable.set(this.connected.size + own);
  }

  private showHealth(): void {
    for (const state of HEALTH_STATES)
      this.metrics.healthState.set({ state }, this.health.state === state ? 1 : 0);
  }
}
