/**
 * The files of one cluster: `data` with the database, `password` of its administrator, `postgres.log`. When PostgreSQL
 * runs as another account that cannot enter `directory`, `data` is a link to a folder below /var/tmp.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, readlink, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { hasErrorCode } from './error-code.js';
import { hiddenDataFolder, linkHiddenData } from './unreachable-folder.js';
import { canEnter, runAs, type PostgresAccount } from './postgres-account.js';
import type { PostgresBinaries } from './postgres-binaries.js';

const run = promisify(execFile);

export const ADMINISTRATOR = 'postgres';
const PRIVATE = 0o700;

export interface PostgresCluster {
  readonly directory: string;
  /** Real path of the data folder: what postgres gets as -D. */
  readonly data: string;
  readonly log: string;
  readonly password: string;
}

/** Opens the cluster in `directory` or makes one. Throws LedgerError POSTGRES_START_FAILED. */
export async function openCluster(
  directory: string,
  binaries: PostgresBinaries,
  account: PostgresAccount | undefined,
): Promise<PostgresCluster> {
  const folder = resolve(directory);
  await mkdir(folder, { recursive: true });
  const link = join(folder, 'data');
  const data = (await existing(link)) ?? (await createCluster(folder, binaries, account));
  await checkVersion(data, binaries);
  const password = await readFile(join(folder, 'password'), 'utf8');
  return { directory: folder, data, log: join(folder, 'postgres.log'), password };
}

/** Real path of the cluster's data folder, `undefined` when there is none. */
export async function findData(directory: string): Promise<string | undefined> {
  return existing(join(resolve(directory), 'data'));
}

/** Removes a stopped cluster with everything it has on the disk. */
export async function removeCluster(directory: string): Promise<void> {
  const folder = resolve(directory);
  try {
    const target = await readlink(join(folder, 'data'));
    await rm(target, { recursive: true, force: true });
  } catch (error) {
    if (!hasErrorCode(error, 'EINVAL', 'ENOENT', 'UNKNOWN')) throw error;
  }
  await rm(folder, { recursive: true, force: true });
}

async function existing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** initdb works in a folder of another name, so that `data` is complete or absent. */
async function createCluster(
  folder: string,
  binaries: PostgresBinaries,
  account: PostgresAccount | undefined,
): Promise<string> {
  const password = randomBytes(24).toString('hex');
  await writeFile(join(folder, 'password'), password, { mode: 0o600 });
  const data = join(folder, 'data');
  const home = (await canEnter(folder, account)) ? data : hiddenDataFolder(folder);
  const staging = `${home}.${randomBytes(6).toString('hex')}`;
  const passwordFile = `${staging}.password`;
  try {
    await mkdir(staging, { mode: PRIVATE });
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    if (account !== undefined) {
      await chown(staging, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await runInitdb(binaries, staging, passwordFile, account);
    if (home !== data) await linkHiddenData(folder, staging, home);
    await rename(staging, home);
    return await realpath(home);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error instanceof LedgerError
      ? error
      : new LedgerError('POSTGRES_START_FAILED', `no PostgreSQL cluster could be made in ${home}`, {
          cause: error,
        });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function runInitdb(
  binaries: PostgresBinaries,
  data: string,
  passwordFile: string,
  account: PostgresAccount | undefined,
): Promise<void> {
  const options = [
    ...['-D', data, '-U', ADMINISTRATOR, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
    ...['--encoding=UTF8', '--locale=C', '--data-checksums', '--no-sync', '--no-instructions'],
  ];
  try {
    await run(binaries.initdb, options, { cwd: data, ...runAs(account) });
  } catch (error) {
    throw new LedgerError(
      'POSTGRES_START_FAILED',
      `initdb failed in ${data}: check that the disk has 100 MB free and that the folder can be written`,
      { cause: error },
    );
  }
}

async function checkVersion(data: string, binaries: PostgresBinaries): Promise<void> {
  const version = Number(await readFile(join(data, 'PG_VERSION'), 'utf8'));
  if (version !== binaries.majorVersion) {
    throw new LedgerError(
      'POSTGRES_START_FAILED',
      `the cluster in ${data} was made by PostgreSQL ${version}, the one found here is ${binaries.majorVersion}: ` +
        `install PostgreSQL ${version}, or remove the cluster (it is then made anew from the other organisations)`,
    );
  }
}
