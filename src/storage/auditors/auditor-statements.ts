/**
 * What the watch asks of the server, in two parts. Who the auditors are stands in catalogues that all databases share; reading
 * those takes room in the table of locks, which an auditor may have filled. So the sessions are read and ended by functions
 * alone, for the logins that were found when it was not full.
 */
import type { Statement } from '../connection/read-pool.js';

export interface AuditorRow {
  /** Object identifier of the login. */
  readonly id: number;
  readonly login: string;
  readonly may_be_ended: boolean;
}

export interface AuditorSessionRow {
  readonly auditor_id: number;
  readonly process_id: number;
  readonly started_at: string;
  readonly statement_ms: number | null;
  readonly transaction_ms: number | null;
  readonly advisory_locks: number;
}

/**
 * The direct members of the group that serve the ledger in no other role, at most $1: a node's logins are members of the auditors'
 * logins and so of the group too. pg_get_userbyid keeps each in the session's memory, where ending it looks it up.
 */
export const LIST_AUDITORS: Statement = {
  name: 'list-auditors',
  text: `SELECT login.oid AS id, pg_get_userbyid(login.oid)::text AS login, pg_has_role(current_user, login.oid, 'USAGE') AS may_be_ended
         FROM pg_catalog.pg_roles AS login
         WHERE NOT login.rolsuper AND login.rolcanlogin
           AND EXISTS (SELECT FROM pg_catalog.pg_auth_members AS membership
                       WHERE membership.member = login.oid AND membership.roleid = to_regrole('countersign_auditor'))
           AND NOT pg_has_role(login.oid, to_regrole('countersign_owner'), 'MEMBER')
           AND NOT pg_has_role(login.oid, to_regrole('countersign_writer'), 'MEMBER')
           AND NOT pg_has_role(login.oid, to_regrole('countersign_reader'), 'MEMBER')
         ORDER BY login.oid LIMIT $1`,
};

/** Sessions of the logins $1 in every database of the server, the longest database transactions first, at most $2. */
export const LIST_AUDITOR_SESSIONS: Statement = {
  name: 'list-auditor-sessions',
  text: `SELECT activity.usesysid AS auditor_id, activity.pid AS process_id, activity.backend_start::text AS started_at,
                CASE WHEN activity.state IN ('active', 'fastpath function call')
                  THEN extract(epoch FROM clock_timestamp() - activity.query_start)::float8 * 1000 END AS statement_ms,
                extract(epoch FROM clock_timestamp() - activity.xact_start)::float8 * 1000 AS transaction_ms,
                (SELECT count(*)::integer FROM pg_catalog.pg_lock_status() AS locks
                 WHERE locks.pid = activity.pid AND locks.locktype = 'advisory') AS advisory_locks
         FROM pg_catalog.pg_stat_get_activity(NULL) AS activity
         WHERE activity.usesysid = ANY ($1::oid[])
         ORDER BY activity.xact_start NULLS LAST LIMIT $2`,
};

/** Process $1 when it still is the session of login $2 that began at $3. Ended, not cancelled: a program may catch that. */
export const END_AUDITOR_SESSION: Statement = {
  name: 'end-auditor-session',
  text: `SELECT pg_terminate_backend(activity.pid) AS ended FROM pg_catalog.pg_stat_get_activity($1::integer) AS activity
         WHERE activity.usesysid = $2::oid AND activity.backend_start = $3::timestamptz`,
};
