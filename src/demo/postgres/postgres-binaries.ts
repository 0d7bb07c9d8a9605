/**
 * Finds an initdb and a postgres that the account can really run: the npm package as it lies, a copy of it, or a
 * PostgreSQL of the system. Each candidate is run once, which tests path, permissions and libraries together.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { copyPackage, findEmbeddedPackage, linkLibraries } from './embedded-package.js';
import { canEnter, runAs, type PostgresAccount } from './postgres-account.js';

const run = promisify(execFile);

const MAJOR_VERSION_MIN = 14;

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: number;
}

/**
 * `cacheFolder` may receive a copy of the npm package's binaries. Throws LedgerError POSTGRES_NOT_FOUND, which lists
 * what was tried and what helps.
 */
export async function findPostgresBinaries(
  cacheFolder: string,
  account: PostgresAccount | undefined,
): Promise<PostgresBinaries> {
  const failures: string[] = [];
  for await (const bin of candidateFolders(cacheFolder, account)) {
    const found = await tryBinaries(bin, account);
    if (typeof found !== 'string') return found;
    failures.push(`${bin === '' ? 'PATH' : bin}: ${found}`);
  }
  throw new LedgerError(
    'POSTGRES_NOT_FOUND',
    'no PostgreSQL that runs here. Do one of these: install the optional npm packages (npm ci without --omit=optional); ' +
      `install PostgreSQL ${MAJOR_VERSION_MIN} or newer with initdb on this machine; give the URL of a running PostgreSQL ` +
      `(DATABASE_URL). Tried:\n${failures.map((line) => `  ${line}`).join('\n')}`,
  );
}

/** Folders that may hold the programs, best first; the empty one stands for the PATH. */
async function* candidateFolders(
  cacheFolder: string,
  account: PostgresAccount | undefined,
): AsyncGenerator<string> {
  const embedded = await findEmbeddedPackage();
  if (embedded !== undefined) {
    await linkLibraries(embedded.folder);
    yield join(embedded.folder, 'native/bin');
    const name = `countersign-postgres-${embedded.version}-${process.getuid?.() ?? 'user'}`;
    const cached = join(cacheFolder, `postgres-${embedded.version}`);
    await mkdir(cacheFolder, { recursive: true });
    // A copy that the account cannot reach would be in vain.
    const places = (await canEnter(cacheFolder, account)) ? [cached] : [];
    for (const place of [...places, ...temporaryPlaces(name)]) {
      const copy = await copyPackage(embedded.folder, place);
      if (copy !== undefined) yield join(copy, 'native/bin');
    }
  }
  yield '';
  yield* await systemFolders();
}

function temporaryPlaces(name: string): readonly string[] {
  const places = [join(tmpdir(), name)];
  if (process.platform !== 'win32') places.push(join('/tmp', name), join('/var/tmp', name));
  return [...new Set(places)];
}

/** Where distributions and Homebrew put the server programs, newest version first. */
async function systemFolders(): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const [parent, prefix] of [
    ['/usr/lib/postgresql', ''],
    ['/opt/homebrew/opt', 'postgresql'],
    ['/usr/local/opt', 'postgresql'],
    ['/usr', 'pgsql-'],
  ] as const) {
    const names = await readdir(parent).catch(() => []);
    const versions = names.filter((name) => name.startsWith(prefix) && /\d+$/.test(name));
    versions.sort((left, right) => Number(/\d+$/.exec(right)?.[0]) - Number(/\d+$/.exec(left)?.[0]));
    folders.push(...versions.map((name) => join(parent, name, 'bin')));
  }
  return [...folders, '/usr/local/pgsql/bin'];
}

/** The reason as a string when they do not run. */
async function tryBinaries(
  folder: string,
  account: PostgresAccount | undefined,
): Promise<PostgresBinaries | string> {
  const initdb = join(folder, 'initdb');
  const postgres = join(folder, 'postgres');
  try {
    const options = { cwd: process.platform === 'win32' ? undefined : '/', ...runAs(account) };
    await run(initdb, ['--version'], options);
    const { stdout } = await run(postgres, ['--version'], options);
    const majorVersion = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
    if (majorVersion < MAJOR_VERSION_MIN)
      return `is older than PostgreSQL ${MAJOR_VERSION_MIN}: ${stdout.trim()}`;
    return { initdb, postgres, majorVersion };
  } catch (error) {
    const message = (error as { readonly message?: string }).message ?? '';
    return message.split('\n').filter(Boolean).at(-1) ?? 'does not run';
  }
}
