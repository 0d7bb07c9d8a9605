// The job Countersign is for: four organisations record supply-chain documents, agree on every byte, and hand out receipts
// that anybody verifies offline.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noteVerifierKey } from '../../src/protocol/crypto/signed-note.js';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { checkCaptureFile, readCaptureFile } from '../../src/demo/replay/capture-file.js';
import { replayDocuments, type ReplaySummary } from '../../src/demo/replay/replay-documents.js';
import {
  decodeWitnessState,
  readableItems,
  verifyCheckpoint,
  verifyReceipt,
  type NodeReport,
} from '../../src/sdk/index.js';
import { startForkedNode } from '../support/forked-node.js';
import { openPlainNote } from '../support/plain-signed-note.js';
import { hasShared, sharedPath } from '../support/shared-files.js';
import { startLoad, underLoad } from './load.js';
import {
  cliFile,
  eventually,
  projectFolder,
  runCountersign,
  startTestCluster,
  type TestCluster,
} from './test-cluster.js';

const SHIPMENTS = 'data/scms/first-200-shipments.ndjson';
const samples = path.join(projectFolder, 'src/demo/samples/supply-chain.ndjson');

describe('four organisations', () => {
  let test: TestCluster;

  beforeAll(async () => {
    test = await startTestCluster();
  });
  afterAll(async () => {
    await test.close();
  });

  function replay(file: string): Promise<ReplaySummary> {
    const { cluster, nodes } = test;
    return replayDocuments(readCaptureFile(file, nodes.length), {
      nodes,
      genesis: cluster.genesisBytes,
      chainId: cluster.genesis.chainId,
      validForBlocks: 1_000,
    });
  }

  async function expectAgreement(): Promise<number> {
    const agreement = await awaitAgreement(test.nodes, 60_000);
    expect(agreement).toMatchObject({ agree: true });
    expect(new Set(Object.values(agreement.stateRoots)).size).toBe(1);
    expect(new Set(Object.values(agreement.headDigests)).size).toBe(1);
    return agreement.height;
  }

  it('record our own samples, agree, and prove each transaction', async () => {
    const check = await checkCaptureFile(samples, 4);
    expect(check).toMatchObject({ documents: 12, events: 18, flawCount: 0 });
    const summary = await replay(samples);
    expect(summary).toMatchObject({
      transactions: 12,
      events: 18,
      receiptsVerified: 12,
      replayed: 0,
      failures: [],
    });
    expect(await expectAgreement()).toBeGreaterThan(0);
  });

  it('record nothing twice when the samples are sent again', async () => {
    const subject = 'urn:epc:id:sscc:9521321.2000000001';
    const before = await test.nodes[0]!.client.history(subject);
    const summary = await replay(samples);
    expect(summary).toMatchObject({ transactions: 12, receiptsVerified: 12, failures: [] });
    await expectAgreement();
    const after = await test.nodes[0]!.client.history(subject);
    expect(before.items.length).toBeGreaterThan(0);
    expect(after.items).toEqual(before.items);
  });

  it('tell one history of a subject at every node, in the exact words of the documents', async () => {
    const subject = 'urn:epc:id:sgtin:9521321.012345.1005';
    const histories = await Promise.all(test.nodes.map(({ client }) => client.history(subject)));
    for (const history of histories) expect(history.items).toEqual(histories[0]!.items);
    const notes = readableItems(histories[0]!.items).map(
      ({ record }) => (record as Record<string, unknown>)['initech:note'],
    );
    expect(notes.filter((note) => note !== undefined)).toEqual(['Verpackung eingedrückt – Karton ersetzt']);
  });

  it('find what was recorded, and trace it with the receipt of each step', async () => {
    const { client } = test.nodes[3]!;
    const { height } = await client.status();
    await eventually('the search index at the head', async () => {
      const { index } = await client.status();
      return index.height >= height ? true : undefined;
    });
    const page = await client.searchRecords({ bizStep: 'packing', minHeight: height });
    const [packed] = readableItems(page.items);
    expect(packed).toMatchObject({ organisation: 'acme', record: { bizStep: 'packing' } });
    const raw = 'urn:epc:class:lgtin:9521321.054321.RAW-3';
    const pallet = 'urn:epc:id:sscc:9521321.2000000001';
    const forward = await client.traceSubject(raw, { direction: 'forward' });
    expect(forward.nodes.map(({ subject }) => subject)).toContain(pallet);
    expect(forward).not.toHaveProperty('truncated');
    for (const { transactionId } of forward.events) {
      const receipt = await client.waitForReceipt(transactionId);
      expect(verifyReceipt(receipt, test.cluster.genesisBytes)).toMatchObject({ ok: true });
    }
    const config = ['--config', test.cluster.nodes[0]!.place.configFile];
    const tree = await runCountersign('trace', pallet, '--direction', 'back', ...config);
    expect(tree.stdout).toMatch(/^urn:epc:id:sscc:9521321\.2000000001\n {2}← aggregation \[/);
    expect(tree.stdout).toContain(raw);
    const found = await runCountersign('record', 'find', '--subject', raw, '--json', ...config);
    expect((JSON.parse(found.stdout) as { items: unknown[] }).items).toHaveLength(1);
    const emptied = await runCountersign('db', 'reindex', ...config);
    expect(emptied).toMatchObject({ status: 0 });
    const again = await eventually('the index of acme made again', async () => {
      const { asOfHeight, items } = await test.nodes[0]!.client.searchRecords({ bizStep: 'packing' });
      return asOfHeight >= height ? items : undefined;
    });
    expect(again).toEqual(page.items);
  });

  it('countersign checkpoints that an outsider opens without our code', async () => {
    const { genesis, genesisBytes } = test.cluster;
    const note = await test.nodes[2]!.client.checkpoint();
    const keys = genesis.validators.map(({ organisation, ledgerKey }) =>
      noteVerifierKey(organisation, ledgerKey),
    );
    const opened = openPlainNote(note, keys);
    expect(opened.signers.length).toBeGreaterThanOrEqual(3);
    expect(opened.text.split('\n')[0]).toBe(genesis.origin);
    expect(verifyCheckpoint(note, genesisBytes)).toMatchObject({ ok: true });
  });

  it('give receipts that the command line verifies, and refuses with one character changed', async () => {
    const { client } = test.nodes[1]!;
    const page = await client.transactions({ limit: 3 });
    expect(page.items).toHaveLength(3);
    let refusedFile = '';
    for (const { id } of readableItems(page.items)) {
      const file = path.join(test.directory, `${id}.json`);
      const fetched = await runCountersign(
        'receipt',
        'get',
        id,
        '-o',
        file,
        '--config',
        test.cluster.nodes[1]!.place.configFile,
      );
      expect(fetched).toMatchObject({ status: 0, stderr: '' });
      const verified = await runCountersign('verify', file, '--genesis', test.cluster.genesisFile, '--json');
      expect(verified.status).toBe(0);
      expect(JSON.parse(verified.stdout)).toMatchObject({ transactionId: id, outcome: { code: 'OK' } });
      const text = readFileSync(file, 'utf8');
      const changed = text.replace(
        /"index":(\d)/,
        (_match, digit: string) => `"index":${(Number(digit) + 1) % 10}`,
      );
      expect(changed).not.toBe(text);
      writeFileSync(file, changed);
      const refused = await runCountersign('verify', file, '--genesis', test.cluster.genesisFile);
      expect(refused).toMatchObject({ status: 3, stdout: '' });
      expect(refused.stderr).toMatch(/^error: .*\[RECEIPT_/);
      refusedFile = file;
    }
    const explained = await runCountersign(
      'verify',
      refusedFile,
      '--genesis',
      test.cluster.genesisFile,
      '--explain',
    );
    expect([explained.status, explained.stdout]).toEqual([
      3,
      expect.stringMatching(/holds {3}transaction: [^]*FAILED {2}entry of the block: [^]*not looked at: /),
    ]);
  });

  it('are witnessed by whoever has the genesis file, and caught when they sign two histories', async () => {
    const { cluster, directory } = test;
    const stateFile = path.join(directory, 'witness.json');
    const witness = (...urls: readonly string[]) =>
      runCountersign(
        ...['--json', 'witness', '--once', '--genesis', cluster.genesisFile, '--state', stateFile],
        ...urls.flatMap((url) => ['--node', url]),
      );
    const urls = test.nodes.map(({ restUrl }) => restUrl);
    const first = await witness('http://127.0.0.1:9', ...urls);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const { nodes } = JSON.parse(first.stdout) as { readonly nodes: readonly NodeReport[] };
    expect(nodes.map(({ verdict }) => verdict).slice(0, 2)).toEqual(['unreachable', 'advanced']);
    expect((await witness(...urls)).status).toBe(0);
    expect((await witness('http://127.0.0.1:9')).status).toBe(4);
    const state = readFileSync(stateFile, 'utf8');
    const remembered = decodeWitnessState(readFileSync(stateFile), cluster.genesis).checkpoint!;
    const keys = await Promise.all(['acme', 'globex', 'initech'].map((name) => cluster.ledgerSigner(name)));
    const forked = await startForkedNode(cluster.genesis, keys, remembered.height + 1_000);
    try {
      const caught = await witness(forked.url);
      expect([caught.status, caught.stderr]).toEqual([3, expect.stringContaining('"LOG_FORKED"')]);
      expect(caught.stderr).toContain(`checkpoint ${remembered.height}, signed by`);
      const [, file = ''] = /kept in ([^:]+): tell/.exec(caught.stderr) ?? [];
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
        format: 'countersign-fork-evidence/v1',
        remembered: { note: remembered.note },
        presented: { height: remembered.height, signers: ['acme', 'globex', 'initech'] },
        node: forked.url,
      });
    } finally {
      await forked.close();
    }
    expect(readFileSync(stateFile, 'utf8')).toBe(state);
  });

  it('are followed by a witness for as long as it runs', async () => {
    const { cluster, directory } = test;
    const stateFile = path.join(directory, 'witness-that-runs.json');
    const child = spawn(process.execPath, [
      ...[cliFile, 'witness', '--interval', '100ms', '--node', test.nodes[1]!.restUrl],
      ...['--genesis', cluster.genesisFile, '--state', stateFile],
    ]);
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const ended = once(child, 'exit');
    const remembered = () => decodeWitnessState(readFileSync(stateFile), cluster.genesis).checkpoint;
    const first = await eventually('a checkpoint in its file', () =>
      Promise.resolve(existsSync(stateFile) ? remembered() : undefined),
    );
    await underLoad(startLoad(test.nodes, cluster.genesis.chainId, { name: 'witnessed' }), async (load) => {
      await load.more(5);
      await eventually('a newer checkpoint in its file', () =>
        Promise.resolve(remembered()!.height > first.height ? true : undefined),
      );
    });
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(output).toMatch(/^advanced /m);
    expect(output).not.toContain('fork');
  });

  it('record 200 real shipments with 1,232 events', async () => {
    if (!hasShared(SHIPMENTS)) {
      process.stderr.write(`skipped: the 200 shipments need ../shared/${SHIPMENTS} beside the repository\n`);
      return;
    }
    const summary = await replay(sharedPath(SHIPMENTS));
    expect(summary).toMatchObject({
      transactions: 200,
      events: 1_232,
      receiptsVerified: 200,
      replayed: 0,
      failures: [],
    });
    await expectAgreement();
  });

  it('serve the documentation of the API that is in the repository', async () => {
    const { restUrl } = test.nodes[3]!;
    const served = await fetch(`${restUrl}/openapi.json`);
    const committed: unknown = JSON.parse(
      readFileSync(path.join(projectFolder, 'docs', 'openapi.json'), 'utf8'),
    );
    expect(await served.json()).toEqual(committed);
    const page = await fetch(`${restUrl}/docs`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('html')]);
    const [, script = ''] = /src="([^"]*swagger-ui-bundle\.js)"/.exec(await page.text()) ?? [];
    expect((await fetch(new URL(script, page.url))).status).toBe(200);
  });

  it('answer the questions of the command line', async () => {
    const url = ['--config', test.cluster.nodes[0]!.place.configFile];
    const status = await runCountersign('status', '--json', ...url);
    expect(JSON.parse(status.stdout)).toMatchObject({
      organisation: 'acme',
      quorum: { needed: 3, validators: 4 },
    });
    const inWords = await runCountersign('status', ...url);
    expect(inWords.stdout).toMatch(/quorum +4 of 4 reachable, 3 needed/);
    const block = await runCountersign('block', 'get', '1', '--json', ...url);
    expect(JSON.parse(block.stdout)).toMatchObject({ height: 1 });
    const list = await runCountersign('tx', 'list', '--limit', '2', ...url);
    expect(list).toMatchObject({ status: 0 });
    const unknown = await runCountersign('tx', 'get', '0'.repeat(64), ...url);
    expect(unknown).toMatchObject({ status: 1, stdout: '' });
    expect(unknown.stderr).toContain('[TRANSACTION_UNKNOWN]');
    const usage = await runCountersign('tx', 'get', 'not-an-id', ...url);
    expect(usage).toMatchObject({ status: 2, stdout: '' });
    const unreachable = await runCountersign('status', ...url, '--url', 'http://127.0.0.1:9');
    expect(unreachable).toMatchObject({ status: 4, stdout: '' });
  });
});
