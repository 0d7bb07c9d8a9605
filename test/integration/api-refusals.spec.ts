// Everything that a caller can get wrong: each has its own code, its place, and never a stack or a 500.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentialHeaders } from '../../src/sdk/index.js';
import {
  postJson,
  postProtobuf,
  readProblem,
  sampleTransaction,
  sendRaw,
  signedFetch,
  testSigner,
} from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';

let api: ApiApplication;
let node: InMemoryUseCases;
const at = (path: string): string => api.url + path;

beforeAll(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports(), {
    bodyBytesMax: 100_000,
    batchBytesMax: 300_000,
    headerBytesMax: 8_192,
  });
});
afterAll(async () => {
  expect(node.pending.size).toBe(0);
  expect(node.logged.filter(({ level }) => level !== 'info')).toEqual([]);
  await api.close();
});

const signature = sampleTransaction().json.signature;
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('bodies', () => {
  it.each([
    ['cut off JSON', '{"body":"', 'JSON_MALFORMED', ''],
    ['something after the value', '{} x', 'JSON_MALFORMED', ''],
    ['a byte order mark', '\uFEFF{}', 'JSON_MALFORMED', ''],
    ['a duplicate key', '{"body":"AA==","body":"AA=="}', 'JSON_DUPLICATE_KEY', '/body'],
    ['deep nesting', nested(65), 'JSON_TOO_DEEP', '/0'],
    ['a number beyond 2^53', '{"body":9007199254740993}', 'JSON_NUMBER_OUT_OF_RANGE', '/body'],
    ['an infinite number', '{"body":1e999}', 'JSON_NUMBER_OUT_OF_RANGE', '/body'],
    ['a lone surrogate', String.raw`{"body":"\ud800"}`, 'JSON_LONE_SURROGATE', '/body'],
    ['an array', '[]', 'BODY_INVALID', ''],
    ['null', 'null', 'BODY_MISSING', undefined],
    ['a missing member', '{"body":"AA=="}', 'BODY_INVALID', '/signature'],
    ['a member of another type', `{"body":7,"signature":"${signature}"}`, 'BODY_INVALID', '/body'],
    ['an unknown member', `{"body":"AA==","signature":"${signature}","bdy":1}`, 'BODY_INVALID', '/bdy'],
    ['__proto__', `{"body":"AA==","signature":"${signature}","__proto__":{}}`, 'BODY_INVALID', '/__proto__'],
    ['base64 without padding', `{"body":"AAA","signature":"${signature}"}`, 'BODY_INVALID', '/body'],
    ['base64url', `{"body":"__8=","signature":"${signature}"}`, 'BODY_INVALID', '/body'],
    ['base64 with stray bits', `{"body":"AB==","signature":"${signature}"}`, 'BODY_INVALID', '/body'],
  ])('JSON: %s', async (_name, text, code, pointer) => {
    const problem = await readProblem(await postJson(at('/v1/transactions'), text));
    expect(problem.code).toBe(code);
    if (pointer !== undefined) expect(problem.errors?.[0]?.pointer?.startsWith(pointer)).toBe(true);
  });

  it('malformed UTF-8', async () => {
    const bytes = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d);
    const response = await postProtobuf(at('/v1/transactions'), bytes, {
      'content-type': 'application/json',
    });
    expect(await readProblem(response)).toMatchObject({ code: 'JSON_MALFORMED' });
  });

  it.each([
    ['random bytes', Uint8Array.of(0xff, 0xff, 0xff), 'TRANSACTION_MALFORMED'],
    ['a length beyond the end', Uint8Array.of(0x0a, 0x7f, 1), 'TRANSACTION_MALFORMED'],
    [
      'an unknown field',
      Buffer.concat([sampleTransaction().bytes, Uint8Array.of(0x18, 1)]),
      'TRANSACTION_NOT_CANONICAL',
    ],
    ['no body in it', Uint8Array.of(), 'BODY_MISSING'],
    ['no signature', sampleTransaction().bytes.subarray(0, -66), 'SIGNATURE_MISSING'],
  ])('protobuf: %s', async (_name, bytes, code) => {
    expect(await readProblem(await postProtobuf(at('/v1/transactions'), bytes))).toMatchObject({ code });
  });

  it('protobuf: a batch with an unknown field, and an empty one', async () => {
    const odd = await postProtobuf(at('/v1/transactions:batch'), Uint8Array.of(0x12, 0));
    expect(await readProblem(odd)).toMatchObject({ code: 'TRANSACTION_MALFORMED' });
    const empty = await postProtobuf(at('/v1/transactions:batch'), Uint8Array.of());
    expect(await readProblem(empty)).toMatchObject({ code: 'BODY_MISSING' });
  });

  it('too large, each resource with its own limit', async () => {
    const single = await postProtobuf(at('/v1/transactions'), new Uint8Array(100_001));
    expect(await readProblem(single)).toMatchObject({ code: 'BODY_TOO_LARGE' });
    const batch = await postProtobuf(at('/v1/transactions:batch'), new Uint8Array(100_001));
    expect(await readProblem(batch)).toMatchObject({ code: 'TRANSACTION_MALFORMED' });
    const tooMuch = await postProtobuf(at('/v1/transactions:batch'), new Uint8Array(300_001));
    expect(await readProblem(tooMuch)).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  it('a transaction larger than the ledger permits', async () => {
    const large = sampleTransaction(JSON.stringify('x'.repeat(66_000)));
    const problem = await readProblem(await postProtobuf(at('/v1/transactions'), large.bytes));
    expect(problem).toMatchObject({ code: 'TRANSACTION_TOO_LARGE', errors: [{ field: 'body' }] });
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ])('of type %s', async (type) => {
    const response = await postProtobuf(at('/v1/transactions'), Uint8Array.of(1), { 'content-type': type });
    expect(await readProblem(response)).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED' });
  });

  it('absent', async () => {
    for (const path of ['/v1/transactions', '/v1/transactions:batch']) {
      expect(await readProblem(await fetch(at(path), { method: 'POST' }))).toMatchObject({
        code: 'BODY_MISSING',
      });
    }
  });
});

describe('parameters', () => {
  it.each([
    ['/v1/transactions?colour=red', 'QUERY_PARAMETER_UNKNOWN', 'colour'],
    ['/v1/transactions?Limit=1', 'QUERY_PARAMETER_UNKNOWN', 'Limit'],
    ['/v1/status?x', 'QUERY_PARAMETER_UNKNOWN', 'x'],
    ['/v1/checkpoint?__proto__=1', 'QUERY_PARAMETER_UNKNOWN', '__proto__'],
    ['/v1/transactions?limit=0', 'LIMIT_INVALID', 'limit'],
    ['/v1/transactions?limit=501', 'LIMIT_INVALID', 'limit'],
    ['/v1/transactions?limit=1e2', 'LIMIT_INVALID', 'limit'],
    ['/v1/transactions?limit=', 'LIMIT_INVALID', 'limit'],
    ['/v1/transactions?limit=1&limit=2', 'LIMIT_INVALID', 'limit'],
    ['/v1/transactions?height=-1', 'HEIGHT_INVALID', 'height'],
    ['/v1/transactions?height=007', 'HEIGHT_INVALID', 'height'],
    ['/v1/transactions?atHeight=9007199254740992', 'HEIGHT_INVALID', 'atHeight'],
    ['/v1/blocks?order=up', 'QUERY_PARAMETER_INVALID', 'order'],
    ['/v1/transactions?cursor=', 'CURSOR_INVALID', 'cursor'],
    ['/v1/transactions?cursor=AAAA', 'CURSOR_INVALID', 'cursor'],
    ['/v1/transactions?cursor=%2B%2B', 'CURSOR_INVALID', 'cursor'],
    ['/v1/blocks/abc', 'HEIGHT_INVALID', 'height'],
    ['/v1/blocks/-1', 'HEIGHT_INVALID', 'height'],
    ['/v1/blocks/1.0', 'HEIGHT_INVALID', 'height'],
    ['/v1/blocks/0x10', 'HEIGHT_INVALID', 'height'],
    ['/v1/blocks/99999999999999999999', 'HEIGHT_INVALID', 'height'],
    ['/v1/checkpoints/first', 'HEIGHT_INVALID', 'height'],
    ['/v1/transactions/', 'TRANSACTION_ID_INVALID', 'id'],
    [`/v1/transactions/${'a'.repeat(63)}`, 'TRANSACTION_ID_INVALID', 'id'],
    [`/v1/transactions/${'A'.repeat(64)}`, 'TRANSACTION_ID_INVALID', 'id'],
    [`/v1/transactions/${'g'.repeat(64)}/receipt`, 'TRANSACTION_ID_INVALID', 'id'],
    [`/v1/subjects/${'s'.repeat(4_097)}/history`, 'SUBJECT_ID_INVALID', 'subject'],
  ])('%s', async (path, code, parameter) => {
    const problem = await readProblem(await signedFetch(at(path)));
    expect(problem).toMatchObject({ code, errors: [{ parameter }] });
  });

  it.each(['wait=now', 'timeout=10', 'timeout=31s', 'timeout=-1s', 'timeout=1s&timeout=2s'])(
    'POST ?%s',
    async (query) => {
      const response = await postProtobuf(at(`/v1/transactions?${query}`), sampleTransaction().bytes);
      expect(await readProblem(response)).toMatchObject({ code: 'QUERY_PARAMETER_INVALID' });
    },
  );

  it('a cursor of another list', async () => {
    const other = new InMemoryUseCases();
    const second = await startApi(other.ports());
    for (let block = 0; block < 2; block++) other.commit();
    const { nextCursor } = (await (await signedFetch(`${second.url}/v1/blocks?limit=1`)).json()) as {
      nextCursor: string;
    };
    for (const path of ['/v1/transactions?', '/v1/blocks?order=descending&', '/v1/subjects/x/history?']) {
      const response = await signedFetch(`${second.url}${path}cursor=${nextCursor}`);
      expect(await readProblem(response)).toMatchObject({ code: 'CURSOR_INVALID' });
    }
    await second.close();
  });

  it.each([
    '/v1/subjects/%ZZ/history',
    '/v1/subjects/%FF/history',
    '/v1/subjects/%C3%28/history',
    '/v1/blocks?limit=%ff',
    '/v1/status?a=%',
  ])('broken percent-encoding in %s', async (path) => {
    const proof = await credentialHeaders(
      { signer: testSigner('acme/auditor') },
      { method: 'GET', url: at(path) },
    );
    const headers = Object.entries({ host: new URL(api.url).host, connection: 'close', ...proof });
    const lines = [`GET ${path} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`)];
    const answer = await sendRaw(api.port, `${lines.join('\r\n')}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('PERCENT_ENCODING_INVALID');
  });
});

describe('resources, methods, media types', () => {
  it.each(['/', '/v1', '/v1/nothing', '/v1/subjects/a/b/history', '/V1/status', '/docs/../../etc/passwd'])(
    'nothing at %s',
    async (path) => {
      const answer = await sendRaw(api.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 404 /);
      expect(answer).toContain('"code":"RESOURCE_NOT_FOUND"');
    },
  );

  it.each([
    ['DELETE', '/v1/transactions', 'GET, HEAD, POST'],
    ['PUT', '/v1/transactions/abc', 'GET, HEAD'],
    ['GET', '/v1/transactions:batch', 'POST'],
    ['POST', '/v1/blocks/7', 'GET, HEAD'],
    ['PATCH', '/v1/subjects/a%2Fb/history', 'GET, HEAD'],
    ['OPTIONS', '/v1/status', 'GET, HEAD'],
    ['PROPFIND', '/v1/checkpoint', 'GET, HEAD'],
  ])('%s %s', async (method, path, allow) => {
    const response = await signedFetch(at(path), { method });
    expect(response.headers.get('allow')).toBe(allow);
    expect(await readProblem(response)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it('an unacceptable media type', async () => {
    for (const accept of ['application/xml', 'application/json;q=0', 'text/*']) {
      const response = await signedFetch(at('/v1/status'), { headers: { accept } });
      expect(await readProblem(response)).toMatchObject({ code: 'NOT_ACCEPTABLE' });
    }
    for (const accept of [
      '*/*',
      'application/*',
      'text/html, application/json;q=0.1',
      'text/html, */*;q=0.5',
    ]) {
      expect((await signedFetch(at('/v1/status'), { headers: { accept } })).status).toBe(200);
    }
  });

  it('headers without end, and no HTTP at all', async () => {
    const head = `GET /v1/status HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(9_000)}\r\n\r\n`;
    const long = await sendRaw(api.port, head);
    expect(long).toMatch(/^HTTP\/1.1 431 /);
    expect(long).toContain('HEADERS_TOO_LARGE');
    expect(await sendRaw(api.port, 'HELLO\r\n\r\n')).toContain('REQUEST_MALFORMED');
  });

  it('a body shorter than it says', async () => {
    const head =
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await sendRaw(api.port, `${head}0\r\n\r\n`)).toContain('REQUEST_MALFORMED');
  });
});
