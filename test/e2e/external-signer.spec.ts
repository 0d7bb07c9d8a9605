// A node whose private keys are in another process: it votes with them, waits when that process is gone, and goes on when it is back.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { recordDocuments, signTransactionWith } from '../../src/sdk/index.js';
import { cliFile, eventually, startTestCluster, type TestCluster } from './test-cluster.js';

const RECORD = recordDocuments([
  { kind: 'note', content: new TextEncoder().encode('{"text":"signed elsewhere"}'), subjectPointers: [] },
]);

describe('a node with an external signer', () => {
  let test: TestCluster;
  let signer: ChildProcess;
  let keysFolder = '';
  let socket = '';
  let counter = 0;

  async function startSigner(): Promise<void> {
    signer = spawn(
      process.execPath,
      [cliFile, 'signer', 'serve', '--keys', keysFolder, '--plain', '--socket', socket],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(signer.stdout!, 'data');
  }

  async function endSigner(signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(signer, 'exit') as Promise<[number | null]>;
    signer.kill(signal);
    return (await ended)[0];
  }

  /** A record that the first organisation submits, on the ledger. */
  async function record(): Promise<number> {
    const { client, signer: app } = test.nodes[0]!;
    const { chainId } = test.cluster.genesis;
    const terms = { chainId, idempotencyKey: `signer-${counter++}`, validUntilHeight: 5_000 };
    const transaction = await signTransactionWith(app, terms, RECORD);
    return (await client.submitAndWait(transaction)).height;
  }

  const umbrella = () => test.cluster.node('umbrella');

  /** The last height for which the others have seen a vote of umbrella. */
  async function lastVote(): Promise<number> {
    const { validators } = await test.nodes[0]!.client.status();
    return validators.find(({ organisation }) => organisation === 'umbrella')?.lastVote?.height ?? 0;
  }

  async function expectVotes(): Promise<void> {
    const height = await record();
    await eventually('a vote of umbrella', async () => {
      if ((await lastVote()) >= height) return true;
      await record();
      return undefined;
    });
  }

  beforeAll(async () => {
    test = await startTestCluster();
    await test.cluster.stopNode('umbrella');
    const { configFile, folder, keysFolder: own } = umbrella().place;
    // The node has no keys any more.
    keysFolder = path.join(folder, 'keys-of-the-signer');
    renameSync(own, keysFolder);
    socket = path.join(folder, 'signer.sock');
    const settings = parse(readFileSync(configFile, 'utf8')) as Record<string, unknown>;
    writeFileSync(configFile, stringify({ ...settings, keys: { signerSocket: 'signer.sock' } }));
    await startSigner();
    await test.cluster.startNode('umbrella');
  });
  afterAll(async () => {
    signer.kill('SIGKILL');
    await test.close();
  });

  it('votes', async () => {
    await expectVotes();
  });

  it('says that it waits when the signer is gone, while the others go on, and votes again when it is back', async () => {
    await endSigner('SIGKILL');
    const height = await record();
    const status = await eventually('the cause', async () => {
      await record();
      const found = await umbrella().client.status();
      return found.cause.includes('external signer') ? found : undefined;
    });
    expect(status.cause).toMatch(/this node cannot vote: the external signer at \S+ is not reachable/);
    const answer = await fetch(`${umbrella().restUrl}/health/ready`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'SIGNER_UNAVAILABLE' }]);
    expect(await record()).toBeGreaterThan(height);
    await startSigner();
    await expectVotes();
    expect((await fetch(`${umbrella().restUrl}/health/ready`)).status).toBe(200);
  });

  it('drains, and so does the signer', async () => {
    expect(await test.cluster.stopNode('umbrella')).toBe(0);
    expect(await endSigner('SIGTERM')).toBe(0);
  });
});
