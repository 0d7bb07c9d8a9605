import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { API_CONTROLLERS } from '../../src/api/api-controllers.js';
import { operationsOf } from '../../src/api/openapi/operation.js';
import type { HistoryEntry } from '../../src/node/ports.js';
import type { Digest, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { encodeOutcome } from '../../src/protocol/ledger/outcome.js';
import { stateKey } from '../../src/protocol/state/state-key.js';
import {
  postProtobuf,
  readProblem,
  sampleTransaction,
  signedFetch,
  testSigner,
} from '../support/api-client.js';
import { CountersignClient, subjectKeyText } from '../../src/sdk/index.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { InMemoryUseCases, TEST_KEY } from '../support/in-memory-use-cases.js';

let api: ApiApplication;
let node: InMemoryUseCases;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
});
afterEach(() => api.close());

async function get(path: string): Promise<Record<string, unknown>> {
  const response = await signedFetch(api.url + path);
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as Record<string, unknown>;
}

function heightsOf(page: Record<string, unknown>): number[] {
  return (page['items'] as { height: number }[]).map(({ height }) => height);
}

describe('GET /v1/blocks', () => {
  it('lists in either direction, as of a height', async () => {
    for (let block = 0; block < 5; block++) node.commit();
    expect(heightsOf(await get('/v1/blocks'))).toEqual([1, 2, 3, 4, 5]);
    const newest = await get('/v1/blocks?order=descending&limit=2');
    expect(heightsOf(newest)).toEqual([5, 4]);
    const next = await get(`/v1/blocks?order=descending&limit=2&cursor=${String(newest['nextCursor'])}`);
    expect(heightsOf(next)).toEqual([3, 2]);
    const last = await get(`/v1/blocks?order=descending&limit=2&cursor=${String(next['nextCursor'])}`);
    expect([heightsOf(last), last['nextCursor']]).toEqual([[1], undefined]);
    const earlier = await get('/v1/blocks?order=descending&atHeight=3');
    expect([heightsOf(earlier), earlier['asOfHeight']]).toEqual([[3, 2, 1], 3]);
    expect(heightsOf(await get('/v1/blocks?atHeight=3'))).toEqual([1, 2, 3]);
  });

  it('may be kept for ever once countersigned, and not before', async () => {
    node.commit();
    const fresh = await signedFetch(`${api.url}/v1/blocks/1`);
    expect(fresh.headers.get('cache-control')).toBe('private, no-cache');
    node.certify();
    const certified = await signedFetch(`${api.url}/v1/blocks/1`);
    expect(certified.headers.get('cache-control')).toContain('immutable');
    expect(certified.headers.get('etag')).not.toBe(fresh.headers.get('etag'));
    expect(await certified.json()).toMatchObject({ height: 1, hash: node.blocks[0]!.hash, certified: true });
    expect(await readProblem(await signedFetch(`${api.url}/v1/blocks/2`))).toMatchObject({
      code: 'BLOCK_NOT_FOUND',
    });
  });
});

describe('checkpoints and genesis', () => {
  it('gives notes as text', async () => {
    expect(await readProblem(await fetch(`${api.url}/v1/checkpoint`))).toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    });
    node.commit();
    node.certify();
    const latest = await fetch(`${api.url}/v1/checkpoint`, { headers: { accept: 'text/plain' } });
    expect(latest.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await latest.text()).toMatch(/^countersign\/test\/\w+\n2\n.*\n\n— acme /);
    const at = await fetch(`${api.url}/v1/checkpoints/1`);
    expect(at.headers.get('cache-control')).toContain('immutable');
    expect(await readProblem(await fetch(`${api.url}/v1/checkpoints/2`))).toMatchObject({
      code: 'CHECKPOINT_NOT_FOUND',
    });
  });

  it('gives the bytes whose digest is the chain id', async () => {
    await api.close();
    api = await startApi({ ...node.ports(), genesis: Buffer.from('{"format":"x"}\n') });
    const bytes = Buffer.from(await (await signedFetch(`${api.url}/v1/genesis`)).arrayBuffer());
    const digest = createHash('sha256').update('{"format":"x"}').digest('hex');
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
  });
});

function entry(sequence: number, record: string): HistoryEntry {
  return {
    sequence,
    height: 1,
    transactionIndex: 0,
    recordIndex: sequence,
    recordDigest: '9f'.repeat(32) as Digest,
    transactionId: '5f'.repeat(32) as TransactionId,
    timestampMs: 0,
    record: Buffer.from(record),
    outcome: encodeOutcome({ code: 'OK', signer: TEST_KEY, identity: 'acme/scanner-1', custody: 'self' }),
  };
}

describe('GET /v1/subjects/{subject}/history', () => {
  it('takes any subject as one path segment, decoded once', async () => {
    const subjects = fc.string({ minLength: 1, maxLength: 60, unit: 'binary' });
    const special = [
      'https://id.example/01/09506000134352/21/x?a=b#c',
      '%2F',
      '..',
      '.',
      'a;b=c',
      'é/ü',
      '+ +',
      '%',
      '100%25',
    ];
    await fc.assert(
      fc.asyncProperty(fc.oneof(subjects, fc.constantFrom(...special)), async (subject) => {
        // "." and ".." are resolved by URL parsers, whatever the server does.
        const segment = encodeURIComponent(subject).replaceAll('.', '%2E');
        if (/^(%2E){1,2}$/.test(segment)) return;
        const answer = await get(`/v1/subjects/${segment}/history`);
        expect(answer['subject']).toBe(subject);
      }),
      { numRuns: 100 },
    );
  });

  it('pages, and gives each record byte for byte', async () => {
    node.commit();
    const subject = 'https://id.example/01/095/21/7';
    const records = ['{"a": 1.0,  "b":"\\u00e9"}', '[ ]', '"é"'];
    node.histories.set(
      stateKey('subject', subject),
      records.map((record, sequence) => entry(sequence, record)),
    );
    const path = `/v1/subjects/${encodeURIComponent(subject)}/history`;
    const first = await (await signedFetch(`${api.url}${path}?limit=2`)).text();
    expect(first).toContain('"record":{"a": 1.0,  "b":"\\u00e9"}}');
    const page = JSON.parse(first) as {
      total: number;
      asOfHeight: number;
      nextCursor: string;
      items: object[];
    };
    expect(page).toMatchObject({
      total: 3,
      asOfHeight: 1,
      items: [{ sequence: 0 }, { sequence: 1, record: [] }],
    });
    const rest = await get(`${path}?limit=2&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ items: [{ sequence: 2, record: 'é' }] });
    expect(rest['nextCursor']).toBeUndefined();
    const other = await signedFetch(`${api.url}/v1/subjects/other/history?cursor=${page.nextCursor}`);
    expect(await readProblem(other)).toMatchObject({ code: 'CURSOR_INVALID' });
  });

  it('is empty for a subject that no record names', async () => {
    expect(await get('/v1/subjects/nobody/history')).toEqual({
      subject: 'nobody',
      total: 0,
      asOfHeight: 0,
      items: [],
    });
  });
});

describe('what is proven as of a height', () => {
  const subject = 'urn:lot:9/a';
  const path = `/v1/subjects/${encodeURIComponent(subject)}/history`;

  beforeEach(() => {
    for (let block = 0; block < 6; block++) node.commit();
    const entries = [1, 2, 2, 5].map((height, sequence) => ({
      ...entry(sequence, `{"at":${height}}`),
      height,
    }));
    node.histories.set(stateKey('subject', subject), entries);
  });

  it('a history is listed as of the height, page by page', async () => {
    const first = await get(`${path}?atHeight=2&limit=2`);
    expect([first['total'], first['asOfHeight'], heightsOf(first)]).toEqual([3, 2, [1, 2]]);
    const cursor = String(first['nextCursor']);
    const second = await get(`${path}?atHeight=2&limit=2&cursor=${cursor}`);
    expect([second['total'], heightsOf(second), second['nextCursor']]).toEqual([3, [2], undefined]);
    for (const other of ['', 'atHeight=3&', 'proof=true&']) {
      const refused = await signedFetch(`${api.url}${path}?${other}cursor=${cursor}`);
      expect(await readProblem(refused)).toMatchObject({ code: 'CURSOR_INVALID' });
    }
    expect(heightsOf(await get(`${path}?atHeight=0`))).toEqual([]);
    const above = await signedFetch(`${api.url}${path}?atHeight=7`);
    expect(await readProblem(above)).toMatchObject({ status: 400, code: 'HEIGHT_NOT_REACHED' });
  });

  it('a history is proven page by page, all as of the height of the first', async () => {
    node.certify();
    const first = await signedFetch(`${api.url}${path}?proof=true&limit=3&atHeight=5`);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(first.headers.get('content-disposition')).toBe('attachment; filename="history-5.json"');
    expect(first.headers.get('cache-control')).toBe('no-store');
    expect(await first.json()).toMatchObject({ subject, from: 0, count: 4 });
    const [, next] = /^<(.+)>; rel="next"$/.exec(first.headers.get('link') ?? '') ?? [];
    node.histories.get(stateKey('subject', subject))!.push({ ...entry(4, '{"at":6}'), height: 6 });
    const second = await signedFetch(api.url + next!);
    expect(await second.json()).toMatchObject({ from: 3, count: 4 });
    expect(second.headers.get('link')).toBeNull();
    const moved = await signedFetch(`${api.url}${next!}&atHeight=6`);
    expect(await readProblem(moved)).toMatchObject({ code: 'CURSOR_INVALID' });
    const client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
    const { bytes, nextCursor } = await client.subjectHistoryProof(subject, { limit: 4 });
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({ count: 5 });
    const last = await client.subjectHistoryProof(subject, { limit: 4, cursor: nextCursor! });
    expect(last.nextCursor).toBeUndefined();
  });

  it('nothing is proven that is not countersigned, or whose state is gone', async () => {
    const problemOf = async (query: string) =>
      readProblem(await signedFetch(`${api.url}${path}?proof=true${query}`));
    expect(await problemOf('&atHeight=3')).toMatchObject({ status: 409, code: 'HEIGHT_NOT_COUNTERSIGNED' });
    const early = await signedFetch(`${api.url}${path}?proof=true&atHeight=3`);
    expect(early.headers.get('retry-after')).toBe('1');
    node.certify();
    node.earliestState = 4;
    expect(await problemOf('&atHeight=3')).toMatchObject({
      status: 409,
      code: 'HEIGHT_NOT_KEPT',
      detail: 'the state of height 3 is not kept any more; the node can tell it of heights 4 to 6',
      errors: [{ parameter: 'atHeight' }],
    });
    expect(await problemOf('&atHeight=7')).toMatchObject({ status: 400, code: 'HEIGHT_NOT_REACHED' });
    expect(await readProblem(await signedFetch(`${api.url}${path}?proof=yes`))).toMatchObject({
      code: 'QUERY_PARAMETER_INVALID',
      errors: [{ parameter: 'proof' }],
    });
  });

  it('an entry of the state has its value, or none, and a proof of either', async () => {
    node.certify();
    const state = (key: string, query = ''): string => `/v1/state/${encodeURIComponent(key)}${query}`;
    const key = 'identity/acme/submitter';
    const value = node.state.get(stateKey('identity', 'acme', 'submitter'))!;
    expect(await get(state(key))).toEqual({
      ...{ key, height: 6, present: true, value: Buffer.from(value).toString('base64') },
    });
    expect(await get(state('subject/urn:lot:none', '?atHeight=4'))).toEqual({
      ...{ key: 'subject/urn:lot:none', height: 4, present: false },
    });
    const proof = await signedFetch(api.url + state(key, '?proof=true'));
    expect(proof.headers.get('content-disposition')).toBe('attachment; filename="state-identity-6.json"');
    expect(await proof.json()).toEqual({ format: 'countersign-state/v1', key });
    for (const [text, code] of [
      ['nothing/x', 'STATE_KIND_UNKNOWN'],
      ['subject', 'STATE_KEY_MALFORMED'],
      ['subject/%61', 'STATE_KEY_MALFORMED'],
    ] as const) {
      const problem = await readProblem(await signedFetch(api.url + state(text)));
      expect(problem).toMatchObject({ status: 400, code, errors: [{ parameter: 'key' }] });
    }
    node.earliestState = 5;
    expect(await readProblem(await signedFetch(api.url + state(key, '?atHeight=4')))).toMatchObject({
      code: 'HEIGHT_NOT_KEPT',
    });
    expect(await readProblem(await signedFetch(api.url + state(key, '?atHeight=9')))).toMatchObject({
      code: 'HEIGHT_NOT_REACHED',
    });
    const client = new CountersignClient(api.url, { credentials: { signer: testSigner('acme/auditor') } });
    await expect(client.state(subjectKeyText(subject))).resolves.toMatchObject({ present: false });
    expect(new TextDecoder().decode(await client.stateProof(key))).toContain('countersign-state/v1');
  });
});

describe('status, health, documentation', () => {
  it('says where the node stands', async () => {
    expect(await get('/v1/status')).toMatchObject({
      cause: 'no progress: a sample',
      standing: 'voting',
      quorum: { needed: 3, reachable: 3, present: 2, validators: 4 },
      validators: [
        {
          organisation: 'acme',
          reachableSince: '2026-03-02T08:00:00.000Z',
          lastVote: { kind: 'prepare', view: 1, height: 2, ageMs: 4_000 },
        },
        {
          organisation: 'globex',
          self: false,
          reachable: false,
          voting: false,
          unreachableSince: '2026-03-02T08:00:00.000Z',
        },
      ],
      inFlight: [{ height: 2, stage: 'accepted', prepares: ['acme'], commits: [] }],
      viewChange: { since: '2026-03-02T08:00:05.000Z', held: ['acme'], suspectedBy: [] },
      catchUp: { at: 1, target: 9, from: 'initech' },
    });
    expect(await get('/health/live')).toEqual({ status: 'ok', health: { state: 'ready' } });
    expect(await get('/health/ready')).toEqual({ status: 'ok', health: { state: 'ready' } });
    node.databaseDown = true;
    expect(await readProblem(await fetch(`${api.url}/health/ready`))).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });

  it('serves the document and a page that loads nothing from elsewhere', async () => {
    const document = await get('/openapi.json');
    const paths = Object.keys(document['paths'] as object);
    const declared = API_CONTROLLERS.flatMap((controller) => operationsOf(controller)).map(
      ({ path }) => path,
    );
    expect(new Set(paths)).toEqual(new Set(declared));
    const page = await fetch(`${api.url}/docs`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await page.text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) {
      expect(address).toMatch(/^\.\//);
      const file = await fetch(new URL(address, `${api.url}/docs`));
      expect([address, file.status]).toEqual([address, 200]);
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
    expect(html).not.toMatch(/<script>|onload=/);
  });

  it('answers every declared operation', async () => {
    node.commit();
    for (const { method, path } of API_CONTROLLERS.flatMap((controller) => operationsOf(controller))) {
      const concrete = path
        .replace('{height}', '1')
        .replace('{id}', '5f'.repeat(32))
        .replace('{subject}', 'x');
      const response = await signedFetch(api.url + concrete, { method });
      const { code } = response.ok ? { code: '' } : await readProblem(response);
      expect([path, ['RESOURCE_NOT_FOUND', 'METHOD_NOT_ALLOWED', 'INTERNAL_ERROR'].includes(code)]).toEqual([
        path,
        false,
      ]);
    }
  });
});

describe('shutting down', () => {
  it('takes nothing new, ends the waits, and finishes what is in flight', async () => {
    const sample = sampleTransaction();
    const waiting = postProtobuf(`${api.url}/v1/transactions?wait=commit&timeout=30s`, sample.bytes);
    while (node.pending.size === 0) await new Promise((resolve) => setImmediate(resolve));
    api.drain.begin();
    const answered = await waiting;
    expect([answered.status, await answered.json()]).toEqual([202, { id: sample.id, status: 'PENDING' }]);
    const refused = await postProtobuf(`${api.url}/v1/transactions`, sampleTransaction().bytes);
    expect(refused.headers.get('connection')).toBe('close');
    expect(await readProblem(refused)).toMatchObject({ code: 'NODE_DRAINING' });
    expect(await readProblem(await fetch(`${api.url}/health/ready`))).toMatchObject({
      code: 'NODE_DRAINING',
    });
    expect((await signedFetch(`${api.url}/v1/status`)).status).toBe(200);
    await api.close();
    await expect(signedFetch(`${api.url}/v1/status`)).rejects.toThrow();
  });
});
