/**
 * Health of the node in one value: the gravest of what its parts report. Halted and quarantined are for ever; the
 * database, the room for the journal, the signer and the quorum come and go.
 */
import type { TimestampMs } from '../../protocol/primitives/identifiers.js';
import type { Clock, NodeHealth } from '../ports.js';
import type { NodeReadiness } from '../use-cases.js';

type Cause = Extract<NodeReadiness, { ready: false }>['cause'];

/** The gravest thing that is wrong, and since when as far as this life of the node knows. */
export interface HealthProblem {
  readonly cause: Cause;
  readonly detail: string;
  readonly sinceMs: TimestampMs | undefined;
}

export class HealthBoard {
  private started = false;
  private database: { readonly available: boolean; readonly reason: string } = {
    available: true,
    reason: '',
  };
  private journalProblem: string | undefined;
  private signerProblem: string | undefined;
  private quorumProblem: string | undefined;
  private damage: string | undefined;
  private grave: Extract<NodeHealth, { state: 'quarantined' | 'halted' }> | undefined;
  private readonly since = new Map<Cause, TimestampMs>();
  private reported = '';

  constructor(
    private readonly clock: Pick<Clock, 'wallMs'>,
    private readonly onHealth: (health: NodeHealth) => void,
  ) {}

  onStarted(): void {
    this.started = true;
    this.report();
  }

  onDatabase(available: boolean, reason: string): void {
    this.database = { available, reason };
    this.note('databaseUnavailable', !available);
    this.report();
  }

  /** `problem` says why nothing can be made durable at the moment. Asked at every tick, so what is known costs nothing. */
  onJournal(problem: string | undefined): void {
    if (problem === this.journalProblem) return;
    this.journalProblem = problem;
    this.note('journalStalled', problem !== undefined);
    this.report();
  }

  /** `problem` says why nothing can be signed at the moment. Asked at every tick, as above. */
  onSigner(problem: string | undefined): void {
    if (problem === this.signerProblem) return;
    this.signerProblem = problem;
    this.note('signerUnavailable', problem !== undefined);
    this.report();
  }

  /** `problem` says who is missing. Asked at every tick, as above. */
  onQuorum(problem: string | undefined): void {
    if (problem === this.quorumProblem) return;
    this.quorumProblem = problem;
    this.note('quorumUnreachable', problem !== undefined);
    this.report();
  }

  /**
   * `damage` says which rows of the database are not those that the ledger wrote. Transactions are taken all the same: nothing
   * that is computed depends on these rows.
   */
  onDamage(damage: string | undefined): void {
    this.damage = damage;
    this.report();
  }

  /** What is damaged, whatever else is wrong. */
  get damaged(): string | undefined {
    return this.damage;
  }

  onQuarantined(reason: string): void {
    if (this.grave?.state !== 'halted') this.grave = { state: 'quarantined', reason };
    // What a start brings with it is older than this life of the node.
    if (this.started) this.note('quarantined', true);
    this.report();
  }

  onHalted(reason: string): void {
    this.grave = { state: 'halted', reason };
    this.note('halted', true);
    this.report();
  }

  current(): NodeHealth {
    if (this.grave !== undefined) return this.grave;
    const problem = this.problem();
    if (problem === undefined) {
      return this.damage === undefined ? { state: 'ready' } : { state: 'degraded', reason: this.damage };
    }
    if (problem.cause === 'starting') return { state: 'starting' };
    return { state: 'degraded', reason: problem.detail };
  }

  /** The gravest problem; `undefined` when the node is ready. */
  problem(): HealthProblem | undefined {
    if (this.grave !== undefined) return this.problemOf(this.grave.state, this.grave.reason);
    if (!this.started) return this.problemOf('starting', 'the node is reading its ledger');
    if (!this.database.available) return this.problemOf('databaseUnavailable', this.database.reason);
    if (this.journalProblem !== undefined) return this.problemOf('journalStalled', this.journalProblem);
    if (this.signerProblem !== undefined) return this.problemOf('signerUnavailable', this.signerProblem);
    if (this.quorumProblem !== undefined) return this.problemOf('quorumUnreachable', this.quorumProblem);
    return undefined;
  }

  readiness(): NodeReadiness {
    const problem = this.problem();
    if (problem === undefined) return { ready: true };
    return { ready: false, cause: problem.cause, detail: problem.detail };
  }

  private problemOf(cause: Cause, detail: string): HealthProblem {
    return { cause, detail, sinceMs: this.since.get(cause) };
  }

  private note(cause: Cause, isWrong: boolean): void {
    if (!isWrong) this.since.delete(cause);
    else if (!this.since.has(cause)) this.since.set(cause, this.clock.wallMs());
  }

  private report(): void {
    const health = this.current();
    const text = JSON.stringify(health);
    if (text === this.reported) return;
    this.reported = text;
    this.onHealth(health);
  }
}
