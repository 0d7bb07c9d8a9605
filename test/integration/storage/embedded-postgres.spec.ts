import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { access, chmod, lstat, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  copyPackage,
  findEmbeddedPackage,
  linkLibraries,
} from '../../../src/demo/postgres/embedded-package.js';
import {
  removePostgres,
  startPostgres,
  stopPostgres,
  type RunningPostgres,
} from '../../../src/demo/postgres/embedded-postgres.js';
import { PortAllocator } from '../../../src/demo/cluster/free-port.js';
import { removeAbandonedData } from '../../../src/demo/postgres/unreachable-folder.js';
import { isAlive } from '../../../src/demo/postgres/server-process.js';
import { withClient } from '../../support/test-postgres.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const onlyAsRoot = process.getuid?.() === 0 ? it : it.skip;
/** A program of its own is bundled into node_modules/.cache; the watcher exists on Unix. */
const withOwnProcess = process.platform !== 'win32' && canWrite(join(root, 'node_modules')) ? it : it.skip;

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

let base: string;
let cacheDirectory: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'countersign-launcher-'));
  await chmod(base, 0o755);
  cacheDirectory = join(base, 'binaries');
});

afterAll(async () => rm(base, { recursive: true }));

const start = (name: string, port?: number): Promise<RunningPostgres> =>
  startPostgres({
    directory: join(base, name),
    cacheDirectory,
    fsync: false,
    ...(port === undefined ? {} : { port }),
  });

async function ask(url: string, question: string): Promise<string | undefined> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ answer: string }>(`SELECT (SELECT ${question})::text AS answer`);
    return rows[0]?.answer;
  });
}

async function untilDead(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(20);
}

/** Runs test/support/start-postgres.ts as a process of its own. */
async function startInAnotherProcess(name: string) {
  const script = [
    'scripts/run-typescript.mjs',
    'test/support/start-postgres.ts',
    join(base, name),
    cacheDirectory,
  ];
  const child = spawn(process.execPath, script, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return JSON.parse(line) as { readonly starter: number; readonly server: number; readonly url: string };
}

describe('startPostgres', () => {
  it('starts several clusters at once, each with its own data, ports and logins', async () => {
    const names = ['acme', 'globex', 'initech', 'umbrella'];
    const clusters = await Promise.all(names.map((name) => start(name)));
    expect(new Set(clusters.map(({ port }) => port)).size).toBe(4);
    for (const { ownerUrl, url, readerUrl } of clusters) {
      expect(await ask(url, 'current_user')).toBe('countersign_node');
      expect(await ask(readerUrl, 'current_user')).toBe('countersign_api');
      expect(await ask(ownerUrl, `current_setting('listen_addresses')`)).toBe('127.0.0.1');
      expect(await ask(ownerUrl, `current_setting('unix_socket_directories')`)).toBe('');
      expect(
        await ask(ownerUrl, `pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'countersign'`),
      ).toBe('UTF8');
      const intruder = Object.assign(new URL(ownerUrl), { password: 'guessed' }).toString();
      await expect(ask(intruder, '1')).rejects.toThrow('password authentication failed');
    }
    await Promise.all(clusters.map(({ stop }) => stop()));
    expect(clusters.some(({ pid }) => isAlive(pid!))).toBe(false);
  });

  it('keeps what was written, and stops as often as it is asked', async () => {
    const first = await start('single');
    await withClient(first.ownerUrl, (client) =>
      client.query('CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer'),
    );
    await first.stop();
    await first.stop();
    await first.exited;
    const again = await start('single', first.port);
    expect(again.port).toBe(first.port);
    expect(await ask(again.ownerUrl, 'answer FROM kept')).toBe('42');
    expect(await ask(again.ownerUrl, `current_setting('fsync')`)).toBe('off');
    await again.stop();
  });

  it('says that the given port is taken', async () => {
    const port = await new PortAllocator().take(0);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await expect(start('single', port)).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringContaining(`port ${port} is taken`),
    });
    other.close();
    const running = await start('single', port);
    await running.stop();
  });

  it('does not take a running cluster away from its starter', async () => {
    const running = await start('single');
    await expect(start('single')).rejects.toMatchObject({
      code: 'POSTGRES_START_FAILED',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    expect(await ask(running.url, '1')).toBe('1');
    await running.stop();
  });

  it('replaces a server whose starter is gone', async () => {
    const orphan = await start('single');
    const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
    await once(gone, 'exit');
    await writeFile(join(base, 'single/started-by'), String(gone.pid));
    const heir = await start('single');
    await orphan.exited;
    expect(heir.pid).not.toBe(orphan.pid);
    expect(await ask(heir.url, '1')).toBe('1');
    await stopPostgres(join(base, 'single'));
    await heir.exited;
  });

  withOwnProcess('leaves no server behind when its starter is killed', async () => {
    const { starter, server, url } = await startInAnotherProcess('single');
    expect(await ask(url, '1')).toBe('1');
    process.kill(starter, 'SIGKILL');
    await untilDead(server);
    const running = await start('single');
    expect(await ask(running.url, '1')).toBe('1');
    await running.stop();
  });

  it('recovers after the server was killed', async () => {
    const first = await start('single');
    await withClient(first.ownerUrl, (client) =>
      client.query('CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer'),
    );
    process.kill(first.pid!, 'SIGKILL');
    await first.exited;
    const again = await start('single');
    expect(await ask(again.ownerUrl, 'answer FROM kept')).toBe('42');
    await again.stop();
  });

  it('uses the server of a given URL and stops nothing', async () => {
    const server = await start('single');
    const given = await startPostgres({ directory: join(base, 'unused'), serverUrl: server.ownerUrl });
    expect(given).toMatchObject({ ownerUrl: server.ownerUrl, port: server.port, pid: undefined });
    expect(await ask(given.url, 'current_user')).toBe('countersign_writer');
    expect(await ask(given.readerUrl, 'current_user')).toBe('countersign_reader');
    await given.stop();
    expect(await ask(server.url, '1')).toBe('1');
    await server.stop();
  });

  onlyAsRoot('serves root in a folder that root alone may enter', async () => {
    const directory = join(base, 'private/cluster');
    await mkdir(join(base, 'private'), { mode: 0o700 });
    const running = await startPostgres({ directory, cacheDirectory, fsync: false });
    expect(await ask(running.url, '1')).toBe('1');
    const data = await readlink(join(directory, 'data'));
    expect((await lstat(data)).uid).not.toBe(0);
    await running.stop();
    await removePostgres(directory);
    await expect(access(data)).rejects.toThrow('ENOENT');
    await expect(access(directory)).rejects.toThrow('ENOENT');
  });

  onlyAsRoot('clears away data whose folder was removed by hand', async () => {
    const directory = join(base, 'private/forgotten');
    const running = await startPostgres({ directory, cacheDirectory, fsync: false });
    const data = await readlink(join(directory, 'data'));
    await rm(directory, { recursive: true });
    await removeAbandonedData();
    await access(data);
    await running.stop();
    await removeAbandonedData();
    await expect(access(data)).rejects.toThrow('ENOENT');
  });
});

describe('removePostgres', () => {
  it('ends the server and removes everything', async () => {
    const running = await start('single');
    await removePostgres(join(base, 'single'));
    await running.exited;
    await expect(access(join(base, 'single'))).rejects.toThrow('ENOENT');
    await removePostgres(join(base, 'single'));
  });
});

describe('the npm package', () => {
  it('is linked by several at once, and copied where it cannot be used', async () => {
    const embedded = await findEmbeddedPackage();
    if (embedded === undefined) return;
    const copies = await Promise.all(
      [1, 2, 3].map(() => copyPackage(embedded.folder, join(base, 'copies/postgres'))),
    );
    expect(new Set(copies)).toEqual(new Set([join(base, 'copies/postgres')]));
    expect(await readdir(join(base, 'copies'))).toEqual(['postgres']);
    const library = join(base, 'copies/postgres/native/lib');
    const links = (await readdir(library, { withFileTypes: true })).filter((entry) => entry.isSymbolicLink());
    for (const { name } of links) await rm(join(library, name));
    expect(await Promise.all([1, 2, 3].map(() => linkLibraries(join(base, 'copies/postgres'))))).toEqual([
      true,
      true,
      true,
    ]);
    for (const { name } of links) await access(join(library, name));
  });

  it('is not taken from a folder that others may write', async () => {
    const embedded = await findEmbeddedPackage();
    if (embedded === undefined) return;
    const trap = join(base, 'trap');
    await mkdir(join(trap, 'native'), { recursive: true });
    await chmod(trap, 0o777);
    expect(await copyPackage(embedded.folder, trap)).toBeUndefined();
  });
});
