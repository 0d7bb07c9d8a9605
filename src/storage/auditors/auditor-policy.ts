/**
 * When a database session of an auditor is ended. A login may lift every limit that it was given (SET statement_timeout = 0),
 * so the limits that count are these, and whoever exceeds one loses the session.
 */
export interface AuditorLimits {
  readonly statementTimeoutMs: number;
  readonly transactionTimeoutMs: number;
}

export interface AuditorSession {
  /** How long its statement has been running; `undefined` when none runs. */
  readonly statementMs: number | undefined;
  /** Age of its database transaction; `undefined` when none is open. */
  readonly transactionMs: number | undefined;
  /** That it holds or waits for: they could keep the node from its own, and each takes room that all sessions share. */
  readonly advisoryLocks: number;
}

/** What a session has exceeded. */
export type AuditorSessionEnd = 'statement' | 'transaction' | 'advisoryLock';

export function reasonToEnd(session: AuditorSession, limits: AuditorLimits): AuditorSessionEnd | undefined {
  const { statementMs, transactionMs, advisoryLocks } = session;
  if (advisoryLocks > 0) return 'advisoryLock';
  if (statementMs !== undefined && statementMs > limits.statementTimeoutMs) return 'statement';
  if (transactionMs !== undefined && transactionMs > limits.transactionTimeoutMs) return 'transaction';
  return undefined;
}
