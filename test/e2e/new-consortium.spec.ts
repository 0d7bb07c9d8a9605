// A consortium as operators found it with the command line: files of each organisation, one genesis file, migrations, nodes,
// a captured document and its receipt. Settings that differ from machine to machine come from the environment.
import { spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { organisationFolder } from '../../src/demo/demo-folder.js';
import { startPostgres, type RunningPostgres } from '../../src/demo/postgres/embedded-postgres.js';
import {
  cliFile,
  createTemporaryFolder,
  eventually,
  ORGANISATIONS,
  projectFolder,
  removeDemoFolder,
  runCountersignWith,
  type ProgramRun,
} from './test-cluster.js';

const PASSPHRASE = 'correct horse battery staple';

interface Member {
  readonly organisation: string;
  readonly folder: string;
  readonly configFile: string;
  readonly rest: number;
  readonly peer: number;
  readonly postgres: RunningPostgres;
}

/** Ports that are free now; held together so that none is given twice. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

describe('a new consortium', () => {
  let directory = '';
  let members: readonly Member[] = [];
  const nodes: ChildProcess[] = [];

  beforeAll(async () => {
    directory = createTemporaryFolder();
    const ports = await freePorts(2 * ORGANISATIONS.length);
    const started: Promise<Member>[] = ORGANISATIONS.map(async (organisation, index) => {
      const { folder, configFile, postgresFolder } = organisationFolder(directory, organisation);
      const postgres = await startPostgres({
        directory: postgresFolder,
        fsync: false,
        cacheDirectory: path.join(projectFolder, '.countersign', 'binaries'),
      });
      return {
        organisation,
        folder,
        configFile,
        rest: ports[2 * index]!,
        peer: ports[2 * index + 1]!,
        postgres,
      };
    });
    members = await Promise.all(started);
  });
  afterAll(async () => {
    await Promise.all(
      nodes.map((node) => {
        const ended = new Promise((resolve) =>
          node.exitCode === null ? node.once('exit', resolve) : resolve(0),
        );
        node.kill('SIGTERM');
        return ended;
      }),
    );
    await Promise.all(members.map(({ postgres }) => postgres.stop()));
    await removeDemoFolder(directory);
  });

  function environment({ rest, peer, postgres }: Member): Readonly<Record<string, string>> {
    const addresses = members.map((member) => `${member.organisation}=127.0.0.1:${member.peer}`);
    return {
      COUNTERSIGN_PASSPHRASE: PASSPHRASE,
      COUNTERSIGN_DATABASE_URL: postgres.url,
      COUNTERSIGN_DATABASE_OWNER_URL: postgres.ownerUrl,
      COUNTERSIGN_DATABASE_READER_URL: postgres.readerUrl,
      COUNTERSIGN_DATABASE_CONNECTIONS_MAX: '12',
      COUNTERSIGN_REST_PORT: String(rest),
      COUNTERSIGN_METRICS_PORT: '0',
      COUNTERSIGN_PEER_HOST: '127.0.0.1',
      COUNTERSIGN_PEER_PORT: String(peer),
      COUNTERSIGN_PEER_ADDRESSES: addresses.join(','),
    };
  }

  function run(member: Member, ...programArguments: readonly string[]): Promise<ProgramRun> {
    return runCountersignWith(environment(member), ...programArguments, '--config', member.configFile);
  }

  it('makes encrypted keys and an entry for each organisation', async () => {
    for (const { organisation, folder } of members) {
      const made = await runCountersignWith(
        { COUNTERSIGN_PASSPHRASE: PASSPHRASE },
        ...[
          'init',
          organisation,
          '--directory',
          folder,
          '--passphrase-env',
          'COUNTERSIGN_PASSPHRASE',
          '--json',
        ],
      );
      expect(made).toMatchObject({ status: 0, stderr: '' });
      const keyFile = path.join(folder, 'keys', 'ledger.key.json');
      expect(statSync(keyFile).mode & 0o077).toBe(0);
      expect(JSON.parse(readFileSync(keyFile, 'utf8'))).toMatchObject({ protection: 'passphrase' });
    }
    const { folder, organisation } = members[0]!;
    const again = await runCountersignWith(
      { COUNTERSIGN_PASSPHRASE: PASSPHRASE },
      ...['init', organisation, '--directory', folder, '--passphrase-env', 'COUNTERSIGN_PASSPHRASE'],
    );
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toContain('[FILE_EXISTS]');
  });

  it('assembles the same genesis file from the entries in any order', async () => {
    const entries = members.map(({ folder }) => path.join(folder, 'organisation.json'));
    const [first, second] = [path.join(directory, 'genesis.json'), path.join(directory, 'other.json')];
    const assembled = await runCountersignWith(
      {},
      'genesis',
      'assemble',
      ...entries,
      '--name',
      'example',
      '-o',
      first,
    );
    expect(assembled).toMatchObject({ status: 0, stderr: '' });
    const reversed = entries.toReversed();
    await runCountersignWith({}, 'genesis', 'assemble', ...reversed, '--name', 'example', '-o', second);
    expect(readFileSync(second)).toEqual(readFileSync(first));
    for (const { folder } of members) copyFileSync(first, path.join(folder, 'genesis.json'));
  });

  it('migrates, starts, captures, and verifies the receipt', async () => {
    for (const member of members) {
      const migrated = await run(member, 'db', 'migrate', '--json');
      expect(migrated).toMatchObject({ status: 0, stderr: '' });
      const checked = await run(member, 'config', 'check', '--json');
      expect(checked.stdout).toContain('COUNTERSIGN_PEER_ADDRESSES');
      nodes.push(
        spawn(process.execPath, [cliFile, 'start', '--config', member.configFile], {
          stdio: 'ignore',
          env: { ...process.env, ...environment(member) },
        }),
      );
    }
    const [acme, , , umbrella] = members;
    for (const member of members) {
      await eventually(`${member.organisation} ready`, async () => {
        const status = await run(member, 'status', '--json');
        return status.status === 0 && status.stdout.includes('"state":"ready"') ? true : undefined;
      });
    }
    const document = path.join(directory, 'shipment.json');
    const [line] = readFileSync(
      path.join(projectFolder, 'src/demo/samples/supply-chain.ndjson'),
      'utf8',
    ).split('\n');
    writeFileSync(
      document,
      JSON.stringify((JSON.parse(line!) as { document: object }).document, undefined, 2),
    );
    const captured = await run(acme!, 'capture', document, '--json');
    expect(captured).toMatchObject({ status: 0, stderr: '' });
    const [committed] = JSON.parse(captured.stdout) as readonly { id: string; outcome: object }[];
    expect(committed).toMatchObject({ outcome: { code: 'OK', identity: 'acme/app' } });

    const receipt = path.join(directory, 'receipt.json');
    await eventually('the transaction at the last node', async () => {
      const fetched = await run(umbrella!, 'receipt', 'get', committed!.id, '-o', receipt);
      return fetched.status === 0 ? true : undefined;
    });
    const verified = await runCountersignWith(
      {},
      'verify',
      receipt,
      '--genesis',
      path.join(directory, 'genesis.json'),
    );
    expect(verified).toMatchObject({ status: 0, stderr: '' });
    expect(verified.stdout).toContain('signed by      acme/app');
  });

  it('says what is wrong with a passphrase, and keeps it out of every message', async () => {
    const [acme] = members;
    const wrong = { ...environment(acme!), COUNTERSIGN_PASSPHRASE: 'wrong' };
    const document = path.join(directory, 'shipment.json');
    const refused = await runCountersignWith(wrong, 'capture', document, '--config', acme!.configFile);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('[KEY_PASSPHRASE_WRONG]');
  });
});
