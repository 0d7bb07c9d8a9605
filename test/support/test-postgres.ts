/** A PostgreSQL of its own for a test file, in a temp folder; DATABASE_URL is not used, so that no test touches real data. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  removePostgres,
  startPostgres,
  type PostgresOptions,
  type RunningPostgres,
} from '../../src/demo/postgres/embedded-postgres.js';

const cacheDirectory = join(tmpdir(), 'countersign-test-postgres');

export interface TestPostgres {
  readonly directory: string;
  running: RunningPostgres;
  /** Starts the stopped cluster again on the same port. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export async function createTestPostgres(options: Partial<PostgresOptions> = {}): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-postgres-'));
  const all = { directory, cacheDirectory, fsync: false, ...options };
  const cluster: TestPostgres = {
    directory,
    running: await startPostgres(all),
    restart: async () => {
      cluster.running = await startPostgres({ ...all, port: cluster.running.port });
    },
    remove: async () => {
      await cluster.running.stop();
      await removePostgres(directory);
    },
  };
  return cluster;
}

/** A new, empty database in the cluster, with the same logins. */
export async function createTestDatabase(
  postgres: RunningPostgres,
  name: string,
): Promise<Pick<RunningPostgres, 'ownerUrl' | 'url' | 'readerUrl'>> {
  await withClient(postgres.ownerUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  const inDatabase = (url: string): string =>
    Object.assign(new URL(url), { pathname: `/${name}` }).toString();
  return {
    ownerUrl: inDatabase(postgres.ownerUrl),
    url: inDatabase(postgres.url),
    readerUrl: inDatabase(postgres.readerUrl),
  };
}

export async function withClient<Value>(
  url: string,
  work: (client: pg.Client) => Promise<Value>,
): Promise<Value> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
