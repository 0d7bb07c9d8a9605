import { describe, expect, it } from '@jest/globals';
import { CountersignClient } from './countersign-client.js';

interface Call {
  readonly url: string;
  readonly body: string;
}

/** A client whose network answers with the given steps in turn: a response, or a failure to connect. */
function clientOf(...steps: readonly (Response | 'unreachable')[]) {
  const calls: Call[] = [];
  const fetch = (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    calls.push({ url: url as string, body: Array.from((init?.body ?? []) as Uint8Array).join(',') });
    const step = steps[calls.length - 1] ?? 'unreachable';
    return step === 'unreachable' ? Promise.reject(new TypeError('fetch failed')) : Promise.resolve(step);
  };
  return { client: new CountersignClient('http://node.example/', { fetch, retries: 2 }), calls };
}

const json = (value: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(value), { status, headers });
const transaction = { id: 'f'.repeat(64) as never, bytes: Uint8Array.of(1, 2, 3) };

describe('CountersignClient', () => {
  it('sends the same bytes again when the node cannot be reached', async () => {
    const { client, calls } = clientOf('unreachable', json({ id: transaction.id, status: 'PENDING' }, 202));
    await expect(client.submit(transaction)).resolves.toMatchObject({ status: 'PENDING' });
    expect(calls).toEqual([
      { url: 'http://node.example/v1/transactions', body: '1,2,3' },
      { url: 'http://node.example/v1/transactions', body: '1,2,3' },
    ]);
  });

  it('gives up after its retries', async () => {
    const { client, calls } = clientOf();
    await expect(client.status()).rejects.toMatchObject({ code: 'NODE_UNREACHABLE' });
    expect(calls).toHaveLength(3);
  });

  it('waits out a full mempool', async () => {
    const problem = { code: 'MEMPOOL_FULL', title: 'full', detail: 'come back' };
    const { client } = clientOf(json(problem, 429, { 'retry-after': '0.01' }), json({ height: 3 }));
    await expect(client.status()).resolves.toEqual({ height: 3 });
  });

  it('throws a refusal with its code and does not repeat it', async () => {
    const problem = {
      code: 'SIGNATURE_INVALID',
      title: 'no',
      detail: 'sign it',
      errors: [{ detail: 'd', field: 'f' }],
    };
    const { client, calls } = clientOf(json(problem, 422));
    await expect(client.submit(transaction)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
      message: 'sign it',
      problem: { status: 422 },
    });
    expect(calls).toHaveLength(1);
  });

  it('names an answer that comes from no node', async () => {
    const { client } = clientOf(new Response('<html>'), new Response('<html>', { status: 500 }));
    await expect(client.status()).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
    await expect(client.status()).rejects.toMatchObject({ code: 'HTTP_500' });
  });

  it('tells that a transaction has expired', async () => {
    const { client } = clientOf(json({ id: transaction.id, status: 'EXPIRED' }));
    await expect(client.submitAndWait(transaction)).rejects.toMatchObject({ code: 'TRANSACTION_EXPIRED' });
  });

  it('has no answer for what the node does not know', async () => {
    const problem = { code: 'TRANSACTION_NOT_FOUND', title: 'unknown' };
    const { client } = clientOf(json(problem, 404), json(problem, 404));
    await expect(client.transaction('0'.repeat(64))).resolves.toBeUndefined();
    await expect(client.receipt('0'.repeat(64))).resolves.toBeUndefined();
  });
});
