/** Empties the search index of a node, running or not: the node makes it again from the ledger, from the first block on. */
import pg from 'pg';
import { clientConfig } from './connection/database-access.js';
import { databaseError } from './connection/database-error.js';
import { emptyIndex } from './statements/index-statements.js';

/** No extraction has it, so whoever finds the index begins with it. */
const NO_VERSION = 0;

/** `url`: a login that may write. Rejects LedgerError DATABASE_UNAVAILABLE, DATABASE_NOT_MIGRATED. */
export async function emptySearchIndex(url: string): Promise<void> {
  const client = new pg.Client(clientConfig({ url }, 'countersign-reindex'));
  // A connection that breaks between two statements is told by the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN');
    for (const statement of emptyIndex(NO_VERSION)) await client.query({ ...statement });
    await client.query('COMMIT');
  } catch (error) {
    throw databaseError(error, 'empty the search index');
  } finally {
    await client.end();
  }
}
