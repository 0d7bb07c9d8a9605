/**
 * One process for a folder. Node has no flock, and a file with a process id goes stale; a listening socket in the folder
 * is closed by the kernel with its process, kill -9 and containers included. Each contender first listens under a name of
 * its own and then looks at the others: of two that start at once at least one sees the other, so never do both go on.
 */
import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { LedgerError } from '../protocol/primitives/ledger-error.js';

const LOCK_NAME = /^lock-(\d+)-[0-9a-f]{8}\.sock$/;
/** sun_path holds 104 bytes on macOS and 108 on Linux, with a final zero. */
const SOCKET_PATH_BYTES_MAX = 103;

function locked(folder: string, processId: string | undefined): LedgerError {
  const who = processId === undefined ? 'another process' : `process ${processId}`;
  return new LedgerError(
    'JOURNAL_LOCKED',
    `the journal in ${folder} is in use by ${who}: two processes with one ledger key would vote twice. Stop the other one first`,
  );
}

function listen(address: string): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => {
      server.removeListener('error', reject);
      // Nothing can go wrong with a listening socket that matters: whoever connects has learnt what it wants.
      server.on('error', () => undefined);
      server.unref();
      resolve(server);
    });
  });
}

/** True when a process listens at the address. */
function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Only a refused connection or a vanished file proves that nobody is there.
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** Windows: a pipe's name is taken by one server at a time and freed with its process. */
async function lockPipe(folder: string): Promise<() => Promise<void>> {
  const digest = createHash('sha256')
    .update(await fs.realpath(folder))
    .digest('hex');
  try {
    const server = await listen(`\\\\.\\pipe\\countersign-journal-${digest}`);
    return () => close(server);
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'EADDRINUSE')
      throw locked(folder, undefined);
    throw cause;
  }
}

/** Linux reaches a folder with a long path through its open handle. */
async function shortPathOf(
  folder: string,
  name: string,
): Promise<{ base: string; release: () => Promise<void> }> {
  if (Buffer.byteLength(path.join(folder, name)) <= SOCKET_PATH_BYTES_MAX) {
    return { base: folder, release: () => Promise.resolve() };
  }
  if (process.platform !== 'linux') {
    throw new LedgerError(
      'JOURNAL_FAILED',
      `the path of the journal folder ${folder} is too long for its lock: choose one of at most ${SOCKET_PATH_BYTES_MAX - name.length - 1} bytes`,
    );
  }
  const handle = await fs.open(folder, 'r');
  return { base: `/proc/self/fd/${handle.fd}`, release: () => handle.close() };
}

async function findOtherOwner(folder: string, base: string, own: string): Promise<string | undefined> {
  for (const name of await fs.readdir(folder)) {
    const match = LOCK_NAME.exec(name);
    if (match === null || name === own) continue;
    if (await answers(path.join(base, name))) return match[1];
    await fs.rm(path.join(folder, name), { force: true });
  }
  return undefined;
}

/** Resolves with the release. Rejects with LedgerError JOURNAL_LOCKED, or JOURNAL_FAILED when the folder cannot hold a lock. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (process.platform === 'win32') return lockPipe(folder);
  const name = `lock-${process.pid}-${randomUUID().slice(0, 8)}.sock`;
  const { base, release } = await shortPathOf(folder, name);
  let server: net.Server;
  try {
    server = await listen(path.join(base, name));
  } catch (cause) {
    await release();
    throw new LedgerError(
      'JOURNAL_FAILED',
      `cannot lock the journal folder ${folder}: it must be writable and lie on a local disk`,
      { cause },
    );
  }
  const unlock = async (): Promise<void> => {
    await close(server);
    await fs.rm(path.join(folder, name), { force: true });
    await release();
  };
  const owner = await findOtherOwner(folder, base, name);
  if (owner !== undefined) {
    await unlock();
    throw locked(folder, owner);
  }
  return unlock;
}
