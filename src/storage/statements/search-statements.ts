/**
 * The reads of searches and traces. A search scans one index in the order of its answer, once for each owner whose records count,
 * and looks at a bounded number of rows; every other filter is applied to what the scan has seen. How far a scan has come is told
 * to the caller, so it must see nothing that the caller may not read.
 */
import { invariant } from '../../protocol/primitives/invariant.js';
import type { RecordFilter, RecordQuery } from '../../node/index-ports.js';
import type { Statement } from '../connection/read-pool.js';
import { termDigest } from './index-statements.js';

/** Rows that one page looks at. */
export const SCANNED_ROWS_MAX = 5_000;
/** Records of one page together, unless the first alone has more. */
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * A page is bounded only where its index is read in order and left off: gathering every row of a value and sorting them, which the
 * planner likes for values that are rare on average, has no bound for one that is not.
 */
export const SEARCH_PLANNING = { enable_bitmapscan: 'off', enable_seqscan: 'off', enable_sort: 'off' };

/** Event times count from the year 0 in positions, since numbers there are not negative. */
const EVENT_TIME_ORIGIN_MS = 62_167_219_200_000;

type EqualityFilter = Exclude<
  keyof RecordFilter,
  'subject' | 'organisation' | 'eventTimeFromMs' | 'eventTimeToMs' | 'recordedFromMs' | 'recordedToMs'
>;

/** From what is expected to leave the least to what leaves the most: the first that is asked for is scanned. */
const COLUMNS: readonly (readonly [EqualityFilter, string, 'term' | 'text'])[] = [
  ['eventId', 'event_id', 'term'],
  ['transformationId', 'transformation_id', 'term'],
  ['bizLocation', 'biz_location', 'term'],
  ['readPoint', 'read_point', 'term'],
  ['bizStep', 'biz_step', 'term'],
  ['disposition', 'disposition', 'term'],
  ['kind', 'kind', 'text'],
  ['eventType', 'event_type', 'text'],
  ['action', 'action', 'text'],
];

const PLACE = ['height', 'transaction_index', 'record_index'];

/** Collects the values that a statement is sent with. */
class Values {
  readonly list: unknown[] = [];

  add(value: unknown): string {
    return `$${this.list.push(value)}`;
  }
}

function placed(value: string, kind: 'term' | 'text'): unknown {
  return kind === 'term' ? termDigest(value) : value;
}

/** Conditions `column = value` of the filters that are asked for, the one to scan first. */
function equalities(filter: RecordFilter, values: Values): readonly string[] {
  return COLUMNS.flatMap(([name, column, kind]) => {
    const value = filter[name];
    return value === undefined ? [] : [`${column} = ${values.add(placed(value, kind))}`];
  });
}

/** A span of time as a span of heights, found in the index of block times. */
function recordedSpan(
  { recordedFromMs, recordedToMs }: RecordFilter,
  height: string,
  values: Values,
): readonly string[] {
  const firstFrom = (timeMs: number): string =>
    `(SELECT blocks.height FROM search.blocks WHERE timestamp_ms >= ${values.add(timeMs)} ORDER BY timestamp_ms, blocks.height LIMIT 1)`;
  return [
    ...(recordedFromMs === undefined ? [] : [`${height} >= ${firstFrom(recordedFromMs)}`]),
    ...(recordedToMs === undefined
      ? []
      : [`${height} < coalesce(${firstFrom(recordedToMs)}, ${Number.MAX_SAFE_INTEGER})`]),
  ];
}

function eventTimeSpan({ eventTimeFromMs, eventTimeToMs }: RecordFilter, values: Values): readonly string[] {
  return [
    ...(eventTimeFromMs === undefined ? [] : [`event_time_ms >= ${values.add(eventTimeFromMs)}::bigint`]),
    ...(eventTimeToMs === undefined ? [] : [`event_time_ms < ${values.add(eventTimeToMs)}::bigint`]),
  ];
}

interface Order {
  readonly columns: readonly string[];
  readonly newestFirst: boolean;
}

function orderBy({ columns, newestFirst }: Order, table?: string): string {
  return columns
    .map((column) => `${table === undefined ? '' : `${table}.`}${column}${newestFirst ? ' DESC' : ''}`)
    .join(', ');
}

function afterPosition(order: Order, after: RecordQuery['after'], values: Values): readonly string[] {
  if (after === undefined) return [];
  const byEventTime = order.columns.length > PLACE.length;
  invariant(
    after.length === order.columns.length,
    'a position of a search has a number for each column of its order',
  );
  const numbers = after.map((number, index) =>
    byEventTime && index === 0 ? `${values.add(number - EVENT_TIME_ORIGIN_MS)}::bigint` : values.add(number),
  );
  return [`(${order.columns.join(', ')}) ${order.newestFirst ? '<' : '>'} (${numbers.join(', ')})`];
}

interface Scan {
  readonly sql: string;
  /** What the scan does not look at. */
  readonly rest: readonly string[];
}

/** What is looked at: rows of one index from the position on, in the order of the answer, at most SCANNED_ROWS_MAX. */
function scanned(query: RecordQuery, order: Order, values: Values): Scan {
  const { filter, owners, asOfHeight, after } = query;
  const bounds = [
    `height <= ${values.add(asOfHeight)}`,
    ...recordedSpan(filter, 'height', values),
    ...afterPosition(order, after, values),
  ];
  const tail = `ORDER BY ${orderBy(order)} LIMIT ${SCANNED_ROWS_MAX}`;
  const equal = equalities(filter, values);
  const span = eventTimeSpan(filter, values);
  if (filter.subject !== undefined && query.orderBy === 'recorded') {
    const isOwned = owners === undefined ? [] : [`organisation = ANY (${values.add(owners)}::text[])`];
    const conditions = [`subject_digest = ${values.add(termDigest(filter.subject))}`, ...bounds];
    const found = `SELECT ${PLACE.join(', ')} FROM search.mentions WHERE ${conditions.join(' AND ')} ${tail}`;
    const sql = `SELECT records.* FROM (${found}) AS found JOIN search.records USING (${PLACE.join(', ')})`;
    return { sql, rest: [...equal, ...span, ...isOwned] };
  }
  if (query.orderBy === 'eventTime') {
    const scan = ofOwners(owners, ['event_time_ms IS NOT NULL', ...span, ...bounds], tail, values);
    const subject = filter.subject === undefined ? [] : [mentions(filter.subject, values)];
    return { sql: scan, rest: [...equal, ...subject] };
  }
  const [first, ...others] = equal;
  const scan = ofOwners(owners, [...(first === undefined ? [] : [first]), ...bounds], tail, values);
  return { sql: scan, rest: [...others, ...span] };
}

/** One scan for each owner, merged in their order; one of everything when all may be seen. */
function ofOwners(
  owners: RecordQuery['owners'],
  conditions: readonly string[],
  tail: string,
  values: Values,
): string {
  const select = (condition: readonly string[]): string =>
    `SELECT * FROM search.records WHERE ${[...condition, ...conditions].join(' AND ')}`;
  if (owners === undefined) return `${select([])} ${tail}`;
  const each = owners.map((owner) => `(${select([`organisation = ${values.add(owner)}`])} ${tail})`);
  return `SELECT * FROM (${each.join(' UNION ALL ')}) AS owned ${tail}`;
}

function mentions(subject: string, values: Values): string {
  const digest = values.add(termDigest(subject));
  const same = PLACE.map((column) => `mentions.${column} = scanned.${column}`).join(' AND ');
  return `EXISTS (SELECT FROM search.mentions WHERE subject_digest = ${digest} AND ${same})`;
}

export const RECORD_COLUMNS = `
  found.height, found.transaction_index, found.record_index, found.record_digest, found.organisation, id, blocks.timestamp_ms,
  substring(body FROM record_start + 1 FOR record_end - record_start) AS record`;

export const RECORD_TABLES = `
  JOIN ledger.transactions ON transactions.height = found.height AND transactions.index = found.transaction_index
  JOIN ledger.blocks ON blocks.height = found.height`;

/**
 * One row for each record of the page and one more, or a single row without a record, or none when nothing was looked at. Each
 * row says how much matched, and where the scan has ended.
 */
export function searchRecords(query: RecordQuery): {
  readonly statement: Statement;
  readonly values: unknown[];
} {
  const values = new Values();
  const byEventTime = query.orderBy === 'eventTime';
  const order: Order = {
    columns: byEventTime ? ['event_time_ms', ...PLACE] : PLACE,
    newestFirst: query.newestFirst,
  };
  const reversed: Order = { ...order, newestFirst: !order.newestFirst };
  const scan = scanned(query, order, values);
  const conditions = scan.rest;
  const text = `
    WITH scanned AS MATERIALIZED (${scan.sql}),
    matching AS (
      SELECT *, sum(record_end - record_start) OVER (ORDER BY ${orderBy(order)}) AS bytes, count(*) OVER () AS matched
      FROM (SELECT * FROM scanned ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
            ORDER BY ${orderBy(order)} LIMIT ${values.add(query.limit + 1)}) AS limited
    ),
    page AS (
      SELECT ${RECORD_COLUMNS}, matched, found.event_time_ms + ${EVENT_TIME_ORIGIN_MS} AS event_time
      FROM (SELECT * FROM matching WHERE bytes <= ${PAGE_BYTES_MAX} OR bytes = record_end - record_start) AS found ${RECORD_TABLES}
    )
    SELECT page.*, (SELECT count(*) FROM scanned) AS scanned, reached.height AS end_height,
           reached.transaction_index AS end_transaction_index, reached.record_index AS end_record_index,
           reached.event_time_ms + ${EVENT_TIME_ORIGIN_MS} AS end_event_time
    FROM (SELECT * FROM scanned ORDER BY ${orderBy(reversed)} LIMIT 1) AS reached LEFT JOIN page ON true
    ORDER BY ${byEventTime ? `page.event_time${order.newestFirst ? ' DESC' : ''}, ` : ''}${orderBy({ ...order, columns: PLACE }, 'page')}`;
  return { statement: { text }, values: values.list };
}

export const SELECT_INDEXED_HEIGHT: Statement = {
  name: 'select-indexed-height',
  text: 'SELECT height FROM search.position',
};

/** Of each of the subjects $1, up to height $2, at most $3 for each and together. */
export const SELECT_LINKS: Statement = {
  name: 'select-links',
  text: `SELECT asked.place AS subject, records.height, records.transaction_index, records.record_index, organisation,
                record_end - record_start AS bytes
         FROM unnest($1::bytea[]) WITH ORDINALITY AS asked (digest, place)
         CROSS JOIN LATERAL (
           SELECT height, transaction_index, record_index FROM search.mentions
           WHERE subject_digest = asked.digest AND (roles & 30) <> 0 AND height <= $2
           ORDER BY height, transaction_index, record_index LIMIT $3
         ) AS link
         JOIN search.records USING (height, transaction_index, record_index)
         ORDER BY asked.place, records.height, records.transaction_index, records.record_index LIMIT $3`,
};

/** Of the transformation $1 up to height $2, at most $3. */
export const SELECT_TRANSFORMATION: Statement = {
  name: 'select-transformation',
  text: `SELECT height, transaction_index, record_index, organisation, record_end - record_start AS bytes
         FROM search.records WHERE transformation_id = $1 AND height <= $2
         ORDER BY organisation, height, transaction_index, record_index LIMIT $3`,
};

/** At the places ($1, $2, $3). */
export const SELECT_RECORDS: Statement = {
  name: 'select-records',
  text: `SELECT ${RECORD_COLUMNS}
         FROM (SELECT records.* FROM unnest($1::bigint[], $2::integer[], $3::integer[])
                                     AS asked (height, transaction_index, record_index)
               JOIN search.records USING (height, transaction_index, record_index)) AS found ${RECORD_TABLES}
         ORDER BY found.height, found.transaction_index, found.record_index`,
};
