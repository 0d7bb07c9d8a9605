import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HistoryEntry } from '../../src/node/ports.js';
import {
  encodeIdentityEntry,
  identityHistoryStateKey,
  identityStateKey,
} from '../../src/protocol/governance/identity-entry.js';
import { publicKeyOfSeed } from '../../src/protocol/crypto/ed25519.js';
import { encodeOutcome } from '../../src/protocol/ledger/outcome.js';
import type { Command } from '../../src/protocol/ledger/transaction.js';
import { CountersignClient, type IdentityResource } from '../../src/sdk/index.js';
import { readProblem, signedFetch, testSigner } from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import {
  changeIdentity,
  provenTestKey,
  registerIdentity,
  revokeIdentity,
  rotateIdentityKey,
} from '../support/identity-commands.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import { signTestTransaction, testGenesis, testSeed } from '../support/signed-transactions.js';

const genesis = testGenesis();
const { chainId } = genesis;

let api: ApiApplication;
let node: InMemoryUseCases;
let client: CountersignClient;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
  client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
});
afterEach(() => api.close());

/** An identity as the state has it; what is not named is as genesis would found it. */
function hold(organisation: string, name: string, changed: { revoked?: boolean; until?: number } = {}): void {
  const { revoked = false, until = 0 } = changed;
  node.state.set(
    identityStateKey(organisation, name),
    encodeIdentityEntry({
      algorithm: 'ed25519',
      publicKey: publicKeyOfSeed(testSeed(`${organisation}/${name}`)),
      rights: { roles: ['submitter'], custody: 'node', validFromHeight: 3, validUntilHeight: until },
      revoked,
      registeredHeight: 2,
      changedHeight: 4,
    }),
  );
}

async function allIdentities(organisation: string | undefined, limit: number): Promise<readonly string[]> {
  const found: IdentityResource[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await client.identities({
      limit,
      ...(organisation === undefined ? {} : { organisation }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    if (page.nextCursor === undefined) return found.map(({ identity }) => identity);
    cursor = page.nextCursor;
  }
}

describe('GET /v1/organisations', () => {
  it('lists all of them with their keys and how many govern them', async () => {
    const { asOfHeight, items } = await client.organisations();
    expect(asOfHeight).toBe(0);
    expect(items).toEqual(
      genesis.organisations.map(({ name, ledgerKey }) => ({
        name,
        ledgerKey,
        validator: true,
        identities: 2,
        lastingAdmins: 1,
        readers: ['*'],
      })),
    );
  });
});

describe('GET /v1/identities', () => {
  it('lists them page by page, of one organisation or of all, each once', async () => {
    const of = (organisation: string) =>
      genesis.organisations
        .filter(({ name }) => name === organisation)
        .flatMap(({ identities }) => identities.map(({ name }) => `${organisation}/${name}`));
    expect(await allIdentities('globex', 1)).toEqual(of('globex'));
    const everybody = await allIdentities(undefined, 3);
    expect([...everybody].sort()).toEqual(genesis.organisations.flatMap(({ name }) => of(name)).sort());
    expect(await allIdentities('nobody', 10)).toEqual([]);
  });

  it('tells names that begin alike apart', async () => {
    for (const name of ['a', 'ab', 'abc']) hold('acme', name);
    expect(await allIdentities('acme', 2)).toEqual(
      ['a', 'ab', 'abc', 'auditor', 'submitter'].map((name) => `acme/${name}`),
    );
  });

  it('refuses a name that none can be, and a cursor of another list', async () => {
    const { nextCursor } = await client.identities({ organisation: 'acme', limit: 1 });
    for (const [query, code] of [
      ['organisation=Acme', 'MEMBER_NAME_INVALID'],
      [`organisation=globex&cursor=${nextCursor}`, 'CURSOR_INVALID'],
      [`cursor=${nextCursor}`, 'CURSOR_INVALID'],
      [`organisation=acme&cursor=${nextCursor}x`, 'CURSOR_INVALID'],
      ['limit=0', 'LIMIT_INVALID'],
      ['limit=201', 'LIMIT_INVALID'],
      ['roles=admin', 'QUERY_PARAMETER_UNKNOWN'],
    ] as const) {
      const problem = await readProblem(await signedFetch(`${api.url}/v1/identities?${query}`));
      expect({ query, status: problem.status, code: problem.code }).toEqual({ query, status: 400, code });
    }
  });
});

describe('GET /v1/identities/{organisation}/{name}', () => {
  it('gives key, rights and heights; no end of validity means none', async () => {
    hold('acme', 'guest', { until: 9 });
    hold('acme', 'other', { revoked: true });
    expect(await client.identity('acme', 'guest')).toEqual({
      identity: 'acme/guest',
      organisation: 'acme',
      name: 'guest',
      algorithm: 'ed25519',
      publicKey: publicKeyOfSeed(testSeed('acme/guest')),
      roles: ['submitter'],
      custody: 'node',
      validFromHeight: 3,
      validUntilHeight: 9,
      revoked: false,
      registeredHeight: 2,
      changedHeight: 4,
    });
    const other = await client.identity('acme', 'other');
    expect(other).toMatchObject({ revoked: true });
    expect(other).not.toHaveProperty('validUntilHeight');
  });

  it('knows nobody else', async () => {
    expect(await client.identity('acme', 'nobody')).toBeUndefined();
    const unknown = await readProblem(await signedFetch(`${api.url}/v1/identities/acme/nobody`));
    expect(unknown).toMatchObject({ status: 404, code: 'IDENTITY_NOT_FOUND' });
    const flawed = await readProblem(await signedFetch(`${api.url}/v1/identities/acme/No%20Body`));
    expect(flawed).toMatchObject({ status: 400, code: 'MEMBER_NAME_INVALID' });
  });
});

describe('GET /v1/identities/{organisation}/{name}/history', () => {
  const RIGHTS = { roles: ['submitter', 'auditor'] } as const;
  const key = provenTestKey(chainId, 'guest key', 'guest');
  const commands: readonly Command[] = [
    registerIdentity('guest', key, { ...RIGHTS, validUntilHeight: 7 }),
    changeIdentity('guest', RIGHTS),
    rotateIdentityKey('guest', key),
    revokeIdentity('guest'),
  ];

  function entryOf(command: Command, sequence: number): HistoryEntry {
    const { id, body, commandStart, publicKey } = signTestTransaction({
      ...{ chainId, signer: 'acme/auditor', command, idempotencyKey: `k${sequence}` },
    });
    return {
      sequence,
      height: 0,
      transactionIndex: sequence,
      recordIndex: 0,
      recordDigest: '9f'.repeat(32) as HistoryEntry['recordDigest'],
      transactionId: id,
      timestampMs: 0,
      record: body.subarray(commandStart),
      outcome: encodeOutcome({ code: 'OK', signer: publicKey, identity: 'acme/auditor', custody: 'self' }),
    };
  }

  it('tells what was done, by whom and where it stands, page by page', async () => {
    hold('acme', 'guest');
    node.histories.set(identityHistoryStateKey('acme', 'guest'), commands.map(entryOf));
    const first = await client.identityHistory('acme', 'guest', { limit: 3 });
    expect(first).toMatchObject({ identity: 'acme/guest', total: 4, asOfHeight: 0 });
    const second = await client.identityHistory('acme', 'guest', { limit: 3, cursor: first!.nextCursor! });
    expect(second).not.toHaveProperty('nextCursor');
    const items = [...first!.items, ...second!.items];
    expect(items.map(({ sequence, by }) => `${sequence} ${by}`)).toEqual(
      commands.map((_, sequence) => `${sequence} acme/auditor`),
    );
    const shownKey = { algorithm: 'ed25519', publicKey: key.publicKey };
    const rights = { ...RIGHTS, custody: 'self', validFromHeight: 0 };
    expect(items.map(({ command }) => command)).toEqual([
      { type: 'registerIdentity', key: shownKey, rights: { ...rights, validUntilHeight: 7 } },
      { type: 'changeIdentity', rights },
      { type: 'rotateIdentityKey', key: shownKey },
      { type: 'revokeIdentity' },
    ]);
  });

  it('is empty for what genesis founded, and there is none of nobody', async () => {
    expect(await client.identityHistory('acme', 'submitter')).toMatchObject({ total: 0, items: [] });
    expect(await client.identityHistory('acme', 'nobody')).toBeUndefined();
  });
});
