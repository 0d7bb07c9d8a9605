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
