/** What is left open to the logins of auditors, each with the statement for an administrator (ledger.auditor_precautions). */
import type pg from 'pg';

export interface AuditorPrecaution {
  readonly door: string;
  readonly remedy: string;
}

export async function readPrecautions(client: pg.Client): Promise<readonly AuditorPrecaution[]> {
  // A database that stands before the migration that makes the function has no auditors either.
  const known = await client.query<{ readonly name: string | null }>(
    "SELECT to_regprocedure('ledger.auditor_precautions()')::text AS name",
  );
  if ((known.rows[0]?.name ?? null) === null) return [];
  const { rows } = await client.query<AuditorPrecaution>(
    'SELECT door, remedy FROM ledger.auditor_precautions()',
  );
  return rows.map(({ door, remedy }) => ({ door, remedy }));
}

/** Shuts what this login may shut. */
export async function takePrecautions(client: pg.Client): Promise<void> {
  await client.query('SELECT ledger.take_auditor_precautions()');
}
