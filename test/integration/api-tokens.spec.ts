// Tokens of an OpenID provider that runs here: what it vouches for is let in, and every flaw of a token has its own answer.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT, UnsecuredJWT } from 'jose';
import { configurationSchema, type Configuration } from '../../src/config/configuration.js';
import { CountersignClient } from '../../src/sdk/index.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { readProblem } from '../support/api-client.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import { TokenProvider, type TokenFlaws } from '../support/token-provider.js';

const AUDIENCE = 'https://ledger.acme.example';

let provider: TokenProvider;
let api: ApiApplication;
let node: InMemoryUseCases;

function oidc(settings: object = {}): NonNullable<Configuration['rest']['oidc']> {
  const { rest } = configurationSchema.parse({
    organisation: 'acme',
    database: { url: 'postgres://127.0.0.1/countersign' },
    rest: { oidc: { issuer: provider.issuer, audience: AUDIENCE, clockToleranceSeconds: 5, ...settings } },
  });
  return rest.oidc!;
}

async function restart(settings: object): Promise<void> {
  await api.close();
  api = await startApi(node.ports(), { oidc: oidc(settings) });
}

beforeEach(async () => {
  provider = await TokenProvider.start();
  node = new InMemoryUseCases();
  api = await startApi(node.ports(), { oidc: oidc() });
});
afterEach(async () => {
  await api.close();
  await provider.close();
});

async function codeOf(token: string): Promise<string> {
  const response = await fetch(`${api.url}/v1/blocks`, { headers: { authorization: `Bearer ${token}` } });
  return response.ok ? 'OK' : (await readProblem(response)).code;
}

describe('a token', () => {
  it('lets the identity in that it names, with the roles that the ledger gives it', async () => {
    expect(await codeOf(await provider.token('auditor'))).toBe('OK');
    const headers = { authorization: `Bearer ${await provider.token('submitter')}` };
    expect((await fetch(`${api.url}/v1/transactions`, { headers })).status).toBe(200);
    expect((await readProblem(await fetch(`${api.url}/v1/evidence`, { headers }))).code).toBe('ROLE_MISSING');
    expect(node.logged).toMatchObject([
      { message: 'access', fields: { identity: 'acme/auditor', proof: 'token' } },
    ]);
  });

  it('is what a client may give instead of a key, and may be used again', async () => {
    const token = await provider.token('auditor');
    const client = new CountersignClient(api.url, { credentials: { token: () => token } });
    await expect(client.blocks()).resolves.toMatchObject({ items: [] });
    await expect(client.organisations()).resolves.toMatchObject({ items: { length: 4 } });
  });

  it('may name the identity in a claim of its own, by a table', async () => {
    await restart({ identityClaim: 'sub', identities: { 'user-7': 'auditor' } });
    expect(await codeOf(await provider.token(undefined, { claims: { sub: 'user-7' } }))).toBe('OK');
    expect(await codeOf(await provider.token(undefined, { claims: { sub: 'auditor' } }))).toBe(
      'TOKEN_IDENTITY_UNKNOWN',
    );
  });

  it.each<readonly [string, string, TokenFlaws]>([
    ['expired', 'TOKEN_EXPIRED', { expiresIn: -10 }],
    ['not valid yet', 'TOKEN_NOT_YET_VALID', { notBeforeIn: 60 }],
    ['of another issuer', 'TOKEN_ISSUER_WRONG', { issuer: 'https://globex.example' }],
    ['meant for another service', 'TOKEN_AUDIENCE_WRONG', { audience: 'https://globex.example' }],
    ['of an unknown key', 'TOKEN_KEY_UNKNOWN', { keyId: 'nobody' }],
    ['without an end', 'TOKEN_INVALID', { claims: { exp: undefined } }],
  ])('that is %s is refused with %s', async (_word, code, flaws) => {
    expect(await codeOf(await provider.token('auditor', flaws))).toBe(code);
  });

  it.each([
    ['expired within the tolerance', { expiresIn: -2 }],
    ['valid within the tolerance', { notBeforeIn: 3 }],
  ])('that is %s is let in', async (_word, flaws) => {
    expect(await codeOf(await provider.token('auditor', flaws))).toBe('OK');
  });

  it.each([
    ['nobody', 'nobody'],
    ['no name', 'No Body'],
    ['an identity of another organisation', 'globex/auditor'],
    ['nothing', undefined],
  ])('that names %s is refused', async (_word, identity) => {
    expect(await codeOf(await provider.token(identity))).toBe('TOKEN_IDENTITY_UNKNOWN');
  });

  it('that is signed by somebody else, with a shared secret, or not at all is refused', async () => {
    const claims = { countersign_identity: 'auditor' };
    const [head, body] = (await provider.token('auditor')).split('.');
    const other = await TokenProvider.start();
    const [, , signature] = (await other.token('auditor')).split('.');
    await other.close();
    expect(await codeOf(`${head}.${body}.${signature}`)).toBe('TOKEN_INVALID');
    const secret = new TextEncoder().encode('a secret that both know, which is 32');
    const shared = new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setIssuer(provider.issuer)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m');
    expect(await codeOf(await shared.sign(secret))).toBe('TOKEN_ALGORITHM_REFUSED');
    const unsigned = new UnsecuredJWT(claims)
      .setIssuer(provider.issuer)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m');
    expect(await codeOf(unsigned.encode())).toBe('TOKEN_ALGORITHM_REFUSED');
    expect([await codeOf('rubbish'), await codeOf('a.b.c'), await codeOf('ü')]).toEqual([
      'TOKEN_INVALID',
      'TOKEN_INVALID',
      'TOKEN_INVALID',
    ]);
  });
});

describe('the keys of the provider', () => {
  it('are asked for once, not for every token', async () => {
    for (let call = 0; call < 5; call++) expect(await codeOf(await provider.token('auditor'))).toBe('OK');
    expect(provider.keyReads).toBe(1);
  });

  it('that cannot be read are the provider’s problem, and are asked for again', async () => {
    provider.isDown = true;
    expect(await codeOf(await provider.token('auditor'))).toBe('TOKEN_KEYS_UNAVAILABLE');
    provider.isDown = false;
    expect(await codeOf(await provider.token('auditor'))).toBe('OK');
  });

  it('are not read from an address that the provider names without TLS, nor from an answer without end', async () => {
    provider.keysUrl = 'http://login.acme.example/keys';
    expect(await codeOf(await provider.token('auditor'))).toBe('TOKEN_KEYS_UNAVAILABLE');
    expect(String((node.logged.at(-1)!.fields as { readonly err: unknown }).err)).toContain(
      'no jwks_uri that is an https URL',
    );
    provider.keysUrl = undefined;
    provider.padding = ' '.repeat(2 * 1024 * 1024);
    expect(await codeOf(await provider.token('auditor'))).toBe('TOKEN_KEYS_UNAVAILABLE');
    provider.padding = ' ';
    expect(await codeOf(await provider.token('auditor'))).toBe('OK');
  });

  it('may be named instead of found', async () => {
    await restart({ keysUrl: `${provider.issuer}/keys` });
    expect(await codeOf(await provider.token('auditor'))).toBe('OK');
    await restart({ keysUrl: `${provider.issuer}/elsewhere` });
    expect(await codeOf(await provider.token('auditor'))).toBe('TOKEN_KEYS_UNAVAILABLE');
  });

  it('must come over TLS unless the provider is on this machine', () => {
    for (const settings of [
      { issuer: 'http://login.acme.example' },
      { keysUrl: 'http://login.acme.example/keys' },
    ])
      expect(() => oidc(settings)).toThrow('must be an https URL');
    expect(() => oidc({ algorithms: ['HS256'] })).toThrow();
    expect(oidc({ issuer: 'https://login.acme.example' }).algorithms).toEqual(['RS256', 'ES256', 'EdDSA']);
  });
});
