// Who may call what: every operation of the OpenAPI document as everybody, against the table; and every flaw of a signature.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSignature, type SignatureParameters } from 'http-message-sig';
import { ACCESS_TABLE, type OperationId } from '../../src/api/access/access-table.js';
import { createAccessClock } from '../../src/api/access-clock.js';
import { createApiDocument } from '../../src/api/openapi/api-document.js';
import { signMessage } from '../../src/protocol/crypto/ed25519.js';
import { encodeIdentityEntry, identityStateKey } from '../../src/protocol/governance/identity-entry.js';
import { encodeSigner, signerKey } from '../../src/protocol/governance/signer.js';
import { ROLES, type Role } from '../../src/protocol/ledger/identity.js';
import { publicKeyOfSeed } from '../../src/protocol/crypto/ed25519.js';
import { CountersignClient, credentialHeaders } from '../../src/sdk/index.js';
import { systemClock } from '../../src/system-clock.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { readProblem, signedFetch, testSigner } from '../support/api-client.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import { testSeed } from '../support/signed-transactions.js';

let api: ApiApplication;
let node: InMemoryUseCases;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
});
afterEach(() => api.close());

/** An identity of acme whose key is testSeed('acme/NAME'). */
function hold(
  name: string,
  roles: readonly Role[],
  changed: { revoked?: boolean; from?: number; until?: number } = {},
): string {
  const publicKey = publicKeyOfSeed(testSeed(`acme/${name}`));
  node.state.set(signerKey(publicKey), encodeSigner({ organisation: 'acme', name }));
  node.state.set(
    identityStateKey('acme', name),
    encodeIdentityEntry({
      algorithm: 'ed25519',
      publicKey,
      rights: {
        roles,
        custody: 'self',
        validFromHeight: changed.from ?? 0,
        validUntilHeight: changed.until ?? 0,
      },
      revoked: changed.revoked ?? false,
      registeredHeight: 0,
      changedHeight: 0,
    }),
  );
  return `acme/${name}`;
}

interface DocumentedOperation {
  readonly operationId: OperationId;
  readonly security: readonly object[];
  readonly 'x-countersign-access': unknown;
}

/** Method, address and declaration of every operation of the OpenAPI document. */
function documentedOperations(): readonly (readonly [string, string, DocumentedOperation])[] {
  const { paths } = createApiDocument() as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  };
  const values: Readonly<Record<string, string>> = {
    id: '5f'.repeat(32),
    height: '1',
    subject: 'x',
    organisation: 'acme',
    name: 'auditor',
    key: 'parameters',
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const address = path.replace(/\{([a-z]+)\}/gi, (_all, name: string) => values[name] ?? name);
      return [method.toUpperCase(), address, operation] as const;
    }),
  );
}

describe('the table of access', () => {
  it('holds exactly the documented operations, each as the document says', () => {
    const documented = documentedOperations().map(([, , operation]) => operation);
    expect(documented.map(({ operationId }) => operationId).toSorted()).toEqual(
      Object.keys(ACCESS_TABLE).toSorted(),
    );
    for (const operation of documented) {
      const access = ACCESS_TABLE[operation.operationId];
      expect(operation['x-countersign-access']).toEqual(access);
      expect(operation.security.length > 0).toBe(access.kind === 'roles');
    }
  });

  it.each([undefined, ...ROLES])('is obeyed for %s', async (role) => {
    node.commit();
    const identity = role === undefined ? undefined : hold('caller', [role]);
    const answers: string[] = [];
    const expected: string[] = [];
    for (const [method, address, { operationId }] of documentedOperations()) {
      const access = ACCESS_TABLE[operationId];
      const url = api.url + address;
      const response = await (identity === undefined
        ? fetch(url, { method })
        : signedFetch(url, { method }, identity));
      const code = response.status >= 400 ? (await readProblem(response)).code : 'OK';
      const refusal = ['CREDENTIALS_MISSING', 'ROLE_MISSING'].includes(code) ? code : 'let in';
      answers.push(`${operationId}: ${refusal}`);
      const allowed = access.kind !== 'roles' || (role !== undefined && access.roles.includes(role));
      const refused = role === undefined ? 'CREDENTIALS_MISSING' : 'ROLE_MISSING';
      expected.push(`${operationId}: ${allowed ? 'let in' : refused}`);
    }
    expect(answers).toEqual(expected);
  });

  it.each(ROLES)('is what GET /v1/caller tells to %s', async (role) => {
    const identity = hold('caller', [role]);
    const client = new CountersignClient(api.url, { credentials: { signer: testSigner(identity) } });
    const caller = await client.caller();
    expect(caller).toMatchObject({ identity, roles: [role], proof: 'signature', custody: 'self' });
    const permitted = Object.entries(ACCESS_TABLE).filter(
      ([, access]) => access.kind !== 'roles' || access.roles.includes(role),
    );
    expect(caller.operations).toEqual(permitted.map(([id]) => id).toSorted());
  });

  it('does not cover what is no operation: the documentation is open, and there is nothing else', async () => {
    expect((await fetch(`${api.url}/docs`)).status).toBe(200);
    expect((await fetch(`${api.url}/openapi.json`)).status).toBe(200);
    expect((await readProblem(await fetch(`${api.url}/v1/nothing`))).code).toBe('RESOURCE_NOT_FOUND');
  });

  it('tells a stranger how to say who calls', async () => {
    const response = await fetch(`${api.url}/v1/blocks`);
    expect(response.headers.get('accept-signature')).toContain('tag="countersign-request"');
    expect((await readProblem(response)).status).toBe(401);
  });
});

describe('an identity', () => {
  it.each([
    ['revoked', { revoked: true }, 'SIGNER_REVOKED'],
    ['not yet valid', { from: 3 }, 'SIGNER_NOT_VALID_YET'],
    ['no longer valid', { until: 1 }, 'SIGNER_EXPIRED'],
  ] as const)('that is %s may call nothing', async (_word, changed, reason) => {
    node.commit();
    const identity = hold('once', ['auditor'], changed);
    const problem = await readProblem(await signedFetch(`${api.url}/v1/blocks`, {}, identity));
    expect([problem.code, problem.detail]).toEqual(['CALLER_NOT_IN_FORCE', expect.stringContaining(reason)]);
  });

  it('that is valid from the next height on may call', async () => {
    node.commit();
    const identity = hold('soon', ['auditor'], { from: 2 });
    expect((await signedFetch(`${api.url}/v1/blocks`, {}, identity)).status).toBe(200);
  });

  it('of nobody is refused', async () => {
    const problem = await readProblem(await signedFetch(`${api.url}/v1/blocks`, {}, 'acme/nobody'));
    expect(problem.code).toBe('CALLER_UNKNOWN');
  });

  it('whose right is an admin or an auditor is in the log, whatever the answer', async () => {
    hold('boss', ['admin']);
    await signedFetch(`${api.url}/v1/blocks`);
    await signedFetch(`${api.url}/v1/transactions`, {}, 'acme/boss');
    await signedFetch(`${api.url}/v1/blocks`, {}, 'acme/submitter');
    expect(node.logged.map(({ message, fields }) => [message, fields])).toMatchObject([
      ['access', { identity: 'acme/auditor', operation: 'listBlocks', status: 200, proof: 'signature' }],
      ['access', { identity: 'acme/boss', operation: 'listTransactions', status: 403 }],
    ]);
  });
});

interface Signing {
  readonly components?: readonly string[];
  readonly parameters?: Partial<SignatureParameters>;
  readonly without?: 'keyid' | 'nonce' | 'created' | 'tag';
  readonly url?: string;
  readonly seed?: Uint8Array;
}

let nonces = 0;

/** Headers of a request to list blocks that is signed in its own way. */
async function sign(signing: Signing = {}): Promise<Record<string, string>> {
  const seed = testSeed('acme/auditor');
  const all: Record<string, string | number> = {
    created: Math.floor(Date.now() / 1_000),
    keyid: publicKeyOfSeed(seed),
    nonce: `a-nonce-of-this-test-${nonces++}`,
    tag: 'countersign-request',
    ...(signing.parameters as Record<string, string | number> | undefined),
  };
  const parameters = Object.fromEntries(Object.entries(all).filter(([name]) => name !== signing.without));

  const { signature, signatureInput } = await createSignature(
    { kind: 'request', method: 'GET', targetUri: signing.url ?? `${api.url}/v1/blocks`, fields: [] },
    {
      components: signing.components ?? ['@method', '@target-uri'],
      parameters,
      signer: {
        algorithm: typeof parameters['alg'] === 'string' ? parameters['alg'] : 'ed25519',
        sign: (message) => signMessage(signing.seed ?? seed, message),
      },
    },
  );
  return { signature, 'signature-input': signatureInput };
}

async function codeOf(headers: Record<string, string>): Promise<string> {
  const response = await fetch(`${api.url}/v1/blocks`, { headers });
  return response.ok ? 'OK' : (await readProblem(response)).code;
}

const seconds = (offset: number): number => Math.floor(Date.now() / 1_000) + offset;

describe('a signature', () => {
  it('counts once', async () => {
    const headers = await sign();
    expect([await codeOf(headers), await codeOf(headers)]).toEqual(['OK', 'REQUEST_REPLAYED']);
  });

  it('that is refused leaves its nonce unused', async () => {
    const nonce = 'the-nonce-of-two-requests';
    expect(await codeOf(await sign({ parameters: { nonce }, seed: testSeed('a thief') }))).toBe(
      'REQUEST_SIGNATURE_INVALID',
    );
    expect(await codeOf(await sign({ parameters: { nonce } }))).toBe('OK');
  });

  it('may name its algorithm, if it is that of the key', async () => {
    expect(await codeOf(await sign({ parameters: { alg: 'ed25519' } }))).toBe('OK');
    expect(await codeOf(await sign({ parameters: { alg: 'hmac-sha256' } }))).toBe(
      'REQUEST_SIGNATURE_INVALID',
    );
  });

  const invalid: readonly (readonly [string, () => Signing])[] = [
    ['without a key', () => ({ without: 'keyid' })],
    ['without a nonce', () => ({ without: 'nonce' })],
    ['without its time', () => ({ without: 'created' })],
    ['without a tag', () => ({ without: 'tag' })],
    ['for something else', () => ({ parameters: { tag: 'web-bot-auth' } })],
    ['with a key that is none', () => ({ parameters: { keyid: 'acme/auditor' } })],
    ['with a short nonce', () => ({ parameters: { nonce: 'short' } })],
    ['with a long nonce', () => ({ parameters: { nonce: 'n'.repeat(65) } })],
    ['that covers no method', () => ({ components: ['@target-uri'] })],
    ['that covers no address', () => ({ components: ['@method', '@path'] })],
    ['of another key', () => ({ seed: testSeed('globex/auditor') })],
    ['for another resource', () => ({ url: `${api.url}/v1/status` })],
    ['for another query', () => ({ url: `${api.url}/v1/blocks?limit=1` })],
    ['for another node', () => ({ url: 'https://globex.example/v1/blocks' })],
  ];
  it.each(invalid)('%s is none', async (_word, signing) => {
    expect(await codeOf(await sign(signing()))).toBe('REQUEST_SIGNATURE_INVALID');
  });

  it.each([
    ['too old', () => ({ created: seconds(-302) })],
    ['far ahead', () => ({ created: seconds(10) })],
    ['expired by its own word', () => ({ expires: seconds(-2) })],
  ])('%s is stale', async (_word, parameters) => {
    expect(await codeOf(await sign({ parameters: parameters() }))).toBe('REQUEST_SIGNATURE_STALE');
  });

  it('of a clock that is a little ahead waits for its time', async () => {
    const created = seconds(2);
    expect(await codeOf(await sign({ parameters: { created } }))).toBe('OK');
    expect(Date.now()).toBeGreaterThanOrEqual(created * 1_000);
  });

  it('from before the node started is stale, and the client signs anew', async () => {
    await api.close();
    node.clock = { ...createAccessClock(systemClock), startedAtMs: Date.now() + 500 };
    api = await startApi(node.ports());
    expect(await codeOf(await sign())).toBe('REQUEST_SIGNATURE_STALE');
    const client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
    await expect(client.blocks()).resolves.toMatchObject({ items: [] });
  });

  it.each([-60_000, 60_000, -3_600_000])(
    'of a client whose clock is off by %d ms is made by the node’s clock',
    async (offMs) => {
      await api.close();
      const clock = createAccessClock(systemClock);
      node.clock = { ...clock, startedAtMs: 0, wallMs: () => clock.wallMs() + offMs };
      api = await startApi(node.ports());
      const client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
      await expect(client.blocks()).resolves.toMatchObject({ items: [] });
      await expect(client.blocks()).resolves.toMatchObject({ items: [] });
    },
  );

  it.each([
    ['half of the headers', { signature: 'a=:AAAA:' }],
    ['rubbish', { signature: '::', 'signature-input': '((((' }],
    ['two at once', { signature: 'a=:AAAA:, b=:AAAA:', 'signature-input': 'a=("@method"), b=("@method")' }],
  ])('of %s is none', async (_word, headers: Record<string, string>) => {
    expect(await codeOf(headers)).toBe('REQUEST_SIGNATURE_INVALID');
  });

  it('beside a token is one proof too many', async () => {
    expect(await codeOf({ ...(await sign()), authorization: 'Bearer x' })).toBe('CREDENTIALS_AMBIGUOUS');
    expect(await codeOf({ authorization: 'Basic eDp5' })).toBe('CREDENTIALS_MISSING');
    expect(await codeOf({ authorization: 'Bearer x' })).toBe('TOKENS_NOT_ACCEPTED');
  });

  it('names the public address when the node has one, and a loopback address otherwise', async () => {
    await api.close();
    api = await startApi(node.ports(), { publicUrl: 'https://ledger.acme.example/api/' });
    expect(await codeOf(await sign())).toBe('REQUEST_SIGNATURE_INVALID');
    expect(await codeOf(await sign({ url: 'https://ledger.acme.example/api/v1/blocks' }))).toBe('OK');
  });
});

describe('the rate limit', () => {
  it('is that of each identity, tells what is left, and does not hold for transactions and health', async () => {
    await api.close();
    api = await startApi(node.ports(), { rateLimit: { requestsMax: 3, windowMs: 600_000 } });
    const url = `${api.url}/v1/blocks`;
    const left: (string | null)[] = [];
    for (let call = 0; call < 3; call++) {
      const response = await signedFetch(url);
      expect(response.status).toBe(200);
      left.push(response.headers.get('ratelimit-remaining'));
    }
    expect(left).toEqual(['2', '1', '0']);
    const refused = await signedFetch(url);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await readProblem(refused)).code).toBe('RATE_LIMITED');
    expect((await signedFetch(url, {}, 'acme/submitter')).status).toBe(200);
    // What is refused for want of a role counts too.
    const evidence = async () =>
      (await readProblem(await signedFetch(`${api.url}/v1/evidence`, {}, 'acme/submitter'))).code;
    expect([await evidence(), await evidence(), await evidence()]).toEqual([
      'ROLE_MISSING',
      'ROLE_MISSING',
      'RATE_LIMITED',
    ]);
    for (let call = 0; call < 5; call++) {
      expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
      expect(
        (await readProblem(await fetch(`${api.url}/v1/transactions`, { method: 'POST' }))).status,
      ).not.toBe(429);
    }
  });
});

describe('RFC 9421, B.2.6', () => {
  it('is signed as the example of the RFC', async () => {
    const seed = Buffer.from('n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU', 'base64url');
    const { signature } = await createSignature(
      {
        kind: 'request',
        method: 'POST',
        targetUri: 'https://example.com/foo?param=Value&Pet=dog',
        fields: [
          { name: 'Date', value: 'Tue, 20 Apr 2021 02:07:55 GMT' },
          { name: 'Content-Type', value: 'application/json' },
          { name: 'Content-Length', value: '18' },
        ],
      },
      {
        label: 'sig-b26',
        components: ['date', '@method', '@path', '@authority', 'content-type', 'content-length'],
        parameters: { created: 1_618_884_473, keyid: 'test-key-ed25519' },
        signer: { algorithm: 'ed25519', sign: (message) => signMessage(seed, message) },
      },
    );
    expect(signature).toBe(
      'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
    );
  });

  it('has the content digest of RFC 9530', async () => {
    const body = { contentType: 'application/json', bytes: Buffer.from('{"hello": "world"}\n') };
    const headers = await credentialHeaders(
      { signer: testSigner('acme/auditor') },
      { method: 'POST', url: 'http://127.0.0.1/v1/x', body },
    );
    expect(headers['content-digest']).toBe('sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:');
    expect(headers['signature-input']).toContain('("@method" "@target-uri" "content-type" "content-digest")');
  });
});
