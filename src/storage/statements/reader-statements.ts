/** The reads of the REST edge. A page is bounded by its limit and starts at a key, never at an offset. */
import type { Statement } from '../connection/read-pool.js';

const TRANSACTION = 'SELECT height, index, id, body, signature, outcome FROM ledger.transactions';

export const SELECT_TRANSACTION: Statement = {
  name: 'select-transaction',
  text: `${TRANSACTION} WHERE id = $1`,
};

/** After ($1, $2), at most $3. */
export const LIST_TRANSACTIONS: Statement = {
  name: 'list-transactions',
  text: `${TRANSACTION} WHERE (height, index) > ($1, $2) ORDER BY height, index LIMIT $3`,
};

/** Of height $4 alone. */
export const LIST_TRANSACTIONS_OF_BLOCK: Statement = {
  name: 'list-transactions-of-block',
  text: `${TRANSACTION} WHERE (height, index) > ($1, $2) AND height = $4 ORDER BY height, index LIMIT $3`,
};

export const SELECT_ENTRIES: Statement = {
  name: 'select-entries',
  text: 'SELECT id, outcome FROM ledger.transactions WHERE height = $1 ORDER BY index',
};

/** A checkpoint certifies its height and everything below it. */
const BLOCK = `
  SELECT height, hash, header, certificate, result_record,
         height <= coalesce((SELECT max(height) FROM ledger.checkpoints), -1) AS certified
  FROM ledger.blocks`;

export const SELECT_BLOCK: Statement = {
  name: 'select-block',
  text: `${BLOCK} WHERE height = $1 AND height > 0`,
};

/** Between $1 and $2, both exclusive, at most $3. */
export const LIST_BLOCKS_ASCENDING: Statement = {
  name: 'list-blocks-ascending',
  text: `${BLOCK} WHERE height > greatest($1, 0) AND height < $2 ORDER BY height LIMIT $3`,
};

export const LIST_BLOCKS_DESCENDING: Statement = {
  name: 'list-blocks-descending',
  text: `${BLOCK} WHERE height > greatest($1, 0) AND height < $2 ORDER BY height DESC LIMIT $3`,
};

/**
 * History under key digest $1 from sequence $2, at most $3, with its length, as one view of the database. One row without
 * an entry when the page is empty.
 */
export const SELECT_HISTORY: Statement = {
  name: 'select-history',
  text: `SELECT length.total, page.*
         FROM (SELECT coalesce(max(sequence) + 1, 0) AS total FROM ledger.subject_entries WHERE subject_digest = $1) AS length
         LEFT JOIN (
           SELECT entries.sequence, entries.height, transaction_index, record_index, record_digest, id, outcome, timestamp_ms,
                  substring(body FROM record_start + 1 FOR record_end - record_start) AS record
           FROM (SELECT * FROM ledger.subject_entries
                 WHERE subject_digest = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3) AS entries
           JOIN ledger.transactions ON transactions.height = entries.height AND transactions.index = transaction_index
           JOIN ledger.blocks ON blocks.height = entries.height
         ) AS page ON true
         ORDER BY page.sequence`,
};

export const SELECT_HEAD_HEIGHT: Statement = {
  name: 'select-head-height',
  text: 'SELECT max(height) AS height FROM ledger.blocks',
};

/** After $1, at most $2. */
export const LIST_EVIDENCE: Statement = {
  name: 'list-evidence',
  text: `SELECT sequence, document, saved_at_ms FROM ledger.evidence WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
};

export const PING: Statement = { name: 'ping', text: 'SELECT' };
