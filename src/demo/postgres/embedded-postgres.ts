/**
 * A real PostgreSQL cluster in a folder, for the demo, the tests and the benchmark: nothing has to be installed or
 * configured. In this order: the server of a given URL, the npm package, a PostgreSQL of the system. The server ends
 * with the process that started it; one that survived nevertheless is ended by the next start on the folder.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { databaseUrlAs, READER_ROLE, WRITER_ROLE } from '../../storage/database-roles.js';
import { PortAllocator } from '../cluster/free-port.js';
import { createDatabase, databaseUrls, type DatabaseUrls } from './create-database.js';
import { hasErrorCode } from './error-code.js';
import { findPostmaster, stopOrphan } from './orphaned-postmaster.js';
import { choosePostgresAccount, type PostgresAccount } from './postgres-account.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import {
  ADMINISTRATOR,
  findData,
  openCluster,
  removeCluster,
  type PostgresCluster,
} from './postgres-cluster.js';
import { spawnPostmaster, type Postmaster } from './postmaster.js';
import { isAlive } from './server-process.js';

const PORT_ATTEMPTS_MAX = 10;
const READY_WAIT_MS = 60_000;
const READY_POLL_MS = 25;

export interface PostgresOptions {
  /** Everything of the cluster lies here. */
  readonly directory: string;
  /** TCP port on 127.0.0.1; a free one unless given. */
  readonly port?: number;
  /** Off only where the data may be lost with the machine, as in tests. Default on. */
  readonly fsync?: boolean;
  /** URL of a database in a running PostgreSQL, with a login that may migrate it: nothing is started. */
  readonly serverUrl?: string;
  /** Shared by several clusters, for a copy of the binaries where the npm package cannot be used in place. */
  readonly cacheDirectory?: string;
}

export interface RunningPostgres extends DatabaseUrls {
  readonly port: number;
  /** Process id of the server; `undefined` when it was running already. */
  readonly pid: number | undefined;
  /** Resolves when the server of this start has ended; never for a server that was running already. */
  readonly exited: Promise<void>;
  stop(): Promise<void>;
}

/** Starts the cluster in `directory`, made at the first start. Throws LedgerError POSTGRES_NOT_FOUND, POSTGRES_START_FAILED. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  if (options.serverUrl !== undefined) return givenServer(options.serverUrl);
  const account = choosePostgresAccount();
  const cacheDirectory = options.cacheDirectory ?? join(options.directory, 'binaries');
  const binaries = await findPostgresBinaries(cacheDirectory, account);
  const cluster = await openCluster(options.directory, binaries, account);
  await refuseSecondStarter(cluster);
  await stopOrphan(cluster.data);
  const { postmaster, port } = await startServer(cluster, binaries, account, options);
  const starter = starterFile(options.directory);
  await writeFile(starter, String(process.pid), { mode: 0o600 });
  return {
    ...databaseUrls(port, cluster.password),
    port,
    pid: postmaster.pid,
    exited: postmaster.exited,
    stop: async () => {
      await postmaster.stop();
      await rm(starter, { force: true });
    },
  };
}

/** Ends the server on `directory`, whoever started it; nothing happens when none runs. */
export async function stopPostgres(directory: string): Promise<void> {
  const data = await findData(directory);
  if (data !== undefined) await stopOrphan(data);
}

/** Ends the server on `directory` and removes the cluster with its data. */
export async function removePostgres(directory: string): Promise<void> {
  await stopPostgres(directory);
  await removeCluster(directory);
}

function givenServer(serverUrl: string): RunningPostgres {
  return {
    ownerUrl: serverUrl,
    url: databaseUrlAs(serverUrl, WRITER_ROLE),
    readerUrl: databaseUrlAs(serverUrl, READER_ROLE),
    port: Number(new URL(serverUrl).port || 5432),
    pid: undefined,
    exited: new Promise(() => undefined),
    stop: async () => Promise.resolve(),
  };
}

function starterFile(directory: string): string {
  return join(directory, 'started-by');
}

async function refuseSecondStarter(cluster: PostgresCluster): Promise<void> {
  const running = await findPostmaster(cluster.data);
  if (running === undefined) return;
  const starter = await readFile(starterFile(cluster.directory), 'utf8').catch((error: unknown) => {
    if (hasErrorCode(error, 'ENOENT')) return '';
    throw error;
  });
  if (starter !== '' && isAlive(Number(starter))) {
    throw new LedgerError(
      'POSTGRES_START_FAILED',
      `the cluster in ${cluster.directory} is in use by process ${starter}: stop that first, or use another folder`,
    );
  }
}

/** Between the choice of a port and its use another program may take it; then the next one is tried. */
async function startServer(
  cluster: PostgresCluster,
  binaries: PostgresBinaries,
  account: PostgresAccount | undefined,
  options: PostgresOptions,
): Promise<{ readonly postmaster: Postmaster; readonly port: number }> {
  const { fsync = true } = options;
  const { majorVersion } = binaries;
  const ports = new PortAllocator();
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await ports.take(0));
    const postmaster = await spawnPostmaster(binaries, cluster, { port, fsync, majorVersion }, account);
    try {
      if (await becomesReady(postmaster, port, cluster.password)) return { postmaster, port };
    } catch (error) {
      await postmaster.stop();
      throw error;
    }
    const log = await postmaster.logTail();
    const portTaken = log.includes('could not bind');
    if (portTaken && options.port === undefined && attempt < PORT_ATTEMPTS_MAX) continue;
    const reason = portTaken
      ? `port ${port} is taken: end the program that uses it, or give another port`
      : `see ${cluster.log}`;
    throw new LedgerError(
      'POSTGRES_START_FAILED',
      `PostgreSQL did not start, ${reason}. Its last words:\n${log}`,
    );
  }
}

/** False when the server has ended; throws when it is not ready in time. */
async function becomesReady(postmaster: Postmaster, port: number, password: string): Promise<boolean> {
  const login = { host: '127.0.0.1', port, user: ADMINISTRATOR, password, database: 'postgres' };
  let lastError: unknown;
  const deadline = performance.now() + READY_WAIT_MS;
  while (performance.now() < deadline) {
    if (postmaster.hasExited()) return false;
    const client = new pg.Client({ ...login, connectionTimeoutMillis: 2_000, ssl: false });
    // A connection that breaks between two calls is told by the next call.
    client.on('error', (error) => {
      lastError = error;
    });
    try {
      await client.connect();
    } catch (error) {
      lastError = error;
      await sleep(READY_POLL_MS);
      continue;
    }
    try {
      await createDatabase(client, password);
    } finally {
      await client.end();
    }
    return true;
  }
  throw new LedgerError(
    'POSTGRES_START_FAILED',
    `PostgreSQL was not ready within ${READY_WAIT_MS / 1_000} s: is the machine out of memory or disk?`,
    { cause: lastError },
  );
}
