/**
 * When things last happened to the own replica, from its traces: since when a phase lasts, a height is in flight, a block
 * waits for execution. For the status page only. Bounded by the window of heights.
 */
import type { Effect } from '../../protocol/pbft/effect.js';
import type { Height, TimestampMs, View } from '../../protocol/primitives/identifiers.js';
import type { Clock } from '../ports.js';
import { ExecutionRate } from './execution-rate.js';
import { isNewerVote, type VoteSeen } from './peer-statuses.js';

export interface Refusal {
  readonly view: View;
  readonly height: Height;
  readonly reason: string | undefined;
}

export interface OpenCheck {
  readonly height: Height;
  readonly sinceMs: TimestampMs;
}

type Trace = Extract<Effect, { type: 'trace' }>;

function dropUpTo(map: Map<Height, TimestampMs>, height: Height): void {
  for (const key of map.keys()) if (key <= height) map.delete(key);
}

export class Chronicle {
  readonly startedAtMs: TimestampMs;
  /** Since when the view is being changed to, or is active. */
  phaseSinceMs: TimestampMs;
  /** When a proposal was last accepted. */
  acceptedAtMs: TimestampMs;
  suspectedSinceMs: TimestampMs;
  refusal: Refusal | undefined;
  /** The proposal that the node was last asked to judge in this view. */
  check: OpenCheck | undefined;
  lastVote: VoteSeen | undefined;

  private readonly rate = new ExecutionRate();
  private readonly accepted = new Map<Height, TimestampMs>();
  private readonly committed = new Map<Height, TimestampMs>();
  private executedHeight: Height = 0;
  private executedAtMs: TimestampMs;
  private uncertifiedFromMs: TimestampMs | undefined;

  constructor(private readonly clock: Pick<Clock, 'wallMs'>) {
    const nowMs = clock.wallMs();
    this.startedAtMs = nowMs;
    this.phaseSinceMs = nowMs;
    this.acceptedAtMs = nowMs;
    this.suspectedSinceMs = nowMs;
    this.executedAtMs = nowMs;
  }

  onTrace(trace: Trace): void {
    const nowMs = this.clock.wallMs();
    switch (trace.kind) {
      case 'accepted':
        this.accepted.set(trace.height, nowMs);
        this.acceptedAtMs = nowMs;
        this.onOwnVote({
          kind: 'prepare',
          epoch: trace.epoch,
          view: trace.view,
          height: trace.height,
          atMs: nowMs,
        });
        return;
      case 'prepared':
        this.onOwnVote({
          kind: 'commit',
          epoch: trace.epoch,
          view: trace.view,
          height: trace.height,
          atMs: nowMs,
        });
        return;
      case 'committed':
        dropUpTo(this.accepted, trace.height);
        this.committed.set(trace.height, nowMs);
        return;
      case 'executed':
        this.onExecuted(trace.height, nowMs);
        return;
      case 'certified':
        this.uncertifiedFromMs = trace.height >= this.executedHeight ? undefined : nowMs;
        return;
      case 'proposalRefused':
        this.refusal = { view: trace.view, height: trace.height, reason: trace.detail };
        return;
      case 'suspected':
        this.suspectedSinceMs = nowMs;
        return;
      case 'epochBegun':
      case 'viewLeft':
      case 'viewEntered':
        this.phaseSinceMs = nowMs;
        this.check = undefined;
        this.accepted.clear();
        return;
      case 'proposed':
      case 'messageDropped':
      case 'retired':
      case 'evidence':
        return;
    }
  }

  /** The node begins to judge a proposal. */
  onCheck(height: Height): void {
    this.check = { height, sinceMs: this.clock.wallMs() };
  }

  /** Since when a height is accepted; what was accepted before a restart counts from its start. */
  acceptedSinceMs(height: Height): TimestampMs {
    return this.accepted.get(height) ?? this.phaseSinceMs;
  }

  /** Since when the height after `executedHeight` waits for the execution, when it is committed. */
  executionSinceMs(executedHeight: Height): TimestampMs {
    return Math.max(this.committed.get(executedHeight + 1) ?? this.startedAtMs, this.executedAtMs);
  }

  /** Since when nothing more was countersigned, when there is an executed height that is not. */
  get uncertifiedSinceMs(): TimestampMs {
    return this.uncertifiedFromMs ?? this.startedAtMs;
  }

  blocksPerSecond(executedHeight: Height): number | undefined {
    return this.rate.blocksPerSecond(executedHeight, this.clock.wallMs());
  }

  private onExecuted(height: Height, nowMs: TimestampMs): void {
    dropUpTo(this.committed, height);
    this.executedHeight = height;
    this.executedAtMs = nowMs;
    this.uncertifiedFromMs ??= nowMs;
    this.rate.onExecuted(height, nowMs);
  }

  private onOwnVote(vote: VoteSeen): void {
    if (this.lastVote === undefined || isNewerVote(vote, this.lastVote)) this.lastVote = vote;
  }
}
