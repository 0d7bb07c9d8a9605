// GET /v1/records and GET /v1/subjects/{subject}/trace: what requests may hold, and what the answers are made of.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FoundRecord } from '../../src/node/index-ports.js';
import type { RecordSearchQuery, TraceQuery } from '../../src/node/use-cases.js';
import type { Digest, TransactionId } from '../../src/protocol/primitives/identifiers.js';
import { CountersignClient, readableItems } from '../../src/sdk/index.js';
import { startApi, type ApiApplication } from '../support/api-application.js';
import { readProblem, signedFetch, testSigner } from '../support/api-client.js';
import { InMemoryUseCases } from '../support/in-memory-use-cases.js';

let api: ApiApplication;
let node: InMemoryUseCases;
const searches: RecordSearchQuery[] = [];
const traces: TraceQuery[] = [];

const FOUND: FoundRecord = {
  height: 3,
  transactionIndex: 1,
  recordIndex: 2,
  recordDigest: '9f'.repeat(32) as Digest,
  transactionId: '5f'.repeat(32) as TransactionId,
  timestampMs: Date.UTC(2026, 2, 2, 10),
  organisation: 'acme',
  record: Buffer.from('{"type":"ObjectEvent",  "eventTime":"2026-03-02T10:00:00.000Z"}'),
};

beforeEach(async () => {
  searches.length = 0;
  traces.length = 0;
  node = new InMemoryUseCases();
  node.records = {
    standing: () => ({ height: 7, problem: undefined }),
    indexedHeight: async () => 7,
    search: async (_reader, query) => {
      searches.push(query);
      const withheld = { height: 4, transactionIndex: 0, recordIndex: 0, withheld: true } as const;
      return { items: [FOUND, withheld], next: query.orderBy === 'eventTime' ? [9, 4, 0, 0] : [4, 0, 0] };
    },
    trace: async (_reader, query) => {
      traces.push(query);
      const { record: _record, ...found } = FOUND;
      return {
        nodes: [
          { subject: query.subject, depth: 0, open: false },
          { subject: 'urn:case', depth: 1, open: true },
        ],
        edges: [{ kind: 'aggregation', from: query.subject, to: 'urn:case', events: [0] }],
        events: [
          {
            ...found,
            eventType: 'AggregationEvent',
            action: 'ADD',
            bizStep: undefined,
            eventTime: undefined,
          },
        ],
        withheld: [],
        truncated: 'depth',
      };
    },
  };
  api = await startApi(node.ports());
});
afterEach(() => api.close());

const ask = (path: string, identity = 'acme/auditor') => signedFetch(`${api.url}${path}`, {}, identity);
const client = () =>
  new CountersignClient(api.url, { credentials: { signer: testSigner('acme/submitter') } });

describe('searching records', () => {
  it('asks for what the parameters say', async () => {
    const page = await client().searchRecords({
      bizStep: 'shipping',
      organisation: 'globex',
      eventTimeFrom: '2026-03-02T00:00:00+01:00',
      recordedTo: '2026-03-03T00:00:00Z',
      order: 'oldest',
      limit: 10,
    });
    expect(searches).toEqual([
      {
        filter: {
          bizStep: 'shipping',
          eventTimeFromMs: Date.UTC(2026, 2, 1, 23),
          recordedToMs: Date.UTC(2026, 2, 3),
        },
        organisation: 'globex',
        asOfHeight: 7,
        orderBy: 'recorded',
        newestFirst: false,
        after: undefined,
        limit: 10,
      },
    ]);
    expect(page).toMatchObject({
      asOfHeight: 7,
      items: [
        {
          ...{ height: 3, transactionIndex: 1, recordIndex: 2, organisation: 'acme' },
          timestamp: '2026-03-02T10:00:00.000Z',
          receipt: `/v1/transactions/${FOUND.transactionId}/receipt`,
          record: { type: 'ObjectEvent' },
        },
        { height: 4, withheld: true },
      ],
    });
    expect(readableItems(page.items)).toHaveLength(1);
  });

  it('gives records byte for byte', async () => {
    expect(await (await ask('/v1/records')).text()).toContain(
      '"record":{"type":"ObjectEvent",  "eventTime":"2026-03-02T10:00:00.000Z"}}',
    );
  });

  it('goes on at its cursor, with the same question alone', async () => {
    for (const orderBy of ['recorded', 'eventTime'] as const) {
      const first = await client().searchRecords({ bizStep: 'shipping', orderBy });
      await client().searchRecords({ bizStep: 'shipping', orderBy, cursor: first.nextCursor! });
      expect(searches.at(-1)?.after).toEqual(orderBy === 'recorded' ? [4, 0, 0] : [9, 4, 0, 0]);
      for (const other of [
        'bizStep=packing',
        'bizStep=shipping&order=oldest',
        'organisation=acme&bizStep=shipping',
      ])
        expect(
          (await readProblem(await ask(`/v1/records?${other}&orderBy=${orderBy}&cursor=${first.nextCursor}`)))
            .code,
        ).toBe('CURSOR_INVALID');
    }
  });

  it.each([
    ['eventTimeFrom=2026-03-02', 'TIME_INVALID', 'eventTimeFrom'],
    ['recordedTo=yesterday', 'TIME_INVALID', 'recordedTo'],
    ['organisation=Acme', 'MEMBER_NAME_INVALID', 'organisation'],
    ['bizStep=', 'QUERY_PARAMETER_INVALID', 'bizStep'],
    ['order=random', 'QUERY_PARAMETER_INVALID', 'order'],
    ['limit=201', 'LIMIT_INVALID', 'limit'],
    ['bizstep=shipping', 'QUERY_PARAMETER_UNKNOWN', 'bizstep'],
    ['minHeight=-1', 'HEIGHT_INVALID', 'minHeight'],
    ['cursor=abc', 'CURSOR_INVALID', 'cursor'],
  ])('refuses %s with %s', async (query, code, parameter) => {
    const response = await ask(`/v1/records?${query}`);
    expect(response.status).toBe(400);
    expect(await readProblem(response)).toMatchObject({ code, errors: [{ parameter }] });
    expect(searches).toEqual([]);
  });

  it('refuses while the index has not come to a height that is asked for, and says when to ask again', async () => {
    const response = await ask('/v1/records?minHeight=8');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await readProblem(response)).toMatchObject({
      code: 'INDEX_BEHIND',
      detail: 'the index has come to height 7, not yet to 8',
    });
    expect((await ask('/v1/records?minHeight=7')).status).toBe(200);
  });
});

describe('tracing a subject', () => {
  it('asks within its bounds and shows what proves each step', async () => {
    const trace = await client().traceSubject('urn:a/b%', { direction: 'back', depth: 50, limit: 5 });
    expect(traces).toEqual([{ subject: 'urn:a/b%', direction: 'back', depth: 50, limit: 5, asOfHeight: 7 }]);
    expect(trace).toMatchObject({
      ...{ subject: 'urn:a/b%', direction: 'back', asOfHeight: 7, truncated: 'depth' },
      nodes: [{ depth: 0 }, { subject: 'urn:case', depth: 1, open: true }],
      edges: [{ kind: 'aggregation', from: 'urn:a/b%', to: 'urn:case', events: [0] }],
      events: [{ eventType: 'AggregationEvent', receipt: `/v1/transactions/${FOUND.transactionId}/receipt` }],
    });
    expect(trace.nodes[0]).not.toHaveProperty('open');
  });

  it.each([
    ['depth=3', 'TRACE_DIRECTION_INVALID', 'direction'],
    ['direction=up', 'TRACE_DIRECTION_INVALID', 'direction'],
    ['direction=back&depth=0', 'TRACE_DEPTH_INVALID', 'depth'],
    ['direction=back&depth=51', 'TRACE_DEPTH_INVALID', 'depth'],
    ['direction=back&limit=501', 'LIMIT_INVALID', 'limit'],
    ['direction=back&cursor=x', 'QUERY_PARAMETER_UNKNOWN', 'cursor'],
  ])('refuses "%s" with %s', async (query, code, parameter) => {
    const response = await ask(`/v1/subjects/urn%3Aa/trace?${query}`);
    expect(response.status).toBe(400);
    expect(await readProblem(response)).toMatchObject({ code, errors: [{ parameter }] });
    expect(traces).toEqual([]);
  });

  it('says in the status how far the index is', async () => {
    expect(await (await ask('/v1/status')).json()).toMatchObject({ index: { height: 7 } });
  });
});
