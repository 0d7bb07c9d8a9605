// Identities as an organisation administers them: with the command line and the SDK, on four real nodes.
import { decode } from 'cborg';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { organisationFolder } from '../../src/demo/demo-folder.js';
import {
  CountersignError,
  createKeyPair,
  decodeReceiptKeys,
  proveKey,
  recordDocuments,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
  signTransaction,
  signTransactionWith,
  verifyCoseReceipt,
  verifyReceipt,
  type Command,
  type KeyPair,
  type LedgerComparison,
  type TransactionSigner,
} from '../../src/sdk/index.js';
import { stateKey } from '../../src/protocol/state/state-key.js';
import { registerReceiptKeys } from '../../src/demo/cluster/receipt-keys.js';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { receiptKeyToJwk } from '../../src/protocol/proof/cose/receipt-keys.js';
import { verifyIndependently } from '../support/independent-cose-verifier.js';
import { startLoad, underLoad } from './load.js';
import { runCountersign, startTestCluster, type TestCluster } from './test-cluster.js';

const RECORD = recordDocuments([
  { kind: 'inspection', content: new TextEncoder().encode('{"lot":"urn:lot:1"}'), subjectPointers: ['/lot'] },
]);

describe('identities', () => {
  let test: TestCluster;
  let admin: TransactionSigner;
  let configFile = '';
  let counter = 0;

  beforeAll(async () => {
    test = await startTestCluster();
    admin = await test.cluster.identitySigner('acme', 'admin');
    configFile = organisationFolder(test.directory, 'acme').configFile;
  });
  afterAll(async () => {
    await test.close();
  });

  const terms = () => ({
    chainId: test.cluster.genesis.chainId,
    idempotencyKey: `identities-${++counter}`,
    validUntilHeight: 10_000,
  });
  const place = (name: string, organisation = 'acme') => ({
    ...{ chainId: test.cluster.genesis.chainId, organisation, name },
  });

  /** What becomes of an admin's command at the first node. */
  async function govern(command: Command): Promise<string> {
    const transaction = await signTransactionWith(admin, terms(), command);
    const { outcome } = await test.nodes[0]!.client.submitAndWait(transaction);
    return outcome.failure ?? outcome.code;
  }

  /** What becomes of a record that the key signs at a node: its outcome, or the code of its refusal. */
  async function record(keyPair: KeyPair, nodeIndex = 0): Promise<string> {
    try {
      const transaction = signTransaction(keyPair, terms(), RECORD);
      const { outcome } = await test.nodes[nodeIndex]!.client.submitAndWait(transaction);
      return outcome.failure ?? outcome.code;
    } catch (error) {
      if (error instanceof CountersignError) return error.code;
      throw error;
    }
  }

  /** Every node has executed what the first one has. */
  async function agree(): Promise<void> {
    await awaitAgreement(test.nodes, 60_000);
  }

  it('are registered, rotated and revoked by an admin, and every node obeys', async () => {
    const [first, second] = [createKeyPair(), createKeyPair()];
    expect(await record(first)).toBe('SIGNER_UNKNOWN');
    expect(
      await govern(registerIdentity('guest', proveKey(first, place('guest')), { roles: ['submitter'] })),
    ).toBe('OK');
    await agree();
    for (const [index] of test.nodes.entries()) expect(await record(first, index)).toBe('OK');
    expect(await govern(rotateIdentityKey('guest', proveKey(second, place('guest'))))).toBe('OK');
    await agree();
    for (const [index] of test.nodes.entries())
      expect([await record(first, index), await record(second, index)]).toEqual(['SIGNER_REVOKED', 'OK']);
    expect(await govern(revokeIdentity('guest'))).toBe('OK');
    await agree();
    for (const [index] of test.nodes.entries()) expect(await record(second, index)).toBe('SIGNER_REVOKED');

    for (const { client } of test.nodes) {
      expect(await client.identity('acme', 'guest')).toMatchObject({
        revoked: true,
        publicKey: second.publicKey,
      });
      const history = await client.identityHistory('acme', 'guest');
      expect(history?.items.map(({ by, command }) => `${by} ${command.type}`)).toEqual([
        'acme/admin registerIdentity',
        'acme/admin rotateIdentityKey',
        'acme/admin revokeIdentity',
      ]);
    }
  });

  it('are refused where the ledger would refuse, with the reason', async () => {
    const keyPair = createKeyPair();
    const submit = async (command: Command, signer: TransactionSigner) => {
      const transaction = await signTransactionWith(signer, terms(), command);
      return test.nodes[0]!.client.submit(transaction);
    };
    const register = registerIdentity('thief', proveKey(keyPair, place('thief', 'globex')), {
      roles: ['submitter'],
    });
    await expect(submit(register, admin)).rejects.toMatchObject({ code: 'POSSESSION_INVALID' });
    await expect(submit(register, test.nodes[0]!.signer)).rejects.toMatchObject({
      code: 'SIGNER_NOT_PERMITTED',
    });
    // Whether there is another admin only the ledger knows.
    expect(await govern(revokeIdentity('admin'))).toBe('LAST_ADMIN');
    expect(await govern(revokeIdentity('nobody'))).toBe('IDENTITY_UNKNOWN');
  });

  it('are in the receipts of what they sign, which need nothing but the genesis file', async () => {
    const keyPair = createKeyPair();
    await govern(
      registerIdentity('kiosk', proveKey(keyPair, place('kiosk')), { roles: ['submitter'], custody: 'node' }),
    );
    await agree();
    const { client } = test.nodes[3]!;
    const transaction = signTransaction(keyPair, terms(), RECORD);
    await client.submitAndWait(transaction);
    const receipt = await client.waitForReceipt(transaction.id);
    const verified = verifyReceipt(receipt, readFileSync(test.cluster.genesisFile));
    expect(verified).toMatchObject({
      ok: true,
      value: { outcome: { code: 'OK', identity: 'acme/kiosk', custody: 'node' } },
    });
  });

  it('are administered from the command line, with keys that never leave their holder', async () => {
    const keys = path.join(test.directory, 'holder-keys');
    const proved = await runCountersign(
      ...['identity', 'prove', 'scanner-1', '--organisation', 'acme', '--keys', keys, '--plain'],
      ...['--genesis', test.cluster.genesisFile],
    );
    expect(proved).toMatchObject({ status: 0 });
    const proof = JSON.parse(proved.stdout) as { readonly publicKey: string };
    const proofFile = path.join(test.directory, 'proof.json');
    writeFileSync(proofFile, proved.stdout);
    const run = (...words: readonly string[]) => runCountersign('identity', ...words, '--config', configFile);

    const registered = await run('register', 'scanner-1', '--roles', 'submitter', '--proof', proofFile);
    expect(registered).toMatchObject({ status: 0 });
    expect(registered.stdout).toContain('OK, signed by acme/admin');
    // With a key of the own keystore, made on the way.
    expect(await run('register', 'scanner-2', '--roles', 'submitter+auditor')).toMatchObject({ status: 0 });
    const changed = await run('change', 'scanner-2', '--roles', 'submitter', '--valid-until', '100000');
    expect(changed).toMatchObject({ status: 0 });
    expect(await run('rotate', 'scanner-2', '--key', 'identity-scanner-2-new')).toMatchObject({ status: 0 });
    const list = await run('list', '--organisation', 'acme', '--json');
    expect(JSON.parse(list.stdout)).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({ identity: 'acme/scanner-1', publicKey: proof.publicKey }),
        expect.objectContaining({ identity: 'acme/scanner-2', validUntilHeight: 100_000 }),
      ]),
    });
    const sample = path.join(test.directory, 'events.json');
    writeFileSync(sample, JSON.stringify(SAMPLE_DOCUMENT));
    const captured = await runCountersign(
      ...['capture', sample, '--identity', 'scanner-1', '--keys', keys, '--plain'],
      ...['--url', test.nodes[0]!.restUrl, '--genesis', test.cluster.genesisFile],
    );
    expect(captured).toMatchObject({ status: 0 });
    expect(captured.stdout).toContain('signed by acme/scanner-1');

    expect(await run('revoke', 'scanner-1')).toMatchObject({ status: 0 });
    const again = await run('revoke', 'scanner-1');
    expect(again.status).toBe(1);
    expect(again.stdout).toContain('IDENTITY_REVOKED');
    const history = await run('history', 'acme/scanner-2');
    expect(history.stdout.split('\n').filter((line) => line.includes('acme/admin'))).toHaveLength(3);
    const members = await runCountersign('member', 'list', '--config', configFile);
    expect(members.stdout).toMatch(/^ ?acme +yes +\d+ +1 /m);
  });

  it('cannot be proven for another chain or another name', async () => {
    const proofFile = path.join(test.directory, 'proof.json');
    const wrongName = await runCountersign(
      ...[
        'identity',
        'register',
        'other',
        '--roles',
        'submitter',
        '--proof',
        proofFile,
        '--config',
        configFile,
      ],
    );
    expect(wrongName.status).not.toBe(0);
    expect(wrongName.stderr).toContain('is for an identity scanner-1, not for other');
  });

  it('do not sign COSE receipts: keys for them do, which an admin registers and replaces', async () => {
    await registerReceiptKeys(test.cluster);
    const [first, second] = test.nodes;
    const transaction = await signTransactionWith(first!.signer, terms(), RECORD);
    await first!.client.submitAndWait(transaction);
    await first!.client.waitForReceipt(transaction.id);
    await agree();
    const file = (name: string) => path.join(test.directory, name);
    const run = async (...words: readonly string[]) => {
      const ran = await runCountersign(...words, '--config', configFile);
      expect(ran).toMatchObject({ status: 0 });
      return ran;
    };
    const get = ['receipt', 'get', transaction.id, '--identity', 'app', '--format', 'cose', '-o'];
    await run(...get, file('before.cbor'));
    await run('credential', 'register', 'receipt-2', '--key', 'receipt-2', '--replaces', 'receipt');
    await agree();
    await run(...get, file('after.cbor'));
    writeFileSync(file('keys.cbor'), await second!.client.receiptKeys());

    const keys = decodeReceiptKeys(await second!.client.receiptKeys());
    if (!keys.ok) throw new Error(keys.rejection.message);
    for (const [name, ofAcme] of [
      ['before.cbor', 'receipt'],
      ['after.cbor', 'receipt-2'],
    ] as const) {
      const bytes = readFileSync(file(name));
      const trust = ['--genesis', test.cluster.genesisFile, '--keys', file('keys.cbor')];
      expect(await runCountersign('verify', file(name), ...trust)).toMatchObject({ status: 0 });
      const verified = verifyCoseReceipt(bytes, test.cluster.genesisBytes, { keys: keys.value });
      if (!verified.ok) throw new Error(verified.rejection.message);
      expect(verified.value).toMatchObject({
        transactionId: transaction.id,
        outcome: { identity: 'acme/app' },
      });
      const content = decode(bytes, { useMaps: true }) as Map<string, unknown>;
      const leaf = content.get('resultRecord') as Uint8Array;
      for (const [position, receipt] of (content.get('receipts') as readonly Uint8Array[]).entries()) {
        const organisation = verified.value.signers[position]!;
        const wanted = organisation === 'acme' ? ofAcme : 'receipt';
        const key = keys.value.find((each) => each.organisation === organisation && each.name === wanted)!;
        const root = await verifyIndependently(receipt, leaf, receiptKeyToJwk(key));
        expect(Buffer.from(root).toString('hex')).toBe(verified.value.checkpoint.root);
      }
    }
    const changed = readFileSync(file('after.cbor'));
    changed[changed.length - 1]! ^= 1;
    writeFileSync(file('changed.cbor'), changed);
    const refused = await runCountersign(
      ...['verify', file('changed.cbor'), '--genesis', test.cluster.genesisFile, '--keys', file('keys.cbor')],
    );
    expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('RECEIPT_INVALID') });
    const json = await fetch(`${first!.restUrl}/.well-known/scitt-keys`, {
      headers: { accept: 'application/json' },
    });
    const { keys: listed } = (await json.json()) as { readonly keys: readonly { readonly kid: string }[] };
    expect(listed).toHaveLength(5);
    const one = await fetch(`${first!.restUrl}/.well-known/scitt-keys/${listed[0]!.kid}`);
    expect([one.status, one.headers.get('content-type')]).toEqual([200, 'application/cbor']);
  });

  it('leave all nodes with one ledger', async () => {
    await agree();
    const heads = await Promise.all(test.nodes.map(({ client }) => client.organisations()));
    for (const { items } of heads) expect(items).toEqual(heads[0]!.items);
  });

  it('are in the bundle that an auditor takes away, continued where it was cut', async () => {
    const file = path.join(test.directory, 'ledger.ndjson');
    const exported = () =>
      runCountersign('audit', 'export', '--from', '1', '-o', file, '--config', configFile, '--json');
    const verified = () =>
      runCountersign('verify', 'bundle', file, '--genesis', test.cluster.genesisFile, '--json');
    const whole = await exported();
    expect([whole.status, whole.stderr]).toEqual([0, '']);
    const { to } = JSON.parse(whole.stdout) as { to: number };
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    expect(await verified()).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('BUNDLE_TRUNCATED'),
    });
    const continued = await exported();
    expect([continued.status, continued.stderr]).toEqual([0, '']);
    expect(JSON.parse(continued.stdout)).toMatchObject({
      to,
      blocks: to,
      continuedAfter: expect.any(Number),
    });
    expect(await verified()).toMatchObject({ status: 0 });
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.toSpliced(1, 2).join('\n'));
    expect(await verified()).toMatchObject({ status: 3, stderr: expect.stringContaining('line 2') });
  });

  it('are in bundles that go on from each other, compressed or not', async () => {
    const { height } = await test.nodes[0]!.client.status();
    const half = Math.floor(height / 2);
    const parts = ['first.ndjson', 'second.ndjson'].map((name) => path.join(test.directory, name));
    const ranges = [
      ['1', String(half)],
      [String(half + 1), String(height)],
    ];
    for (const [index, file] of parts.entries()) {
      const [from, to] = ranges[index]!;
      const run = await runCountersign(
        ...['audit', 'export', '--from', from!, '--to', to!, '-o', file, '--config', configFile],
      );
      expect(run).toMatchObject({ status: 0, stderr: '' });
    }
    const compressed = `${parts[0]!}.gz`;
    writeFileSync(compressed, gzipSync(readFileSync(parts[0]!)));
    const verify = (...files: readonly string[]) =>
      runCountersign('verify', 'bundle', ...files, '--genesis', test.cluster.genesisFile, '--json');
    const both = await verify(compressed, parts[1]!);
    expect(both).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(both.stdout)).toMatchObject([
      { from: 1, to: half },
      { from: half + 1, to: height },
    ]);
    const backwards = await verify(parts[1]!, compressed);
    expect(backwards).toMatchObject({
      status: 3,
      stdout: '',
      stderr: expect.stringContaining('BUNDLE_NOT_CONSECUTIVE'),
    });
    expect(backwards.stderr).toContain(compressed);
    writeFileSync(compressed, readFileSync(compressed).subarray(0, -20));
    const cut = await verify(compressed);
    expect(cut).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('FILE_UNREADABLE'),
    });
    expect(cut.stderr).toContain(compressed);
  });

  it('are found the same at two organisations while records go on coming', async () => {
    const other = organisationFolder(test.directory, 'initech').configFile;
    const load = startLoad(test.nodes, test.cluster.genesis.chainId, { name: 'moving', pauseMs: 50 });
    await underLoad(load, async () => {
      await load.more(5);
      const { height } = await test.nodes[0]!.client.status();
      const run = await runCountersign(
        ...['audit', 'compare', '--config', configFile, '--with', other, '--json'],
      );
      expect([run.status, run.stderr]).toEqual([0, '']);
      const { equal, height: compared } = JSON.parse(run.stdout) as LedgerComparison;
      expect(equal).toBe(true);
      expect(compared).toBeGreaterThan(0);
      await load.more(5);
      expect((await test.nodes[0]!.client.status()).height).toBeGreaterThan(height);
    });
    await agree();
  });

  it('are the same at two organisations, until somebody changes a row of one', async () => {
    const other = organisationFolder(test.directory, 'globex').configFile;
    const compare = () =>
      runCountersign('audit', 'compare', '--config', configFile, '--with', other, '--json');
    const before = await compare();
    expect([before.status, before.stderr]).toEqual([0, '']);
    const database = new pg.Client(test.cluster.node('globex').postgres.ownerUrl);
    await database.connect();
    await database.query(`UPDATE ledger.state SET value = value || '\\x00'::bytea WHERE key = $1`, [
      Buffer.from(stateKey('subject', 'urn:lot:1'), 'hex'),
    ]);
    await database.end();
    const after = await compare();
    expect(after).toMatchObject({ status: 3, stderr: expect.stringContaining('LEDGERS_DIFFER') });
    const { keys, firstDifference } = JSON.parse(after.stdout) as LedgerComparison;
    expect(firstDifference).toBeUndefined();
    expect(keys.map(({ key }) => key)).toEqual(['subject/urn:lot:1']);
  });
});

const SAMPLE_DOCUMENT = {
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-01-31T12:00:00Z',
  epcisBody: {
    eventList: [
      {
        type: 'ObjectEvent',
        action: 'OBSERVE',
        eventTime: '2026-01-31T12:00:00Z',
        eventTimeZoneOffset: '+00:00',
        epcList: ['urn:epc:id:sgtin:0614141.107346.2018'],
      },
    ],
  },
};
