// POST /v1/records: what a caller with custody "node" records, signed by the node; and whom it does not sign for.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publicKeyOfSeed } from '../../src/protocol/crypto/ed25519.js';
import { encodeIdentityEntry, identityStateKey } from '../../src/protocol/governance/identity-entry.js';
import { encodeSigner, signerKey } from '../../src/protocol/governance/signer.js';
import type { Custody, Role } from '../../src/protocol/ledger/identity.js';
import { decodeSignedTransaction } from '../../src/protocol/ledger/transaction.js';
import { credentialHeaders } from '../../src/sdk/index.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { readProblem, testSigner } from '../support/api-client.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';
import { testSeed } from '../support/signed-transactions.js';

const CONTENT_TYPE = 'application/json';
const SAMPLE = '{"documents":[{"kind":"note","content":{"b":[1,2.50],"a":"ü"},"subjects":["/a"]}]}';

let api: ApiApplication;
let node: InMemoryUseCases;

/** An identity whose key the node has, unless told otherwise. */
function hold(
  identity: string,
  custody: Custody,
  roles: readonly Role[] = ['submitter'],
  hasKey = true,
): void {
  const [organisation = '', name = ''] = identity.split('/');
  const publicKey = publicKeyOfSeed(testSeed(identity));
  node.state.set(signerKey(publicKey), encodeSigner({ organisation, name }));
  node.state.set(
    identityStateKey(organisation, name),
    encodeIdentityEntry({
      algorithm: 'ed25519',
      publicKey,
      rights: { roles, custody, validFromHeight: 0, validUntilHeight: 0 },
      revoked: false,
      registeredHeight: 1,
      changedHeight: 1,
    }),
  );
  if (hasKey) node.custodialKeys.set(publicKey, testSigner(identity));
}

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
  hold('acme/kiosk', 'node');
});
afterEach(() => api.close());

interface Post {
  readonly body?: string;
  readonly identity?: string;
  readonly query?: string;
  /** Sent instead of the body that was signed. */
  readonly sent?: string;
  readonly idempotencyKey?: string | undefined;
}

async function post({
  body = SAMPLE,
  identity = 'acme/kiosk',
  query = '',
  sent,
  ...rest
}: Post = {}): Promise<Response> {
  const url = `${api.url}/v1/records${query}`;
  const { idempotencyKey } = { idempotencyKey: 'order-7' as string | undefined, ...rest };
  const headers = await credentialHeaders(
    { signer: testSigner(identity) },
    {
      method: 'POST',
      url,
      body: { contentType: CONTENT_TYPE, bytes: Buffer.from(body) },
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    },
  );
  return fetch(url, { method: 'POST', headers, body: sent ?? body });
}

async function codeOf(response: Promise<Response>): Promise<string> {
  const answer = await response;
  return answer.status < 400 ? 'OK' : (await readProblem(answer)).code;
}

describe('POST /v1/records', () => {
  it('signs what the caller sends, in canonical form, with the key of its identity', async () => {
    const response = await post();
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { readonly id: string };
    expect(response.headers.get('location')).toBe(`/v1/transactions/${id}`);
    const [raw] = [...node.pending.values()];
    const decoded = decodeSignedTransaction(raw!.body, raw!.signature, { transactionBytesMax: 65_536 });
    expect(decoded).toMatchObject({
      ok: true,
      value: {
        publicKey: publicKeyOfSeed(testSeed('acme/kiosk')),
        idempotencyKey: 'order-7',
        command: { type: 'recordDocuments', documents: [{ kind: 'note', subjectPointers: ['/a'] }] },
      },
    });
    const text = Buffer.from(raw!.body).toString('utf8');
    expect(text).toContain('{"a":"ü","b":[1,2.5]}');
  });

  it('answers when it is on the ledger, or with the receipt', async () => {
    const waiting = post({ query: '?wait=receipt&timeout=10s' });
    while (node.pending.size === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    node.commit();
    node.certify();
    const response = await waiting;
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ format: 'countersign-receipt/v1' });
  });

  it.each([
    ['an identity that holds its own key', 'acme/self', 'CUSTODY_NOT_HELD'],
    ['an identity of another organisation', 'globex/kiosk', 'CALLER_OF_ANOTHER_ORGANISATION'],
    ['an identity without the role', 'acme/reader', 'ROLE_MISSING'],
    ['an identity whose key is not there', 'acme/lost', 'CUSTODIAL_KEY_MISSING'],
  ])('does not sign for %s', async (_word, identity, code) => {
    hold('acme/self', 'self');
    hold('globex/kiosk', 'node');
    hold('acme/reader', 'node', ['auditor']);
    hold('acme/lost', 'node', ['submitter'], false);
    expect(await codeOf(post({ identity }))).toBe(code);
    expect(node.pending.size).toBe(0);
  });

  it.each([
    ['another body than was signed', { sent: SAMPLE.replace('2.50', '2.51') }, 'CONTENT_DIGEST_MISMATCH'],
    ['the same in other words', { sent: SAMPLE.replace('2.50', '2.5') }, 'CONTENT_DIGEST_MISMATCH'],
    ['no key of its own', { idempotencyKey: undefined }, 'IDEMPOTENCY_KEY_INVALID'],
    ['a key with a space', { idempotencyKey: 'order 7' }, 'IDEMPOTENCY_KEY_INVALID'],
    ['a long key', { idempotencyKey: 'k'.repeat(129) }, 'IDEMPOTENCY_KEY_INVALID'],
    ['no documents', { body: '{"documents":[]}' }, 'BODY_INVALID'],
    ['a kind that is none', { body: '{"documents":[{"kind":"a b","content":1}]}' }, 'BODY_INVALID'],
    ['an unknown member', { body: '{"documents":[{"kind":"a","content":1,"x":1}]}' }, 'BODY_INVALID'],
    ['half of JSON', { body: '{"documents":' }, 'JSON_MALFORMED'],
    ['a member twice', { body: '{"documents":[],"documents":[]}' }, 'JSON_DUPLICATE_KEY'],
  ] as const)('refuses %s', async (_word, request, code) => {
    expect(await codeOf(post(request))).toBe(code);
    expect(node.pending.size).toBe(0);
  });

  it('takes nothing while the node takes no transactions', async () => {
    node.readiness = { ready: false, cause: 'quorumUnreachable', detail: '2 of 4 are reachable' };
    expect(await codeOf(post())).toBe('QUORUM_UNREACHABLE');
    node.role = 'observer';
    expect(await codeOf(post())).toBe('NODE_IS_OBSERVER');
  });
});

describe('the role operator', () => {
  it('counts at the nodes of its own organisation only', async () => {
    hold('acme/desk', 'self', ['operator']);
    hold('globex/desk', 'self', ['operator']);
    hold('globex/both', 'self', ['operator', 'auditor']);
    const ask = async (identity: string) => {
      const url = `${api.url}/v1/status`;
      const headers = await credentialHeaders({ signer: testSigner(identity) }, { method: 'GET', url });
      return codeOf(fetch(url, { headers }));
    };
    expect([await ask('acme/desk'), await ask('globex/desk'), await ask('globex/both')]).toEqual([
      'OK',
      'CALLER_OF_ANOTHER_ORGANISATION',
      'OK',
    ]);
  });
});
