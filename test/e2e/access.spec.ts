// Who may call what, on four real nodes: keys, tokens of a provider that runs here, and records that the node signs.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadConfiguration } from '../../src/config/load-configuration.js';
import { organisationFolder } from '../../src/demo/demo-folder.js';
import {
  CountersignClient,
  isWithheld,
  readableItems,
  verifyReceipt,
  verifySubjectHistory,
} from '../../src/sdk/index.js';
import { awaitAgreement } from '../../src/demo/replay/agreement.js';
import { TokenProvider } from '../support/token-provider.js';
import {
  eventually,
  ORGANISATIONS,
  runCountersign,
  startTestCluster,
  type TestCluster,
} from './test-cluster.js';

const BODY = JSON.stringify({
  documents: [{ kind: 'inspection', content: { lot: 'urn:lot:9', passed: true }, subjects: ['/lot'] }],
});

describe('access to a running consortium', () => {
  let provider: TokenProvider;
  let test: TestCluster;
  let configFile = '';
  const tokens: string[] = [];

  beforeAll(async () => {
    provider = await TokenProvider.start();
    const oidc = { issuer: provider.issuer, audience: 'https://ledger.acme.example' };
    test = await startTestCluster({
      own: (organisation) => (organisation === 'acme' ? { settings: { rest: { oidc } } } : {}),
    });
    configFile = organisationFolder(test.directory, 'acme').configFile;
  });
  afterAll(async () => {
    await test.close();
    await provider.close();
  });

  const identity = (...words: readonly string[]) =>
    runCountersign('identity', ...words, '--config', configFile);

  async function tokenOf(name: string): Promise<string> {
    const token = await provider.token(name);
    tokens.push(token);
    return token;
  }

  async function record(key: string, name: string, at = 'acme'): Promise<Response> {
    return fetch(`${test.cluster.node(at).restUrl}/v1/records?wait=receipt`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf(name)}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: BODY,
    });
  }

  it('is for identities of any member at any node, as the table says', async () => {
    for (const node of test.cluster.nodes) {
      const signer = await test.cluster.identitySigner('umbrella', 'app');
      const client = new CountersignClient(node.restUrl, { credentials: { signer } });
      await expect(client.transactions()).resolves.toMatchObject({ items: expect.any(Array) });
      await expect(client.evidence()).rejects.toMatchObject({ code: 'ROLE_MISSING' });
      await expect(new CountersignClient(node.restUrl).blocks()).rejects.toMatchObject({
        code: 'CREDENTIALS_MISSING',
      });
      await expect(node.client.evidence()).resolves.toEqual({ items: [] });
    }
  });

  it('is had from the command line with a key or a token, and refused in words', async () => {
    const list = (...words: readonly string[]) => runCountersign('evidence', 'list', ...words);
    expect(await list('--config', configFile)).toMatchObject({ status: 0 });
    const refused = await list('--config', configFile, '--identity', 'app');
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('[ROLE_MISSING]')]);
    const nobody = await list('--url', test.cluster.node('acme').restUrl);
    expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringContaining('--token-file')]);
  });

  it('tells who a key or a token is', async () => {
    const byKey = await runCountersign('whoami', '--config', configFile, '--identity', 'app', '--json');
    expect(JSON.parse(byKey.stdout)).toMatchObject({ identity: 'acme/app', roles: ['submitter'] });
    const tokenFile = path.join(test.directory, 'token');
    writeFileSync(tokenFile, `${await tokenOf('auditor')}\n`);
    const { restUrl } = test.cluster.node('acme');
    const byToken = await runCountersign('whoami', '--url', restUrl, '--token-file', tokenFile);
    expect(byToken.stdout).toMatch(/identity +acme\/auditor/);
    expect(byToken.stdout).toMatch(/proven by +token/);
  });

  it('shows what a token says and what the node would make of it, and never the token', async () => {
    const file = path.join(test.directory, 'shown-token');
    const show = async (token: string, ...words: readonly string[]) => {
      writeFileSync(file, `${token}\n`);
      return runCountersign('token', 'show', file, ...words);
    };
    const good = await tokenOf('auditor');
    const accepted = await show(good, '--config', configFile);
    expect(accepted.status).toBe(0);
    expect(accepted.stdout).toMatch(/names identity +auditor/);
    for (const part of good.split('.')) expect(accepted.stdout + accepted.stderr).not.toContain(part);
    for (const [flaws, code] of [
      [{ audience: 'https://elsewhere.example' }, 'TOKEN_AUDIENCE_WRONG'],
      [{ issuer: 'https://elsewhere.example' }, 'TOKEN_ISSUER_WRONG'],
      [{ expiresIn: -3_600 }, 'TOKEN_EXPIRED'],
    ] as const) {
      const refused = await show(await provider.token('auditor', flaws), '--config', configFile);
      expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining(`[${code}]`)]);
    }
    const nobodys = await show(await provider.token(undefined), '--config', configFile);
    expect(nobodys.stderr).toContain('[TOKEN_IDENTITY_UNKNOWN]');
    const noToken = await show('no token');
    expect([noToken.status, noToken.stderr]).toEqual([3, expect.stringContaining('[TOKEN_INVALID]')]);
  });

  it('shows whose certificates the nodes present, and whom it did not expect', async () => {
    const peerAddress = (organisation: string): string => {
      const { configFile: file } = organisationFolder(test.directory, organisation);
      return `127.0.0.1:${loadConfiguration({}, file).configuration.peer.port}`;
    };
    const all = await runCountersign('cert', 'show', '--config', configFile, '--json');
    expect(all.status).toBe(0);
    const shown = JSON.parse(all.stdout) as readonly {
      readonly organisation: string;
      readonly expires: string;
    }[];
    expect(shown.map(({ organisation }) => organisation).sort()).toEqual([...ORGANISATIONS]);
    for (const { expires } of shown) expect(Date.parse(expires)).toBeGreaterThan(Date.now());
    const byFile = (address: string, genesis: string) =>
      runCountersign('cert', 'show', address, '--genesis', genesis);
    const globex = await byFile(peerAddress('globex'), test.cluster.genesisFile);
    expect([globex.status, globex.stdout]).toEqual([0, expect.stringMatching(/ globex .*, in 29 days/)]);
    // The file of another consortium names other keys.
    const text = readFileSync(test.cluster.genesisFile, 'utf8');
    const [, key = ''] = /"ledgerKey":"([0-9a-f]{64})","name":"globex"/.exec(text) ?? [];
    const [, other = ''] = /"ledgerKey":"([0-9a-f]{64})","name":"initech"/.exec(text) ?? [];
    const foreign = path.join(test.directory, 'foreign-genesis.json');
    writeFileSync(foreign, text.replace(key, 'x').replace(other, key).replace('x', other));
    const refused = await byFile(peerAddress('globex'), foreign);
    expect([refused.status, refused.stdout]).toEqual([
      3,
      expect.stringContaining('not a leaf of the ledger key of globex'),
    ]);
    expect((await byFile('127.0.0.1:9', test.cluster.genesisFile)).status).toBe(4);
    expect((await runCountersign('cert', 'show', 'nowhere')).status).toBe(2);
  });

  it('is had with one request, sent by the command or by another program with its headers', async () => {
    const { restUrl } = test.cluster.node('acme');
    const request = (...words: readonly string[]) =>
      runCountersign('request', '/v1/blocks?limit=1', '--config', configFile, ...words);
    const answered = await request();
    expect([answered.status, JSON.parse(answered.stdout)]).toMatchObject([0, { items: expect.any(Array) }]);
    const { stdout } = await request('--headers', '--json');
    const headers = JSON.parse(stdout) as Record<string, string>;
    expect((await fetch(`${restUrl}/v1/blocks?limit=1`, { headers })).status).toBe(200);
    const again = await fetch(`${restUrl}/v1/blocks?limit=1`, { headers });
    expect([again.status, await again.json()]).toMatchObject([401, { code: 'REQUEST_REPLAYED' }]);
    const refused = await runCountersign(
      ...['request', '/v1/evidence', '--config', configFile, '--identity', 'app'],
    );
    expect([refused.status, JSON.parse(refused.stdout)]).toMatchObject([1, { code: 'ROLE_MISSING' }]);
    expect((await request('--url', 'http://127.0.0.1:9')).status).toBe(4);
  });

  it('lets the node sign for who proves with a token to be an identity of its custody', async () => {
    const registered = await identity('register', 'kiosk', '--roles', 'submitter', '--custody', 'node');
    expect(registered).toMatchObject({ status: 0 });
    const response = await record('order-1', 'kiosk');
    expect(response.status).toBe(201);
    const receipt = new Uint8Array(await response.arrayBuffer());
    expect(verifyReceipt(receipt, readFileSync(test.cluster.genesisFile))).toMatchObject({
      ok: true,
      value: { outcome: { code: 'OK', identity: 'acme/kiosk', custody: 'node' } },
    });
    // The same request again, as after an answer that was lost.
    const again = new Uint8Array(await (await record('order-1', 'kiosk')).arrayBuffer());
    expect(verifyReceipt(again, readFileSync(test.cluster.genesisFile))).toMatchObject({
      ok: true,
      value: { outcome: { code: 'REPLAYED' } },
    });
    await awaitAgreement(test.nodes, 60_000);
    const history = await test.cluster.node('initech').client.history('urn:lot:9');
    expect(history.items).toHaveLength(1);
  });

  it('goes on with the next key, and ends when the identity is revoked', async () => {
    expect(await identity('rotate', 'kiosk', '--key', 'identity-kiosk-2')).toMatchObject({ status: 0 });
    expect((await record('order-2', 'kiosk')).status).toBe(201);
    expect(await identity('revoke', 'kiosk')).toMatchObject({ status: 0 });
    const refused = await record('order-3', 'kiosk');
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'CALLER_NOT_IN_FORCE' }]);
  });

  it('does not let the node sign for who holds a key, nor take tokens where no provider is', async () => {
    expect(await (await record('order-4', 'app')).json()).toMatchObject({ code: 'CUSTODY_NOT_HELD' });
    expect(await (await record('order-5', 'app', 'globex')).json()).toMatchObject({
      code: 'TOKENS_NOT_ACCEPTED',
    });
  });

  it('withholds the records of an organisation from whom it does not let read, at every node', async () => {
    const member = (...words: readonly string[]) =>
      runCountersign('member', ...words, '--config', configFile);
    const shared = await member('share', 'globex', 'initech/auditor');
    expect([shared.status, shared.stdout]).toEqual([0, expect.stringContaining('OK, signed by acme/admin')]);
    const unknown = await member('share', 'nobody');
    expect([unknown.status, unknown.stdout]).toEqual([1, expect.stringContaining('READER_UNKNOWN')]);
    await awaitAgreement(test.nodes, 60_000);
    const sees = async (identity: string): Promise<boolean> => {
      const [organisation = '', name = ''] = identity.split('/');
      const signer = await test.cluster.identitySigner(organisation, name);
      const answers: boolean[] = [];
      for (const { restUrl } of test.cluster.nodes) {
        const client = new CountersignClient(restUrl, { credentials: { signer } });
        const [first] = (await client.history('urn:lot:9')).items;
        const isSeen = first !== undefined && !isWithheld(first);
        answers.push(isSeen);
        // The place is told as in the history, and what looks into the record finds nothing.
        const minHeight = first!.height;
        const placed = await eventually('the record in the index', () =>
          client.searchRecords({ subject: 'urn:lot:9', order: 'oldest', minHeight }).catch(() => undefined),
        );
        expect(placed.items[0]).toMatchObject(isSeen ? { organisation: 'acme' } : { withheld: true });
        const looked = await client.searchRecords({ subject: 'urn:lot:9', kind: 'inspection', minHeight });
        expect(looked.items.length > 0).toBe(isSeen);
      }
      expect(new Set(answers).size).toBe(1);
      return answers[0]!;
    };
    expect(await sees('acme/app')).toBe(true);
    expect(await sees('globex/app')).toBe(true);
    expect(await sees('initech/auditor')).toBe(true);
    expect(await sees('initech/app')).toBe(false);
    expect(await sees('umbrella/auditor')).toBe(false);
    const history = await member('history', 'acme');
    expect(history.stdout).toMatch(/acme\/admin +setReaders: globex initech\/auditor/);
    const list = await member('list');
    expect(list.stdout).toMatch(/acme .* globex initech\/auditor /);
    expect(await member('share', '--everyone')).toMatchObject({ status: 0 });
    await awaitAgreement(test.nodes, 60_000);
    expect(await sees('umbrella/auditor')).toBe(true);
    expect((await member('share')).status).toBe(2);
  });

  it('proves a history offline, what is withheld in it included, and that nothing else is in it', async () => {
    const lot = 'urn:lot:9';
    const { restUrl } = test.cluster.node('acme');
    const clientOf = async (organisation: string, name: string): Promise<CountersignClient> =>
      new CountersignClient(restUrl, {
        credentials: { signer: await test.cluster.identitySigner(organisation, name) },
      });
    const [acme, umbrella] = [await clientOf('acme', 'app'), await clientOf('umbrella', 'auditor')];
    const before = (await acme.status()).height;
    const counted = (await acme.history(lot)).total;
    const till = await identity('register', 'till', '--roles', 'submitter', '--custody', 'node');
    expect(till.status).toBe(0);
    const share = await runCountersign('member', 'share', 'globex', '--config', configFile);
    expect(share.status).toBe(0);
    // Countersigned when it is answered.
    expect((await record('proven-1', 'till')).status).toBe(201);
    expect((await record('proven-2', 'till')).status).toBe(201);
    const count = counted + 2;
    const { genesisBytes, genesisFile } = test.cluster;

    const whole = await acme.subjectHistoryProof(lot);
    const opened = verifySubjectHistory(whole.bytes, genesisBytes);
    expect(opened).toMatchObject({ ok: true, value: { subject: lot, count, from: 0, isWhole: true } });
    const listed = readableItems((await acme.history(lot)).items);
    if (!opened.ok) throw new Error(opened.rejection.message);
    expect(opened.value.signers.length).toBeGreaterThanOrEqual(3);
    expect(opened.value.entries.map(({ recordDigest }) => recordDigest)).toEqual(
      listed.map(({ recordDigest }) => recordDigest),
    );
    const withheld = verifySubjectHistory((await umbrella.subjectHistoryProof(lot)).bytes, genesisBytes);
    expect(withheld).toMatchObject({ ok: true, value: { count, isWhole: true } });
    if (withheld.ok)
      expect(withheld.value.entries.every(({ record: bytes }) => bytes === undefined)).toBe(true);

    const earlier = await acme.history(lot, { atHeight: before });
    expect([earlier.total, earlier.asOfHeight]).toEqual([counted, before]);
    const proven = await acme.subjectHistoryProof(lot, { atHeight: before });
    expect(verifySubjectHistory(proven.bytes, genesisBytes)).toMatchObject({
      ok: true,
      value: { count: counted, height: before },
    });
    const { height } = await acme.status();
    await expect(acme.history(lot, { atHeight: height + 1_000 })).rejects.toMatchObject({
      code: 'HEIGHT_NOT_REACHED',
    });

    const file = (name: string): string => path.join(test.directory, name);
    const get = ['--config', configFile, '--identity', 'app'];
    const page = (name: string, ...words: readonly string[]) =>
      runCountersign('history', 'get', lot, '--proof', '-o', file(name), '--json', ...words, ...get);
    const first = await page('page-1.json', '--limit', String(count - 1));
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const { nextCursor } = JSON.parse(first.stdout) as { readonly nextCursor: string };
    expect(await page('page-2.json', '--cursor', nextCursor)).toMatchObject({ status: 0 });
    const verify = (...words: readonly string[]) => runCountersign(...words, '--genesis', genesisFile);
    const pages = await verify('history', 'verify', file('page-2.json'), file('page-1.json'));
    expect([pages.status, pages.stdout]).toEqual([
      0,
      expect.stringContaining(`${count} records name ${lot}`),
    ]);
    expect(pages.stdout).toContain('these are all');
    const half = await verify('history', 'verify', file('page-1.json'));
    expect(half.stdout).toContain(`not here: ${count - 1} to ${count - 1}`);

    const genuine = readFileSync(file('page-1.json'), 'utf8');
    const tampered = [
      genuine.replace(/\{"height":[^}]*\},/, ''),
      genuine.replace(/(\{"height":[^}]*\}),/, '$1,$1,'),
      genuine.replace(`"count":${count}`, `"count":${count - 1}`),
      genuine.replace(/"record":"./, '"record":"f'),
    ];
    for (const text of tampered) {
      expect(text).not.toBe(genuine);
      writeFileSync(file('tampered.json'), text);
      const refused = await verify('verify', file('tampered.json'));
      expect([refused.status, refused.stderr]).toEqual([3, expect.stringMatching(/\[HISTORY_INVALID\]/)]);
    }

    const none = await acme.subjectHistoryProof('urn:lot:nobody');
    expect(verifySubjectHistory(none.bytes, genesisBytes)).toMatchObject({ ok: true, value: { count: 0 } });
    for (const [key, words] of [
      ['identity/acme/app', /key +identity\/acme\/app\nvalue +[A-Za-z0-9+/=]{20}/],
      ['subject/urn:lot:nobody', /value +none: the state has no such entry/],
    ] as const) {
      const got = await runCountersign('state', 'get', key, '--proof', '-o', file('state.json'), ...get);
      expect(got).toMatchObject({ status: 0, stderr: '' });
      const verified = await verify('verify', file('state.json'));
      expect([verified.status, verified.stdout]).toEqual([0, expect.stringMatching(words)]);
    }
    await expect(umbrella.state('idempotency/acme%2Ftill/proven-1')).rejects.toMatchObject({
      code: 'RECORD_WITHHELD',
    });
  });

  it('is in the log of the node, without a word of what proves it', () => {
    const log = readFileSync(test.cluster.node('acme').place.logFile, 'utf8');
    const calls = log
      .split('\n')
      .filter((line) => line.includes('"msg":"access"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(calls).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ identity: 'acme/auditor', operation: 'listEvidence', status: 200 }),
      ]),
    );
    expect(tokens.length).toBeGreaterThan(0);
    const secrets = tokens.flatMap((token) => [token, token.split('.')[2]!]);
    const { keysFolder } = test.cluster.node('acme').place;
    for (const name of ['ledger', 'identity-admin', 'identity-kiosk']) {
      const file = JSON.parse(readFileSync(path.join(keysFolder, `${name}.key.json`), 'utf8')) as {
        readonly secret: string;
      };
      expect(file.secret.length).toBeGreaterThan(40);
      secrets.push(file.secret);
    }
    for (const node of test.cluster.nodes) {
      const text = readFileSync(node.place.logFile, 'utf8');
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
      expect(text).not.toContain('countersign=:');
    }
  });
});
