/** The reads of the node itself: recovery, execution, block exchange. */
import type { Statement } from '../connection/read-pool.js';

export const SELECT_HEAD: Statement = {
  name: 'select-head',
  text: `SELECT height, hash, timestamp_ms, certificate, result_record, log_root, journal_id, journal_position
         FROM ledger.blocks ORDER BY height DESC LIMIT 1`,
};

export const SELECT_GENESIS: Statement = {
  name: 'select-genesis',
  text: 'SELECT chain_id FROM ledger.genesis',
};

export const SELECT_BLOCK_HASHES: Statement = {
  name: 'select-block-hashes',
  text: 'SELECT height, hash FROM ledger.blocks WHERE height = ANY ($1::bigint[])',
};

/** After the key ($1, $2), at most $3. */
export const SELECT_LEAVES: Statement = {
  name: 'select-leaves',
  // The digests of what is stored, not the stored digests: a value that was changed in place shows in the root.
  text: `SELECT bucket, key_digest, sha256(value) AS value_digest FROM ledger.state
         WHERE (bucket, key_digest) > ($1, $2) ORDER BY bucket, key_digest LIMIT $3`,
};

export const SELECT_STATE: Statement = {
  name: 'select-state',
  text: `SELECT key, value FROM ledger.state
         JOIN unnest($1::integer[], $2::bytea[]) AS wanted (bucket, key_digest) USING (bucket, key_digest)`,
};

export const SELECT_COMMITTED_IDS: Statement = {
  name: 'select-committed-ids',
  text: `SELECT id FROM ledger.transactions WHERE id = ANY ($1::bytea[])`,
};

/** Blocks [$1, $2] as long as their bodies together have at most $3 bytes, the first in any case. */
export const SELECT_BLOCKS: Statement = {
  name: 'select-blocks',
  text: `WITH candidates AS (
           SELECT height, sum(body_bytes) OVER (ORDER BY height) AS bytes
           FROM (SELECT height, body_bytes FROM ledger.blocks WHERE height BETWEEN $1 AND $2 ORDER BY height LIMIT $4) AS range
         )
         SELECT blocks.height, hash, header, blocks.certificate, checkpoints.certificate AS checkpoint
         FROM candidates JOIN ledger.blocks USING (height) LEFT JOIN ledger.checkpoints USING (height)
         WHERE candidates.bytes <= $3 OR height = $1
         ORDER BY height`,
};

export const SELECT_BODIES: Statement = {
  name: 'select-bodies',
  text: `SELECT height, body, signature FROM ledger.transactions WHERE height BETWEEN $1 AND $2 ORDER BY height, index`,
};

export const SELECT_LOG_ROOTS: Statement = {
  name: 'select-log-roots',
  text: 'SELECT height, log_root FROM ledger.blocks WHERE height BETWEEN $1 AND $2',
};
