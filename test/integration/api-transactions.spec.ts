import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  postJson,
  postProtobuf,
  readProblem,
  sampleTransaction,
  signedFetch,
} from '../support/api-client.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';

let api: ApiApplication;
let node: InMemoryUseCases;
let transactions: string;

beforeEach(async () => {
  node = new InMemoryUseCases();
  api = await startApi(node.ports());
  transactions = `${api.url}/v1/transactions`;
});
afterEach(() => api.close());

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

describe('POST /v1/transactions', () => {
  it('takes protobuf and says where the status is', async () => {
    const sample = sampleTransaction();
    const response = await postProtobuf(transactions, sample.bytes);
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/v1/transactions/${sample.id}`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await json(response)).toEqual({ id: sample.id, status: 'PENDING' });
    expect(Buffer.from(node.pending.get(sample.id)!.body)).toEqual(Buffer.from(sample.body));
  });

  it('takes JSON with base64 and means the same transaction', async () => {
    const sample = sampleTransaction();
    expect(await json(await postJson(transactions, sample.json))).toEqual({
      id: sample.id,
      status: 'PENDING',
    });
    expect(await json(await postProtobuf(transactions, sample.bytes))).toEqual({
      id: sample.id,
      status: 'PENDING',
    });
    expect(node.pending.size).toBe(1);
  });

  it('answers for a transaction on the ledger with its status', async () => {
    const sample = sampleTransaction();
    await postProtobuf(transactions, sample.bytes);
    node.commit();
    const again = await postProtobuf(transactions, sample.bytes);
    expect(again.status).toBe(200);
    expect(await json(again)).toMatchObject({ id: sample.id, status: 'COMMITTED', height: 1, index: 0 });
    const waited = await postProtobuf(`${transactions}?wait=commit`, sample.bytes);
    expect(waited.status).toBe(200);
  });

  it('waits for the commit, or for the receipt', async () => {
    const first = sampleTransaction();
    const waiting = postProtobuf(`${transactions}?wait=commit`, first.bytes);
    await untilPending(1);
    node.commit();
    const committed = await waiting;
    expect(committed.status).toBe(201);
    expect(await json(committed)).toMatchObject({ status: 'COMMITTED', outcome: { code: 'OK' } });

    const second = sampleTransaction();
    const waitingForReceipt = postProtobuf(`${transactions}?wait=receipt&timeout=5s`, second.bytes);
    await untilPending(1);
    node.commit();
    const without = await postProtobuf(`${transactions}?wait=receipt&timeout=0ms`, second.bytes);
    expect(without.status).toBe(202);
    node.certify();
    const receipt = await waitingForReceipt;
    expect(receipt.headers.get('content-location')).toBe(`/v1/transactions/${second.id}/receipt`);
    expect(await json(receipt)).toMatchObject({ format: 'countersign-receipt/v1', id: second.id });
  });

  it('answers 202 when the time is over', async () => {
    const sample = sampleTransaction();
    const response = await postProtobuf(`${transactions}?wait=commit&timeout=0ms`, sample.bytes);
    expect(response.status).toBe(202);
    expect(await json(response)).toEqual({ id: sample.id, status: 'PENDING' });
  });

  it('compares the Idempotency-Key header with the signed key', async () => {
    const sample = sampleTransaction();
    const same = await postProtobuf(transactions, sample.bytes, { 'idempotency-key': sample.key });
    expect(same.status).toBe(202);
    const other = await postProtobuf(transactions, sample.bytes, { 'idempotency-key': 'another' });
    expect(await readProblem(other)).toMatchObject({ code: 'IDEMPOTENCY_KEY_MISMATCH' });
  });

  it.each(['MEMPOOL_FULL', 'ORGANISATION_SHARE_FULL'] as const)(
    'answers 429 for %s and says when',
    async (code) => {
      node.refusal = { code, message: 'wait' };
      const response = await postProtobuf(transactions, sampleTransaction().bytes);
      expect(response.status).toBe(429);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await readProblem(response)).toMatchObject({ code, detail: 'wait' });
    },
  );

  it.each([
    ['starting', 'NODE_STARTING'],
    ['quorumUnreachable', 'QUORUM_UNREACHABLE'],
    ['quarantined', 'NODE_QUARANTINED'],
    ['halted', 'NODE_HALTED'],
    ['databaseUnavailable', 'DATABASE_UNAVAILABLE'],
    ['journalStalled', 'JOURNAL_FULL'],
    ['signerUnavailable', 'SIGNER_UNAVAILABLE'],
  ] as const)('takes nothing while the node is %s', async (cause, code) => {
    node.readiness = { ready: false, cause, detail: '2 of 4 validators are reachable, 3 are needed' };
    for (const url of [transactions, `${transactions}:batch`, `${api.url}/health/ready`]) {
      const method = url.endsWith('ready') ? 'GET' : 'POST';
      const response = await fetch(url, { method });
      expect(response.status).toBe(503);
      expect(await readProblem(response)).toMatchObject({
        code,
        detail: expect.stringContaining('validators'),
      });
    }
    expect(node.pending.size).toBe(0);
  });

  it('takes nothing at an observer, which is ready for reads all the same', async () => {
    node.role = 'observer';
    for (const url of [transactions, `${transactions}:batch`]) {
      const response = await postProtobuf(url, sampleTransaction().bytes);
      expect(response.status).toBe(403);
      expect(await readProblem(response)).toMatchObject({ code: 'NODE_IS_OBSERVER' });
    }
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(200);
    expect(node.pending.size).toBe(0);
  });

  it('carries the trace of the caller', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const response = await postProtobuf(transactions, new Uint8Array([1]), {
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    });
    expect(await readProblem(response)).toMatchObject({ traceId });
  });
});

async function untilPending(count: number): Promise<void> {
  while (node.pending.size < count) await new Promise((resolve) => setImmediate(resolve));
}

describe('POST /v1/transactions:batch', () => {
  it('gives a result for each transaction, in order', async () => {
    const known = sampleTransaction();
    await postProtobuf(transactions, known.bytes);
    node.commit();
    const fresh = sampleTransaction();
    const broken = { body: 'AAAA', signature: fresh.json.signature };
    const response = await postJson(`${transactions}:batch`, {
      transactions: [fresh.json, broken, known.json],
    });
    expect(response.status).toBe(200);
    const { results } = (await response.json()) as { results: Record<string, unknown>[] };
    expect(results).toMatchObject([
      { status: 'PENDING', id: fresh.id },
      { status: 'REFUSED', problem: { code: 'TRANSACTION_MALFORMED', status: 400 } },
      { status: 'COMMITTED', id: known.id, transaction: { height: 1 } },
    ]);
  });

  it('takes protobuf', async () => {
    const { encodeTransactionBatch } = await import('../../src/protocol/encoding/transaction-batch.js');
    const samples = [sampleTransaction(), sampleTransaction()];
    const response = await postProtobuf(`${transactions}:batch`, encodeTransactionBatch(samples));
    expect(await json(response)).toEqual({ results: samples.map(({ id }) => ({ status: 'PENDING', id })) });
  });

  it('answers 429 when everything must wait', async () => {
    node.refusal = { code: 'MEMPOOL_FULL', message: 'full' };
    const response = await postJson(`${transactions}:batch`, { transactions: [sampleTransaction().json] });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await readProblem(response)).toMatchObject({ code: 'MEMPOOL_FULL' });
  });

  it('is bounded', async () => {
    const many = Array.from({ length: 501 }, () => ({ body: '', signature: '' }));
    for (const list of [[], many]) {
      const response = await postJson(`${transactions}:batch`, { transactions: list });
      const problem = await readProblem(response);
      expect(problem).toMatchObject({ code: 'BODY_INVALID', errors: [{ pointer: '/transactions' }] });
    }
  });
});

describe('GET /v1/transactions', () => {
  it('gives status, receipt and their problems', async () => {
    const sample = sampleTransaction();
    const url = `${transactions}/${sample.id}`;
    expect(await readProblem(await signedFetch(url))).toMatchObject({ code: 'TRANSACTION_NOT_FOUND' });
    expect(await readProblem(await signedFetch(`${url}/receipt`))).toMatchObject({
      code: 'TRANSACTION_NOT_FOUND',
    });
    await postProtobuf(transactions, sample.bytes);
    expect((await signedFetch(url)).headers.get('etag')).toBeNull();
    expect(await readProblem(await signedFetch(`${url}/receipt`))).toMatchObject({
      code: 'TRANSACTION_NOT_COMMITTED',
    });
    node.commit();
    const early = await signedFetch(`${url}/receipt`);
    expect(early.headers.get('retry-after')).toBe('1');
    expect(await readProblem(early)).toMatchObject({ code: 'RECEIPT_NOT_READY' });
    node.certify();
    const receipt = await signedFetch(`${url}/receipt`);
    expect(receipt.headers.get('content-type')).toContain('application/json');
    expect(await receipt.text()).toBe(`{"format":"countersign-receipt/v1","id":"${sample.id}"}`);
  });

  it('lets callers keep what never changes', async () => {
    const sample = sampleTransaction();
    await postProtobuf(transactions, sample.bytes);
    node.commit();
    const first = await signedFetch(`${transactions}/${sample.id}`);
    const etag = first.headers.get('etag')!;
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toContain('immutable');
    const again = await signedFetch(`${transactions}/${sample.id}`, {
      headers: { 'if-none-match': `"other", ${etag}` },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const head = await signedFetch(`${transactions}/${sample.id}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
  });

  it('pages through everything once, in order, by cursor', async () => {
    for (let block = 0; block < 3; block++) {
      for (let index = 0; index < 4; index++) await postProtobuf(transactions, sampleTransaction().bytes);
      node.commit();
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const next = cursor === undefined ? '' : `&cursor=${cursor}`;
      const page = (await (await signedFetch(`${transactions}?limit=5${next}`)).json()) as {
        items: { height: number; index: number }[];
        asOfHeight: number;
        nextCursor?: string;
      };
      expect(page.asOfHeight).toBe(3);
      seen.push(...page.items.map(({ height, index }) => `${height}.${index}`));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual([1, 2, 3].flatMap((height) => [0, 1, 2, 3].map((index) => `${height}.${index}`)));
  });

  it('filters by block and answers as of an earlier height', async () => {
    for (let block = 0; block < 3; block++) {
      await postProtobuf(transactions, sampleTransaction().bytes);
      node.commit();
    }
    const ofBlock = await json(await signedFetch(`${transactions}?height=2`));
    expect(ofBlock).toMatchObject({ asOfHeight: 3, items: [{ height: 2, outcome: { code: 'OK' } }] });
    const earlier = (await json(await signedFetch(`${transactions}?atHeight=2`))) as {
      items: unknown[];
      asOfHeight: number;
    };
    expect([earlier.items.length, earlier.asOfHeight]).toEqual([2, 2]);
    const future = await signedFetch(`${transactions}?atHeight=4`);
    expect(await readProblem(future)).toMatchObject({
      code: 'HEIGHT_NOT_REACHED',
      errors: [{ parameter: 'atHeight' }],
    });
  });

  it('says that the database is down, not where it is', async () => {
    node.databaseDown = true;
    const response = await signedFetch(transactions);
    expect(response.headers.get('retry-after')).toBe('2');
    const problem = await readProblem(response);
    expect(problem.code).toBe('DATABASE_UNAVAILABLE');
    expect(JSON.stringify(problem)).not.toContain('db.internal');
    const failures = node.logged.filter(({ level }) => level !== 'info');
    expect(failures).toMatchObject([{ level: 'error', fields: { traceId: problem.traceId } }]);
  });
});
