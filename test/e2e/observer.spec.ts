// A node without a vote: it is let in with a certificate, follows and verifies the ledger, and serves reads and receipts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parse, stringify } from 'yaml';
import { NodeProcess } from '../../src/demo/cluster/node-process.js';
import { readCaptureFile } from '../../src/demo/replay/capture-file.js';
import { replayDocuments } from '../../src/demo/replay/replay-documents.js';
import { CountersignClient, readableItems } from '../../src/sdk/index.js';
import { startLoad } from './load.js';
import {
  eventually,
  mainFile,
  ORGANISATIONS,
  projectFolder,
  runCountersign,
  startTestCluster,
  type TestCluster,
} from './test-cluster.js';

const samples = path.join(projectFolder, 'src/demo/samples/supply-chain.ndjson');
const DATABASE = 'countersign_observer';
const SUBJECT = 'urn:epc:id:sscc:9521321.2000000001';

describe('an observer', () => {
  let test: TestCluster;
  let folder: string;
  let configFile: string;
  let observer: NodeProcess;
  let url: string;
  let client: CountersignClient;

  /** An observer of acme with a database of its own in acme's server, and free ports. */
  async function prepare(): Promise<void> {
    const { cluster, directory } = test;
    const acme = cluster.node('acme');
    const owner = new pg.Client(acme.postgres.ownerUrl);
    await owner.connect();
    await owner.query(`CREATE DATABASE ${DATABASE}`);
    await owner.end();
    const database = Object.fromEntries(
      (['url', 'ownerUrl', 'readerUrl'] as const).map((name) => {
        const url = new URL(acme.postgres[name]);
        url.pathname = DATABASE;
        return [name, url.href];
      }),
    );
    folder = path.join(directory, 'auditor-1');
    configFile = path.join(folder, 'countersign.yaml');
    mkdirSync(folder);
    const addresses = Object.fromEntries(
      ORGANISATIONS.map((name) => [name, `127.0.0.1:${cluster.node(name).ports.peer}`]),
    );
    const configuration = {
      organisation: 'acme',
      role: 'observer',
      genesisFile: cluster.genesisFile,
      database,
      rest: { port: 0 },
      metrics: { port: 0 },
      peer: { addresses, certificateFile: 'auditor-1.pem' },
    };
    writeFileSync(configFile, stringify(configuration));
  }

  async function start(): Promise<void> {
    const logFile = path.join(folder, 'node.log');
    writeFileSync(logFile, '');
    observer = await NodeProcess.start({ organisation: 'auditor-1', configFile, logFile, mainFile });
    url = await eventually('the REST interface', async () => {
      const line = readFileSync(logFile, 'utf8')
        .split('\n')
        .find((text) => text.includes('the node is up'));
      return line === undefined ? undefined : (JSON.parse(line) as { rest: string }).rest;
    });
    client = new CountersignClient(url, { credentials: { signer: test.cluster.node('acme').auditor } });
    await eventually('a ready observer', async () =>
      (await fetch(`${url}/health/ready`)).ok ? true : undefined,
    );
  }

  const replay = () =>
    replayDocuments(readCaptureFile(samples, test.nodes.length), {
      nodes: test.nodes,
      genesis: test.cluster.genesisBytes,
      chainId: test.cluster.genesis.chainId,
      validForBlocks: 1_000,
    });

  /** Its head is the validators' head, hash for hash. */
  async function expectToFollow(): Promise<number> {
    return eventually('the head of the validators', async () => {
      const validators = await test.nodes[1]!.client.status();
      const own = await client.status();
      if (own.height < validators.height || validators.height === 0) return undefined;
      const [there, here] = await Promise.all([
        test.nodes[1]!.client.block(validators.height),
        client.block(validators.height),
      ]);
      expect([here?.hash, here?.height]).toEqual([there?.hash, validators.height]);
      return validators.height;
    });
  }

  beforeAll(async () => {
    test = await startTestCluster();
    await prepare();
  });
  afterAll(async () => {
    await observer.stop();
    await test.close();
  });

  it('does not start without the certificate, and says what to do', async () => {
    const { status, stderr } = await runCountersign('db', 'migrate', '--config', configFile);
    expect([status, stderr]).toEqual([0, expect.any(String)]);
    const started = await runCountersign('start', '--config', configFile);
    expect(started.status).toBe(1);
    expect(started.stdout + started.stderr).toContain('countersign observer issue');
  });

  it('is let in with a certificate of its organisation, and follows from the first block', async () => {
    await replay();
    const issued = await runCountersign(
      ...['observer', 'issue', 'auditor-1', '--config', test.cluster.node('acme').place.configFile],
      ...['--output', path.join(folder, 'auditor-1.pem')],
    );
    expect([issued.status, issued.stdout]).toEqual([0, expect.stringContaining('expires')]);
    await start();
    expect(await expectToFollow()).toBeGreaterThan(0);
    expect(await client.status()).toMatchObject({
      role: 'observer',
      standing: 'observing',
      cause: expect.stringMatching(/^this node follows at height \d+ without a vote$/),
      quorum: { reachable: 4, needed: 3 },
    });
    const metrics = await (await fetch(test.cluster.node('umbrella').metricsUrl)).text();
    expect(metrics).toContain('countersign_observers_connected 1\n');
  });

  it('serves history and receipts that anybody verifies, and takes no transactions', async () => {
    const [there, here] = await Promise.all([
      test.nodes[2]!.client.history(SUBJECT),
      client.history(SUBJECT),
    ]);
    expect(here.items.length).toBeGreaterThan(0);
    expect(here.items).toEqual(there.items);
    const receiptFile = path.join(folder, 'receipt.json');
    const { transactionId } = readableItems(here.items)[0]!;
    const { configFile: auditor } = test.cluster.node('globex').place;
    const got = await runCountersign(
      ...['receipt', 'get', transactionId, '--url', url, '--output', receiptFile, '--config', auditor],
    );
    expect([got.status, got.stderr]).toEqual([0, '']);
    const verified = await runCountersign('verify', receiptFile, '--genesis', test.cluster.genesisFile);
    expect([verified.status, verified.stderr]).toEqual([0, expect.any(String)]);
    const refused = await fetch(`${url}/v1/transactions`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: 'anything',
    });
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'NODE_IS_OBSERVER' }),
    ]);
  });

  it('needs not its own organisation, and comes back after a crash', async () => {
    const before = await expectToFollow();
    await observer.kill();
    await test.cluster.killNode('acme');
    const others = test.nodes.filter(({ organisation }) => organisation !== 'acme');
    const load = startLoad(others, test.cluster.genesis.chainId, { name: 'observed' });
    await load.more(20);
    await load.stop();
    await start();
    expect(await expectToFollow()).toBeGreaterThan(before);
    expect((await client.status()).quorum.reachable).toBe(3);
    await test.cluster.startNode('acme');
  });

  it('cannot vote with its certificate, whatever its configuration says', async () => {
    const settings = parse(readFileSync(configFile, 'utf8')) as Record<string, unknown>;
    const asValidator = path.join(folder, 'validator.yaml');
    writeFileSync(asValidator, stringify({ ...settings, role: 'validator' }));
    const started = await runCountersign('start', '--config', asValidator);
    expect(started.status).toBe(1);
    expect(started.stdout + started.stderr).toMatch(/KEY_NOT_FOUND|PASSPHRASE_MISSING|keys/);
  });
});
