/**
 * Health of the node in one value: the gravest of what its parts report. Halted and quarantined are for ever; the
 * database, the room for the journal and the quorum come and go.
 */
import type { NodeHealth } from '../ports.js';
import type { NodeReadiness } from '../use-cases.js';

export class HealthBoard {
  private started = false;
  private database: { readonly available: boolean; readonly reason: string } = {
    available: true,
    reason: '',
  };
  private journalProblem: string | undefined;
  private quorumProblem: string | undefined;
  private grave: Extract<NodeHealth, { state: 'quarantined' | 'halted' }> | undefined;
  private reported = '';

  constructor(private readonly onHealth: (health: NodeHealth) => void) {}

  onStarted(): void {
    this.started = true;
    this.report();
  }

  onDatabase(available: boolean, reason: string): void {
    this.database = { available, reason };
    this.report();
  }

  /** `problem` says why nothing can be made durable at the moment. Asked at every tick, so what is known costs nothing. */
  onJournal(problem: string | undefined): void {
    if (problem === this.journalProblem) return;
    this.journalProblem = problem;
    this.report();
  }

  onQuorum(problem: string | undefined): void {
    this.quorumProblem = problem;
    this.report();
  }

  onQuarantined(reason: string): void {
    if (this.grave?.state !== 'halted') this.grave = { state: 'quarantined', reason };
    this.report();
  }

  onHalted(reason: string): void {
    this.grave = { state: 'halted', reason };
    this.report();
  }

  current(): NodeHealth {
    if (this.grave !== undefined) return this.grave;
    if (!this.started) return { state: 'starting' };
    if (!this.database.available) return { state: 'degraded', reason: this.database.reason };
    if (this.journalProblem !== undefined) return { state: 'degraded', reason: this.journalProblem };
    if (this.quorumProblem !== undefined) return { state: 'degraded', reason: this.quorumProblem };
    return { state: 'ready' };
  }

  readiness(): NodeReadiness {
    if (this.grave !== undefined) return { ready: false, cause: this.grave.state, detail: this.grave.reason };
    if (!this.started) return { ready: false, cause: 'starting', detail: 'the node is reading its ledger' };
    if (!this.database.available)
      return { ready: false, cause: 'databaseUnavailable', detail: this.database.reason };
    if (this.journalProblem !== undefined)
      return { ready: false, cause: 'journalStalled', detail: this.journalProblem };
    if (this.quorumProblem !== undefined)
      return { ready: false, cause: 'quorumUnreachable', detail: this.quorumProblem };
    return { ready: true };
  }

  private report(): void {
    const health = this.current();
    const text = JSON.stringify(health);
    if (text === this.reported) return;
    this.reported = text;
    this.onHealth(health);
  }
}
