// The search index in PostgreSQL: made behind the ledger, gone on with after a crash, rebuilt at any time, and read by one bounded
// scan of an index for each question.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RecordDirectory } from '../../../src/node/indexing/record-directory.js';
import { EXTRACTION_VERSION } from '../../../src/node/indexing/extract-records.js';
import { RecordIndexer } from '../../../src/node/indexing/record-indexer.js';
import { MemberDirectory } from '../../../src/node/members/member-directory.js';
import { ReadingPolicies } from '../../../src/node/members/reading-policies.js';
import type { RecordFilter, RecordIndex, RecordQuery } from '../../../src/node/index-ports.js';
import type { TraceQuery } from '../../../src/node/use-cases.js';
import type { Command, Transaction } from '../../../src/protocol/ledger/transaction.js';
import { LedgerError } from '../../../src/protocol/primitives/ledger-error.js';
import { migrateDatabase } from '../../../src/storage/migrate-database.js';
import { PostgresLedgerReader } from '../../../src/storage/postgres-ledger-reader.js';
import { PostgresLedgerStore } from '../../../src/storage/postgres-ledger-store.js';
import { PostgresRecordIndex } from '../../../src/storage/postgres-record-index.js';
import { PostgresRecordSearch } from '../../../src/storage/postgres-record-search.js';
import {
  SCANNED_ROWS_MAX,
  SEARCH_PLANNING,
  searchRecords,
} from '../../../src/storage/statements/search-statements.js';
import { emptySearchIndex } from '../../../src/storage/empty-search-index.js';
import { systemClock } from '../../../src/system-clock.js';
import type { MemoryLedger } from '../../support/memory-ledger.js';
import { createRecordingObserver } from '../../support/recording-observer.js';
import { documentCommand, epcisCommand, signTestTransaction } from '../../support/signed-transactions.js';
import {
  ALL,
  BULK_EVENTS,
  bulkEvent,
  CASE,
  EPOCH_MS,
  forgetfulIndex,
  ITEM,
  LOT,
  moment,
  PALLET,
  RAW,
  readerOf,
  sampleCommands,
} from '../../support/search-samples.js';
import { commitCertificateOf, createStoredChain } from '../../support/stored-chain.js';
import { createTestPostgres, withClient, type TestPostgres } from '../../support/test-postgres.js';

let postgres: TestPostgres;
let store: PostgresLedgerStore;
let reader: PostgresLedgerReader;
let index: PostgresRecordIndex;
let search: PostgresRecordSearch;
let directory: RecordDirectory;
let policies: ReadingPolicies;
let chain: MemoryLedger;
let indexer: RecordIndexer;
let serial = 0;
const indexers: RecordIndexer[] = [];
const observer = createRecordingObserver();

function transaction(signer: string, command: Command): Transaction {
  return signTestTransaction({
    chainId: chain.genesis.chainId,
    signer,
    idempotencyKey: `search-${++serial}`,
    validUntilHeight: chain.height + 100,
    command,
  });
}

async function commit(transactions: readonly Transaction[]): Promise<void> {
  const executed = chain.execute(transactions);
  await store.commitBlocks([{ executed, certificate: commitCertificateOf(executed) }], {
    journalId: 'journal-1',
    position: 4_096 + executed.block.header.height,
  });
  policies.onExecuted(executed.writes);
}

function createIndexer(over: RecordIndex = index): RecordIndexer {
  const created = new RecordIndexer({ index: over, clock: systemClock, observer });
  indexers.push(created);
  return created;
}

/** Waits until the index holds the head. */
async function caughtUp(): Promise<void> {
  indexer.follow(chain.height);
  while ((await search.indexedHeight()) < chain.height) await moment();
}

const find = (filter: RecordFilter, query: Partial<RecordQuery> = {}) =>
  search.search({
    filter,
    owners: ALL,
    asOfHeight: chain.height,
    orderBy: 'recorded',
    newestFirst: false,
    after: undefined,
    limit: 200,
    ...query,
  });

/** Of all pages. */
async function places(filter: RecordFilter, query: Partial<RecordQuery> = {}): Promise<readonly string[]> {
  const seen: string[] = [];
  let after: RecordQuery['after'];
  do {
    const page = await find(filter, { ...query, after });
    for (const { height, transactionIndex, recordIndex } of page.records)
      seen.push(`${height}.${transactionIndex}.${recordIndex}`);
    after = page.next;
  } while (after !== undefined);
  return seen;
}

const trace = (query: Partial<TraceQuery>, who = 'acme') =>
  directory.trace(readerOf(who), {
    subject: RAW,
    direction: 'forward',
    depth: 10,
    limit: 500,
    asOfHeight: chain.height,
    ...query,
  });

beforeAll(async () => {
  postgres = await createTestPostgres();
  const { running } = postgres;
  await migrateDatabase(running.ownerUrl);
  store = await PostgresLedgerStore.open({ url: running.url });
  reader = new PostgresLedgerReader({ url: running.readerUrl });
  index = new PostgresRecordIndex({ url: running.url });
  search = new PostgresRecordSearch({ url: running.readerUrl });
  chain = createStoredChain();
  await store.initialise(chain.genesisResult);
  indexer = createIndexer();
  policies = new ReadingPolicies(store);
  directory = new RecordDirectory({
    search,
    indexer,
    members: new MemberDirectory(reader, chain.genesis),
    reading: policies,
  });
  await commit(sampleCommands().map(([signer, command]) => transaction(signer, command)));
  await commit([]);
  for (let first = 0; first < BULK_EVENTS; first += 1_000) {
    const transactions = Array.from({ length: 10 }, (_, part) =>
      transaction(
        'globex/submitter',
        epcisCommand(Array.from({ length: 100 }, (_none, at) => bulkEvent(first + 100 * part + at))),
      ),
    );
    await commit(transactions);
  }
  await commit([
    transaction('initech/submitter', documentCommand(['LOT-B', 'urn:item:7'], { passed: true })),
    transaction(
      'initech/submitter',
      epcisCommand([{ ...bulkEvent(1), action: '\u0000', eventTime: 'soon', readPoint: 7 }]),
    ),
  ]);
  await caughtUp();
  await withClient(running.ownerUrl, (client) => client.query('ANALYZE'));
});

afterAll(async () => {
  for (const one of indexers) one.stop();
  await Promise.all([search.close(), index.close(), reader.close()]);
  await store.close();
  await postgres.remove();
});

describe('an index that was made', () => {
  it('stands at the head, blocks without records included', async () => {
    expect(await index.position()).toEqual({ version: EXTRACTION_VERSION, height: chain.height });
    expect(indexer.standing()).toEqual({ height: chain.height, problem: undefined });
  });

  it('finds by every field of an event', async () => {
    expect(await places({ eventId: 'urn:uuid:bulk-2345' })).toEqual(['5.3.45']);
    expect((await places({ bizStep: 'inspecting' })).length).toBe(61);
    expect((await places({ bizStep: 'inspecting' }, { owners: ['acme'] })).length).toBe(1);
    expect((await places({ eventType: 'AssociationEvent' })).length).toBe(1);
    expect((await places({ kind: 'inspection' })).length).toBe(1);
    expect((await places({ disposition: 'damaged' })).length).toBe(1);
    expect((await places({ subject: LOT, eventType: 'TransactionEvent' })).length).toBe(1);
    expect(await places({ subject: 'urn:item:7' })).toEqual(['9.0.0']);
    expect(await places({ readPoint: 'urn:epc:id:sgln:nowhere' })).toEqual([]);
    expect(
      (await places({ bizLocation: 'urn:epc:id:sgln:bulk.3', readPoint: 'urn:epc:id:sgln:bulk.23' })).length,
    ).toBe(60);
    expect((await places({ action: 'DELETE' })).length).toBeGreaterThan(0);
  });

  it('gives the exact bytes, the digest and the place of a record', async () => {
    const { records } = await find({ kind: 'inspection' });
    const found = records[0]!;
    expect(Buffer.from(found.record).toString()).toBe('{"subjects":["LOT-B","urn:item:7"],"passed":true}');
    const stored = await reader.findTransaction(found.transactionId);
    expect(stored).toMatchObject({ height: found.height, index: found.transactionIndex });
    expect(found).toMatchObject({ organisation: 'initech', timestampMs: 1_700_000_009_000 });
  });

  it('takes what an event says in no usable form as not said', async () => {
    expect(
      await places({ eventType: 'ObjectEvent', subject: 'urn:epc:id:sgtin:bulk.1' }, { owners: ['initech'] }),
    ).toEqual(['9.1.0']);
    expect(await places({ eventId: 'urn:uuid:bulk-1' }, { orderBy: 'eventTime' })).toEqual(['3.0.1']);
  });

  it('bounds by the time of the block and of the event, from inclusive and to exclusive', async () => {
    const second = (height: number): number => 1_700_000_000_000 + 1_000 * height;
    const kinds = await places({ recordedFromMs: second(9) });
    expect(kinds).toEqual(['9.0.0', '9.1.0']);
    expect((await places({ recordedToMs: second(3) })).every((place) => place.startsWith('1.'))).toBe(true);
    expect(await places({ recordedFromMs: second(2), recordedToMs: second(3) })).toEqual([]);
    expect(await places({ recordedFromMs: second(10) })).toEqual([]);
    const span = { eventTimeFromMs: EPOCH_MS + 10_000, eventTimeToMs: EPOCH_MS + 12_000 };
    expect(await places(span, { orderBy: 'eventTime' })).toEqual(['8.9.90', '8.9.89']);
    expect(await places(span, { orderBy: 'eventTime', newestFirst: true })).toEqual(['8.9.89', '8.9.90']);
  });

  it.each([
    [{ orderBy: 'recorded', newestFirst: false }],
    [{ orderBy: 'recorded', newestFirst: true }],
    [{ orderBy: 'eventTime', newestFirst: false }],
    [{ orderBy: 'eventTime', newestFirst: true }],
  ] as const)('is read page by page, each record once, %j', async (order) => {
    const seen = await places({ bizStep: 'inspecting' }, { ...order, limit: 7 });
    expect(seen).toEqual(await places({ bizStep: 'inspecting' }, order));
    expect(new Set(seen).size).toBe(61);
  });

  it('looks at a bounded number of rows and says where to go on', async () => {
    const rare = { disposition: 'in_progress', eventTimeToMs: EPOCH_MS + 2_000 };
    expect(BULK_EVENTS).toBeGreaterThan(SCANNED_ROWS_MAX);
    const first = await find(rare);
    expect(first.records).toEqual([]);
    expect(first.next).toBeDefined();
    const second = await find(rare, { after: first.next });
    expect(second.records.length).toBe(1);
    expect(second.next).toBeUndefined();
  });

  it('answers as of the height that is asked for', async () => {
    expect(
      (await places({ kind: 'epcis' }, { asOfHeight: 2 })).every((place) => place.startsWith('1.')),
    ).toBe(true);
  });
});

describe('every question', () => {
  const filters: readonly (readonly [string, RecordFilter, Partial<RecordQuery>, string])[] = [
    ['no filter', {}, { owners: undefined }, 'records_pkey'],
    ['subject', { subject: LOT }, { owners: undefined }, 'mentions_pkey'],
    ['subject and step', { subject: LOT, bizStep: 'packing' }, {}, 'mentions_pkey'],
    ['organisation', {}, { owners: ['acme'] }, 'records_organisation'],
    ['event time in the order of the ledger', { eventTimeFromMs: EPOCH_MS }, {}, 'records_organisation'],
    ['kind', { kind: 'inspection' }, {}, 'records_kind'],
    ['eventType', { eventType: 'AssociationEvent' }, {}, 'records_event_type'],
    ['action', { action: 'DELETE' }, {}, 'records_action'],
    ['bizStep', { bizStep: 'inspecting' }, {}, 'records_biz_step'],
    ['disposition', { disposition: 'damaged' }, {}, 'records_disposition'],
    ['readPoint', { readPoint: 'urn:epc:id:sgln:bulk.1' }, {}, 'records_read_point'],
    ['bizLocation', { bizLocation: 'urn:epc:id:sgln:bulk.1' }, {}, 'records_biz_location'],
    ['eventId', { eventId: 'urn:uuid:bulk-1' }, {}, 'records_event_id'],
    ['transformationId', { transformationId: 'urn:none' }, {}, 'records_transformation_id'],
    ['event time', { eventTimeFromMs: EPOCH_MS }, { orderBy: 'eventTime' }, 'records_event_time'],
    ['time of recording', { recordedFromMs: 1_700_000_009_000 }, { owners: undefined }, 'blocks_pkey'],
  ];

  it.each(filters)('scans an index in order: %s', async (_name, filter, query, expected) => {
    const { statement } = searchRecords({
      filter,
      owners: ALL,
      asOfHeight: chain.height,
      orderBy: 'recorded',
      newestFirst: true,
      after: undefined,
      limit: 50,
      ...query,
    });
    const plan = await withClient(postgres.running.readerUrl, async (client) => {
      for (const [name, value] of Object.entries(SEARCH_PLANNING))
        await client.query(`SET ${name} = ${value}`);
      const { rows } = await client.query<Record<string, string>>(`EXPLAIN (GENERIC_PLAN) ${statement.text}`);
      return rows.map((row) => row['QUERY PLAN']!).join('\n');
    });
    const [, scan = ''] = /CTE scanned\n((?: {4,}.*\n)+)/.exec(plan) ?? [];
    expect(plan).not.toContain('Seq Scan');
    expect(scan).toContain(expected);
    expect(scan).not.toMatch(/->\s+Sort/);
  });
});

describe('a trace', () => {
  const subjects = (found: Awaited<ReturnType<typeof trace>>): readonly string[] =>
    found.nodes.map(({ subject }) => subject);

  it('goes forward from a raw material to everything that it became part of', async () => {
    const found = await trace({});
    expect(found.truncated).toBeUndefined();
    expect(subjects(found)).toEqual(expect.arrayContaining([LOT, ITEM, CASE, PALLET]));
    const packed = found.edges.find(({ from, to }) => from === ITEM && to === CASE)!;
    expect(packed.kind).toBe('aggregation');
    const event = found.events[packed.events[0]!]!;
    expect(event).toMatchObject({
      eventType: 'AggregationEvent',
      action: 'ADD',
      organisation: 'acme',
      bizStep: 'packing',
    });
    expect((await reader.findTransaction(event.transactionId))?.height).toBe(event.height);
  });

  it('goes back from a pallet to the raw material', async () => {
    const found = await trace({ subject: PALLET, direction: 'back' });
    expect(subjects(found)).toEqual(expect.arrayContaining([CASE, ITEM, RAW]));
    expect(found.edges.find(({ from }) => from === RAW)).toMatchObject({ kind: 'transformation' });
  });

  it('does not take what else lay in the same case for touched', async () => {
    const forward = await trace({ subject: ITEM });
    expect(subjects(forward)).toEqual(expect.arrayContaining([CASE, PALLET]));
    expect(subjects(forward)).not.toContain('urn:epc:id:sgtin:9521321.012345.1001');
  });

  it('stops at the depth and at the edges that it is allowed, and says where', async () => {
    const shallow = await trace({ depth: 1 });
    expect(shallow.truncated).toBe('depth');
    expect(shallow.nodes.filter(({ open }) => open).map(({ depth }) => depth)).toEqual(
      shallow.nodes.slice(1).map(() => 1),
    );
    const small = await trace({ limit: 3 });
    expect(small.truncated).toBe('limit');
    expect(small.edges).toHaveLength(3);
    expect(small.nodes.some(({ open }) => open)).toBe(true);
  });

  it('is nothing but the subject where nothing links it', async () => {
    expect(await trace({ subject: 'urn:epc:id:sgtin:bulk.1' })).toEqual({
      nodes: [{ subject: 'urn:epc:id:sgtin:bulk.1', depth: 0, open: false }],
      edges: [],
      events: [],
      withheld: [],
      truncated: undefined,
    });
  });

  it('joins the parts of one transformation, and ends where it goes round in circles', async () => {
    const event = (fields: object): object => ({
      type: 'TransformationEvent',
      eventTime: '2026-03-09T00:00:00.000Z',
      eventTimeZoneOffset: '+00:00',
      ...fields,
    });
    const id = 'urn:epc:id:gdti:9521321.00077.MIX-1';
    await commit([
      transaction(
        'acme/submitter',
        epcisCommand([event({ transformationID: id, inputQuantityList: [{ epcClass: 'urn:mix:milk' }] })]),
      ),
      transaction(
        'globex/submitter',
        epcisCommand([event({ transformationID: id, outputQuantityList: [{ epcClass: 'urn:mix:cheese' }] })]),
      ),
      transaction(
        'globex/submitter',
        epcisCommand([
          event({ inputQuantityList: [{ epcClass: 'urn:mix:cheese' }], outputEPCList: ['urn:mix:milk'] }),
        ]),
      ),
    ]);
    await caughtUp();
    const found = await trace({ subject: 'urn:mix:milk' });
    expect(found.edges.map(({ from, to, events }) => [from, to, events.length])).toEqual([
      ['urn:mix:milk', 'urn:mix:cheese', 2],
      ['urn:mix:cheese', 'urn:mix:milk', 1],
    ]);
    expect(found.truncated).toBeUndefined();
  });
});

describe('what a reader may not read', () => {
  it('is a place without filters, and not there for a filter that looks into records', async () => {
    await commit([transaction('acme/auditor', { type: 'setReaders', readers: ['umbrella'] })]);
    await caughtUp();
    const ask = (who: string, { organisation, ...filter }: RecordFilter & { organisation?: string }) =>
      directory.search(readerOf(who), {
        filter,
        organisation,
        asOfHeight: chain.height,
        orderBy: 'recorded',
        newestFirst: false,
        after: undefined,
        limit: 200,
      });
    const seen = await ask('umbrella', { subject: ITEM });
    expect(seen.items.every((item) => 'record' in item)).toBe(true);
    const places = await ask('globex', { subject: ITEM });
    expect(places.items).toHaveLength(seen.items.length);
    expect(places.items[0]).toEqual({ height: 1, transactionIndex: 0, recordIndex: 0, withheld: true });
    const looked = await ask('globex', { subject: ITEM, bizStep: 'packing' });
    expect(looked.items).toEqual([]);
    expect((await ask('umbrella', { subject: ITEM, bizStep: 'packing' })).items).toHaveLength(1);
    expect((await ask('globex', { organisation: 'acme' })).items).toEqual([]);
  });

  it('is shown in a trace as a withheld link, in either direction, and not followed', async () => {
    for (const direction of ['forward', 'back'] as const) {
      const found = await trace({ subject: RAW, direction }, 'globex');
      expect(found).toMatchObject({ edges: [], events: [], nodes: [{ subject: RAW }] });
      expect(found.withheld).toEqual([
        { height: 1, transactionIndex: 0, recordIndex: 0, subject: RAW, withheld: true },
      ]);
    }
    expect((await trace({ subject: RAW }, 'umbrella')).withheld).toEqual([]);
  });
});

describe('an indexer', () => {
  const snapshot = () =>
    withClient(postgres.running.ownerUrl, async (client) => {
      const tables = ['blocks', 'records', 'mentions', 'position'];
      const parts = tables.map(
        (table) =>
          `(SELECT md5(string_agg(row::text, '|' ORDER BY row::text)) FROM search.${table} AS row) AS ${table}`,
      );
      return (await client.query(`SELECT ${parts.join(', ')}`)).rows[0] as unknown;
    });

  it('makes the same index again when it was emptied, without being told', async () => {
    const before = await snapshot();
    await emptySearchIndex(postgres.running.url);
    expect(await search.indexedHeight()).toBe(0);
    await caughtUp();
    expect(await snapshot()).toEqual(before);
  });

  it('begins anew when the rows are of another extraction', async () => {
    const before = await snapshot();
    indexer.stop();
    await index.begin(EXTRACTION_VERSION + 1);
    indexer = createIndexer();
    await caughtUp();
    expect(await snapshot()).toEqual(before);
  });

  it('goes on where it was after it ended between any two steps', async () => {
    const whole = await snapshot();
    indexer.stop();
    await index.begin(EXTRACTION_VERSION);
    let writes = 0;
    for (let life = 0; (await search.indexedHeight()) < chain.height; life++) {
      expect(life).toBeLessThan(50);
      const dying = createIndexer(forgetfulIndex(index, () => void (writes += 1)));
      const before = writes;
      dying.follow(chain.height);
      while (writes === before) await moment();
      dying.stop();
    }
    expect(writes).toBe(chain.height);
    expect(await snapshot()).toEqual(whole);
    indexer = createIndexer();
    await caughtUp();
  });

  it('waits while the database is away, says so, and goes on', async () => {
    const before = observer.logged.length;
    indexer.stop();
    let isAway = true;
    indexer = createIndexer({
      position: () => index.position(),
      begin: (version) => index.begin(version),
      readBlocks: async (...parts) => {
        if (isAway) throw new LedgerError('DATABASE_UNAVAILABLE', 'no answer');
        return index.readBlocks(...parts);
      },
      append: (...parts) => index.append(...parts),
    });
    await commit([transaction('acme/submitter', documentCommand(['urn:item:late']))]);
    indexer.follow(chain.height);
    while (indexer.standing().problem === undefined) await moment();
    expect(indexer.standing()).toEqual({ height: chain.height - 1, problem: 'no answer' });
    isAway = false;
    await caughtUp();
    expect(await places({ subject: 'urn:item:late' })).toHaveLength(1);
    const told = observer.logged.slice(before).map(({ level, message }) => `${level} ${message}`);
    expect(told).toEqual(['warn the search index stands still', 'info the search index goes on']);
  });

  it('may write nowhere but into its index, and readers write nothing', async () => {
    const { url, readerUrl } = postgres.running;
    await expect(
      withClient(readerUrl, (client) => client.query('DELETE FROM search.records')),
    ).rejects.toThrow(/permission denied/);
    await expect(withClient(url, (client) => client.query('DROP TABLE search.records'))).rejects.toThrow(
      /must be owner/,
    );
  });
});
