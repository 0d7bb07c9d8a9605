/** One connection for one piece of work, outside of every pool: migrations and what an administrator does. */
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

/** Rejects what the driver or `work` rejects; the connection is closed either way. */
export async function withClient<Value>(
  url: string,
  applicationName: string,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks between two statements is told by the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
