// One bootstrap at a time per clone. The lock is a folder that holds one file named after its owner. It is prepared aside and
// renamed into place, so it never exists without an owner; a dead owner's file is removed by its exact name, so a lock that
// somebody else took meanwhile cannot be broken by mistake.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BootstrapError, say } from './process.mjs';

const pollMilliseconds = 200;
const waitMillisecondsMax = 15 * 60 * 1000;

export async function withLockFolder(folder, work) {
  const owner = await acquire(folder);
  const onExit = () => release(folder, owner);
  process.once('exit', onExit);
  try {
    return await work();
  } finally {
    process.off('exit', onExit);
    release(folder, owner);
  }
}

async function acquire(folder) {
  const owner = [process.pid, hostName(), Date.now().toString(36)].join('@');
  const deadline = Date.now() + waitMillisecondsMax;
  let announced = false;
  while (!tryAcquire(folder, owner)) {
    const holder = currentHolder(folder);
    if (holder !== undefined && isDead(holder)) {
      release(folder, holder);
      continue;
    }
    if (Date.now() > deadline) {
      throw new BootstrapError(`another run still holds ${folder}; when none is running, remove that folder`);
    }
    if (!announced) say(`waiting for another run that is preparing this folder (process ${pidOf(holder)})`);
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
  }
  return owner;
}

function tryAcquire(folder, owner) {
  const prepared = `${folder}-${owner}`;
  try {
    fs.mkdirSync(prepared);
    fs.writeFileSync(path.join(prepared, owner), '');
    // Replaces nothing but an empty folder: a held lock has its owner's file inside.
    fs.renameSync(prepared, folder);
    return true;
  } catch (error) {
    fs.rmSync(prepared, { recursive: true, force: true });
    if (['EEXIST', 'ENOTEMPTY', 'EPERM'].includes(error.code) && fs.existsSync(folder)) return false;
    throw new BootstrapError(`cannot write in ${path.dirname(folder)}: ${error.message}`);
  }
}

function currentHolder(folder) {
  try {
    return fs.readdirSync(folder)[0];
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isDead(holder) {
  const [pid, host] = holder.split('@');
  if (host !== hostName()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function release(folder, owner) {
  fs.rmSync(path.join(folder, owner), { force: true });
  try {
    fs.rmdirSync(folder);
  } catch (error) {
    // Already taken by the next run, or already removed: both mean that this owner has let go.
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
  }
}

function pidOf(holder) {
  return holder === undefined ? 'unknown' : holder.split('@')[0];
}

function hostName() {
  return os.hostname().replace(/[^A-Za-z0-9.-]/g, '-');
}
