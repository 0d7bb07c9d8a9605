/**
 * Data of a cluster whose folder the account that runs PostgreSQL cannot enter, as when root works below /root. It lies
 * below /var/tmp, which survives a restart of the machine, and names its origin, so that data whose origin is gone can
 * be cleared away.
 */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode } from './error-code.js';
import { findPostmaster, stopOrphan } from './orphaned-postmaster.js';

const PLACE = '/var/tmp';
const PREFIX = 'countersign-postgres-data-';
const NAME = new RegExp(`^${PREFIX}[0-9a-f]{16}$`);
const ORIGIN_FILE = 'countersign-origin';

/** Where the data of the cluster in `folder` lies. */
export function hiddenDataFolder(folder: string): string {
  return join(PLACE, PREFIX + createHash('sha256').update(folder).digest('hex').slice(0, 16));
}

/** Before `staging` is renamed to `home`: the link comes first, so that data without a link is abandoned. */
export async function linkHiddenData(folder: string, staging: string, home: string): Promise<void> {
  await removeAbandonedData();
  await writeFile(join(staging, ORIGIN_FILE), folder, { flag: 'wx' });
  if (await exists(home)) {
    // The folder was removed by hand and made again.
    await stopOrphan(home);
    await rm(home, { recursive: true });
  }
  await rm(join(folder, 'data'), { force: true });
  await symlink(home, join(folder, 'data'));
}

/** Removes data whose folder is gone and on which no server runs. */
export async function removeAbandonedData(): Promise<void> {
  for (const name of (await readdir(PLACE)).filter((each) => NAME.test(each))) {
    const home = join(PLACE, name);
    const origin = await originOf(home);
    if (origin === undefined || hiddenDataFolder(origin) !== home) continue;
    if ((await exists(join(origin, 'data'))) || (await findPostmaster(home)) !== undefined) continue;
    await rm(home, { recursive: true, force: true });
  }
}

/** `undefined` for what another user has there, or a process that is clearing away at the same time has removed. */
async function originOf(home: string): Promise<string | undefined> {
  try {
    return await readFile(join(home, ORIGIN_FILE), 'utf8');
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
