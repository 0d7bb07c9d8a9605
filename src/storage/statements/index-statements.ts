/** The statements of whoever writes the search index. Rows of one table go as one array for each column. */
import { sha256 } from '../../protocol/crypto/sha256.js';
import { utf8ToBytes } from '../../protocol/primitives/bytes.js';
import type { IndexedBlock, IndexedRecord } from '../../node/index-ports.js';
import { byteaArray, int4Array, int8Array, textArray } from '../connection/binary-array.js';
import type { Statement } from '../connection/read-pool.js';
import type { WriteStatement } from '../connection/writer-connection.js';

const TERM_BYTES = 16;
const NO_TERM = new Uint8Array(0);
/** Stands for a time that is not there; no RFC 3339 text says it. */
const NO_TIME = Number.MIN_SAFE_INTEGER;

/** What the index keeps of a text: enough of its SHA-256 that nobody finds another with the same. */
export function termDigest(text: string): Buffer {
  return Buffer.from(sha256(utf8ToBytes(text)).subarray(0, TERM_BYTES));
}

function termArray(terms: readonly (string | undefined)[]): Buffer {
  return byteaArray(terms.map((term) => (term === undefined ? NO_TERM : termDigest(term))));
}

export const SELECT_POSITION: Statement = {
  name: 'select-index-position',
  text: 'SELECT version, height FROM search.position',
};

/** Blocks after $1 as long as their bodies together have at most $2 bytes, the first in any case. */
export const SELECT_BLOCKS_TO_INDEX: Statement = {
  name: 'select-blocks-to-index',
  text: `WITH candidates AS (
           SELECT height, timestamp_ms, row_number() OVER (ORDER BY height) AS place, sum(body_bytes) OVER (ORDER BY height) AS bytes
           FROM (SELECT height, timestamp_ms, body_bytes FROM ledger.blocks WHERE height > $1 ORDER BY height LIMIT $3) AS range
         )
         SELECT candidates.height, timestamp_ms, body, signature, outcome
         FROM candidates LEFT JOIN ledger.transactions ON transactions.height = candidates.height
         WHERE bytes <= $2 OR place = 1
         ORDER BY candidates.height, index`,
};

/** In one database transaction, the position first: two that empty or append take their turns at it. */
export function emptyIndex(version: number): readonly WriteStatement[] {
  return [
    {
      text: `INSERT INTO search.position (version, height) VALUES ($1, 0)
             ON CONFLICT (only_row) DO UPDATE SET version = excluded.version, height = 0`,
      values: [version],
    },
    { text: 'TRUNCATE search.blocks, search.records, search.mentions' },
  ];
}

/** One row when the index is at ($1, $2) and is at $3 then. */
export const MOVE_POSITION: Statement = {
  name: 'move-index-position',
  text: 'UPDATE search.position SET height = $3 WHERE version = $1 AND height = $2',
};

export function insertIndexed(blocks: readonly IndexedBlock[]): readonly WriteStatement[] {
  const filled = blocks.filter(({ records }) => records.length > 0);
  if (filled.length === 0) return [];
  const records = filled.flatMap((block) => block.records);
  return [
    {
      name: 'insert-indexed-blocks',
      text: 'INSERT INTO search.blocks (timestamp_ms, height) SELECT * FROM unnest($1::bigint[], $2::bigint[])',
      values: [
        int8Array(filled.map(({ timestampMs }) => timestampMs)),
        int8Array(filled.map(({ height }) => height)),
      ],
    },
    insertRecords(records),
    ...insertMentions(records),
  ];
}

const INSERT_RECORDS = `
  INSERT INTO search.records (height, transaction_index, record_index, record_digest, record_start, record_end, organisation, kind,
                              event_type, action, biz_step, disposition, read_point, biz_location, event_id, transformation_id,
                              event_time_ms)
  SELECT height, transaction_index, record_index, record_digest, record_start, record_end, organisation, kind,
         nullif(event_type, ''), nullif(action, ''), nullif(biz_step, ''::bytea), nullif(disposition, ''::bytea),
         nullif(read_point, ''::bytea), nullif(biz_location, ''::bytea), nullif(event_id, ''::bytea),
         nullif(transformation_id, ''::bytea), nullif(event_time_ms, ${NO_TIME})
  FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::bytea[], $5::integer[], $6::integer[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::bytea[], $12::bytea[], $13::bytea[], $14::bytea[], $15::bytea[], $16::bytea[],
              $17::bigint[])
       AS row (height, transaction_index, record_index, record_digest, record_start, record_end, organisation, kind,
               event_type, action, biz_step, disposition, read_point, biz_location, event_id, transformation_id, event_time_ms)`;

function insertRecords(records: readonly IndexedRecord[]): WriteStatement {
  return {
    name: 'insert-indexed-records',
    text: INSERT_RECORDS,
    values: [
      int8Array(records.map(({ height }) => height)),
      int4Array(records.map(({ transactionIndex }) => transactionIndex)),
      int4Array(records.map(({ recordIndex }) => recordIndex)),
      byteaArray(records.map(({ recordDigest }) => recordDigest)),
      int4Array(records.map(({ start }) => start)),
      int4Array(records.map(({ end }) => end)),
      textArray(records.map(({ organisation }) => organisation)),
      textArray(records.map(({ kind }) => kind)),
      textArray(records.map(({ eventType }) => eventType ?? '')),
      textArray(records.map(({ action }) => action ?? '')),
      termArray(records.map(({ bizStep }) => bizStep)),
      termArray(records.map(({ disposition }) => disposition)),
      termArray(records.map(({ readPoint }) => readPoint)),
      termArray(records.map(({ bizLocation }) => bizLocation)),
      termArray(records.map(({ eventId }) => eventId)),
      termArray(records.map(({ transformationId }) => transformationId)),
      int8Array(records.map(({ eventTimeMs }) => eventTimeMs ?? NO_TIME)),
    ],
  };
}

const INSERT_MENTIONS = `
  INSERT INTO search.mentions (subject_digest, height, transaction_index, record_index, roles)
  SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[])`;

function insertMentions(records: readonly IndexedRecord[]): readonly WriteStatement[] {
  const rows = records.flatMap(({ height, transactionIndex, recordIndex, mentions }) =>
    mentions.map((mention) => ({ height, transactionIndex, recordIndex, ...mention })),
  );
  if (rows.length === 0) return [];
  return [
    {
      name: 'insert-mentions',
      text: INSERT_MENTIONS,
      values: [
        byteaArray(rows.map(({ subject }) => termDigest(subject))),
        int8Array(rows.map(({ height }) => height)),
        int4Array(rows.map(({ transactionIndex }) => transactionIndex)),
        int4Array(rows.map(({ recordIndex }) => recordIndex)),
        int4Array(rows.map(({ roles }) => roles)),
      ],
    },
  ];
}
