/** What is left open to the logins of auditors, each with the statement for an administrator (ledger.auditor_precautions). */
import type pg from 'pg';

export interface AuditorPrecaution {
  readonly door: string;
  readonly remedy: string;
}

export async function readPrecautions(client: pg.Client): Promise<readonly AuditorPrecaution[]> {
  const { rows } = await client.query<AuditorPrecaution>(
    'SELECT door, remedy FROM ledger.auditor_precautions()',
  );
  return rows.map(({ door, remedy }) => ({ door, remedy }));
}

/** Shuts what this login may shut. */
export async function takePrecautions(client: pg.Client): Promise<void> {
  await client.query('SELECT ledger.take_auditor_precautions()');
}
