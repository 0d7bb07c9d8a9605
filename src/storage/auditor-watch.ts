/**
 * Keeps auditors from disturbing the node: looks every few seconds at their database sessions and ends those that have exceeded
 * a limit. It has a connection of its own, which is open before anybody else may need the last one, and it never
 * stops the node: without the role or the rights for it, it says so once and goes on looking.
 */
import type { Clock } from '../node/ports.js';
import { AUDITOR_ROLE, WRITER_ROLE } from './database-roles.js';
import { reasonToEnd, type AuditorLimits, type AuditorSessionEnd } from './auditors/auditor-policy.js';
import {
  END_AUDITOR_SESSION,
  LIST_AUDITOR_SESSIONS,
  LIST_AUDITORS,
  type AuditorRow,
  type AuditorSessionRow,
} from './auditors/auditor-statements.js';
import type { DatabaseAccess } from './connection/database-access.js';
import { LastingConnection } from './connection/lasting-connection.js';

/** Logins beyond them are not watched until others are removed. */
const AUDITORS_MAX = 1_000;
/** What is beyond them waits for the next round. */
const SESSIONS_PER_ROUND_MAX = 100;
/** Logins that the node cannot end, of which it has said so. */
const UNGUARDED_TOLD_MAX = 100;
const STATEMENT_TIMEOUT_MS = 5_000;

export interface AuditorWatchSettings extends AuditorLimits {
  readonly watchIntervalMs: number;
}

export interface EndedAuditorSession {
  readonly login: string;
  readonly processId: number;
  readonly reason: AuditorSessionEnd;
}

export interface AuditorWatchReports {
  readonly onEnded: (session: EndedAuditorSession) => void;
  /** Said once; `undefined` when what was said last is over. */
  readonly onProblem: (problem: string | undefined) => void;
}

export class AuditorWatch {
  private readonly connection: LastingConnection;
  /** As they were found last. */
  private auditors: ReadonlyMap<number, AuditorRow> = new Map();
  private readonly unguarded = new Set<string>();
  private cancelTimer: (() => void) | undefined;
  private round: Promise<void> = Promise.resolve();
  private failing = false;
  private closed = false;

  private constructor(
    access: DatabaseAccess,
    private readonly settings: AuditorWatchSettings,
    private readonly clock: Clock,
    private readonly reports: AuditorWatchReports,
  ) {
    this.connection = new LastingConnection(
      { ...access, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
      'countersign-auditor-watch',
    );
  }

  /**
   * `access` is the writer's. Resolves after the first round, so that a node which starts behind it finds its lock free; never
   * rejects, since whatever is wrong with the database is the store's to say.
   */
  static async start(
    access: DatabaseAccess,
    settings: AuditorWatchSettings,
    clock: Clock,
    reports: AuditorWatchReports,
  ): Promise<AuditorWatch> {
    const watch = new AuditorWatch(access, settings, clock, reports);
    await watch.look();
    return watch;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.cancelTimer?.();
    await this.round;
    await this.connection.close();
  }

  /** One round after the other; the next begins an interval after this one's end. */
  private look(): Promise<void> {
    this.round = this.lookOnce().then(() => {
      if (this.closed) return;
      this.cancelTimer = this.clock.schedule(this.settings.watchIntervalMs, () => void this.look());
    });
    return this.round;
  }

  private async lookOnce(): Promise<void> {
    const failures = [
      await this.failureOf(() => this.findAuditors()),
      await this.failureOf(() => this.endSessions()),
    ];
    const failure = failures.find((each) => each !== undefined);
    if ((failure !== undefined) !== this.failing) this.reports.onProblem(failure);
    this.failing = failure !== undefined;
  }

  /** Either half is worth doing when the other cannot be done. */
  private async failureOf(work: () => Promise<void>): Promise<string | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private async findAuditors(): Promise<void> {
    const found = await this.connection.read<AuditorRow>('look for auditors', LIST_AUDITORS, [AUDITORS_MAX]);
    this.auditors = new Map(found.map((auditor) => [auditor.id, auditor]));
    // Of nobody: planned while that is possible, for when it is not.
    await this.connection.read('end no session', END_AUDITOR_SESSION, [0, 0, 'epoch']);
  }

  /** Asked even when there is nobody to ask for: the first time must not be the time when nothing new can be loaded. */
  private async endSessions(): Promise<void> {
    const sessions = await this.connection.read<AuditorSessionRow>(
      "look at the auditors' sessions",
      LIST_AUDITOR_SESSIONS,
      [[...this.auditors.keys()], SESSIONS_PER_ROUND_MAX],
    );
    for (const session of sessions) await this.judge(session);
  }

  private async judge(row: AuditorSessionRow): Promise<void> {
    const auditor = this.auditors.get(row.auditor_id);
    if (auditor === undefined) return;
    const { login, may_be_ended: mayBeEnded } = auditor;
    if (!mayBeEnded) {
      this.tellUnguarded(login);
      return;
    }
    const { process_id: processId, started_at: startedAt } = row;
    const reason = reasonToEnd(
      {
        statementMs: row.statement_ms ?? undefined,
        transactionMs: row.transaction_ms ?? undefined,
        advisoryLocks: row.advisory_locks,
      },
      this.settings,
    );
    if (reason === undefined) return;
    const [ended] = await this.connection.read<{ ended: boolean }>('end a session', END_AUDITOR_SESSION, [
      ...[processId, row.auditor_id, startedAt],
    ]);
    if (ended?.ended === true) this.reports.onEnded({ login, processId, reason });
  }

  private tellUnguarded(login: string): void {
    if (this.unguarded.has(login) || this.unguarded.size >= UNGUARDED_TOLD_MAX) return;
    this.unguarded.add(login);
    this.reports.onProblem(
      `login ${login} is a member of ${AUDITOR_ROLE}, but this node may not end its sessions: as an administrator, GRANT "${login}" TO ${WRITER_ROLE}`,
    );
  }
}
