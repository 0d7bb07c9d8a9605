/**
 * The reads of an audit. Numbers that a changed row could hold beyond what a ledger has are cut to what can be carried, so that
 * the row is found and not the read refused.
 */
import type { Statement } from '../connection/read-pool.js';

/** 2^53 − 1. */
const INTEGER_MAX = '9007199254740991';
const carried = (column: string, name = column): string =>
  `greatest(0, least(${column}, ${INTEGER_MAX})) AS ${name}`;

export const AUDIT_GENESIS: Statement = {
  name: 'audit-genesis',
  text: 'SELECT chain_id, document FROM ledger.genesis',
};

/** Heights [$1, $2], at most $3. */
export const AUDIT_BLOCKS: Statement = {
  name: 'audit-blocks',
  text: `SELECT height, hash, header, result_record, log_root, certificate, transaction_count, body_bytes, ${carried('timestamp_ms')}
         FROM ledger.blocks WHERE height BETWEEN $1 AND $2 ORDER BY height LIMIT $3`,
};

/** After ($1, $2) up to height $3; at most $4 rows, and no row more once they have $5 bytes. */
export const AUDIT_TRANSACTIONS: Statement = {
  name: 'audit-transactions',
  text: `SELECT ${carried('height')}, index, id, body, signature, outcome FROM (
           SELECT *, sum(octet_length(body)) OVER (ORDER BY height, index) - octet_length(body) AS bytes_before FROM (
             SELECT height, index, id, body, signature, outcome FROM ledger.transactions
             WHERE (height, index) > ($1::bigint, $2::integer) AND height <= $3 ORDER BY height, index LIMIT $4
           ) AS page
         ) AS measured WHERE bytes_before < $5 ORDER BY height, index`,
};

export const AUDIT_CHECKPOINTS: Statement = {
  name: 'audit-checkpoints',
  text: 'SELECT height, root, certificate FROM ledger.checkpoints WHERE height BETWEEN $1 AND $2 ORDER BY height',
};

/** Rows above the head as of one moment, at most $1 of each table. A leaf of the log is that of its height. */
export const AUDIT_STRAYS: Statement = {
  name: 'audit-strays',
  text: `WITH head AS MATERIALIZED (SELECT max(height) AS height FROM ledger.blocks)
         (SELECT 'transactions' AS stray, ${carried('transactions.height', 'height')}, index::bigint AS index, 0 AS level
          FROM ledger.transactions, head WHERE transactions.height > head.height ORDER BY transactions.height LIMIT $1)
         UNION ALL
         (SELECT 'checkpoints', ${carried('checkpoints.height', 'height')}, 0, 0
          FROM ledger.checkpoints, head WHERE checkpoints.height > head.height ORDER BY checkpoints.height LIMIT $1)
         UNION ALL
         (SELECT 'log_nodes', 0, ${carried('nodes.index', 'index')}, nodes.level
          FROM head, generate_series(0, 53) AS levels (level), LATERAL (
            SELECT log_nodes.level, log_nodes.index FROM ledger.log_nodes
            WHERE log_nodes.level = levels.level AND log_nodes.index >= (head.height + 1) >> levels.level
            ORDER BY log_nodes.index LIMIT $1
          ) AS nodes LIMIT $1)
         UNION ALL
         (SELECT 'log_nodes', 0, ${carried('index')}, level FROM ledger.log_nodes WHERE level > 53 LIMIT $1)`,
};

/** In pages of 8 kB, as a rule. */
export const AUDIT_ENTRY_PAGES: Statement = {
  name: 'audit-entry-pages',
  text: `SELECT pg_relation_size('ledger.subject_entries') / current_setting('block_size')::bigint AS pages`,
};

/** Named as the port names them: rows of the two largest tables are handed on as they come. */
const ENTRY = `subject_digest AS "subjectDigest", ${carried('sequence')}, ${carried('height')}, transaction_index AS "transactionIndex",
               record_index AS "recordIndex", record_digest AS "recordDigest", record_start AS "start", record_end AS "end"`;

/** Between two places of the heap, the second exclusive, in the order in which they lie there. */
export const AUDIT_ENTRIES_ON_PAGES: Statement = {
  name: 'audit-entries-on-pages',
  text: `SELECT ${ENTRY} FROM ledger.subject_entries
         WHERE ctid >= $1::tid AND ctid < $2::tid`,
};

export const AUDIT_BODIES: Statement = {
  name: 'audit-bodies',
  text: `SELECT height, index, body, outcome
         FROM ledger.transactions JOIN unnest($1::bigint[], $2::integer[]) AS wanted (height, index) USING (height, index)`,
};

/**
 * Of the $3 state entries after digest $2 in bucket $1 those of the kinds that count a history (subject, identityHistory,
 * organisationHistory, motionHistory), and the last digest that was looked at: most entries may be of other kinds.
 */
export const AUDIT_HISTORIES: Statement = {
  name: 'audit-histories',
  text: `WITH looked AS MATERIALIZED (
           SELECT bucket, key_digest, key, value,
                  octet_length(key) > 0 AND get_byte(key || '\\x00'::bytea, 0) IN (6, 12, 14, 15) AS counts
           FROM ledger.state
           WHERE (bucket, key_digest) > ($1::integer, $2::bytea)
             AND bucket = (get_byte(key_digest, 0) << 10) + (get_byte(key_digest, 1) << 2) + (get_byte(key_digest, 2) >> 6)
           ORDER BY bucket, key_digest LIMIT $3
         )
         SELECT head.height AS head, scanned.entries, scanned.last, page.*
         FROM (SELECT max(height) AS height FROM ledger.blocks) AS head,
              (SELECT (SELECT count(*) FROM looked) AS entries,
                      (SELECT key_digest FROM looked ORDER BY key_digest DESC LIMIT 1) AS last) AS scanned
         LEFT JOIN (SELECT key_digest, key, value FROM looked WHERE counts) AS page ON true
         ORDER BY page.key_digest`,
};

/** After ($1, $2) up to digest $3, at most $4. */
export const AUDIT_ENTRIES: Statement = {
  name: 'audit-entries',
  text: `SELECT ${ENTRY} FROM ledger.subject_entries
         WHERE (subject_digest, sequence) > ($1::bytea, $2::bigint) AND subject_digest <= $3
         ORDER BY subject_digest, subject_entries.sequence LIMIT $4`,
};

/** After ($1, $2, $3) up to digest $4, at most $5. */
export const AUDIT_SUBJECT_NODES: Statement = {
  name: 'audit-subject-nodes',
  text: `SELECT subject_digest AS "subjectDigest", level, ${carried('index')}, hash FROM ledger.subject_nodes
         WHERE (subject_digest, level, index) > ($1::bytea, $2::smallint, $3::bigint) AND subject_digest <= $4
         ORDER BY subject_digest, level, subject_nodes.index LIMIT $5`,
};

const LEAF = `bucket, key_digest AS "keyDigest", key, value_digest AS "valueDigest", sha256(value) AS "digestOfValue"`;

/** Buckets [$1, $2), with the head of the same moment. */
export const AUDIT_BUCKETS: Statement = {
  name: 'audit-buckets',
  text: `SELECT head.height AS head, page.*
         FROM (SELECT max(height) AS height FROM ledger.blocks) AS head
         LEFT JOIN (SELECT ${LEAF} FROM ledger.state WHERE bucket >= $1 AND bucket < $2) AS page ON true
         ORDER BY page.bucket, page."keyDigest"`,
};

/** After ($1, $2), at most $3. */
export const AUDIT_LEAVES: Statement = {
  name: 'audit-leaves',
  text: `SELECT ${LEAF} FROM ledger.state WHERE (bucket, key_digest) > ($1::integer, $2::bytea) ORDER BY bucket, key_digest LIMIT $3`,
};

export const AUDIT_HEAD: Statement = {
  name: 'audit-head',
  text: 'SELECT height, result_record FROM ledger.blocks ORDER BY height DESC LIMIT 1',
};

/** After $1, at most $2. */
export const AUDIT_PROOFS: Statement = {
  name: 'audit-proofs',
  text: `SELECT sequence, slot, offender, ${carried('epoch')}, kind, document FROM ledger.evidence
         WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
};
