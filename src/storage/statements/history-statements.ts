/** Histories: their pages, and what proofs of pages are made of. */
import { SUBJECT_NODE_LEVEL_MIN } from '../../protocol/execution/apply-records.js';
import type { MerkleNodeId } from '../../protocol/crypto/merkle/merkle-frontier.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { stateKeyDigest, type StateKey } from '../../protocol/state/state-key.js';
import { HISTORY_PAGE_BYTES_MAX, type HistoryLeaf, type HistoryPage } from '../../node/ports.js';
import { int4Array, int8Array } from '../connection/binary-array.js';
import type { ReadPool, Statement } from '../connection/read-pool.js';
import { corrupt } from '../rows/corrupt.js';
import { rowToHistoryEntry, type HistoryRow } from '../rows/transaction-rows.js';

/** Ranges of leaves beside a page: one at each end. */
const LEAVES_MAX = 2 * 2 ** SUBJECT_NODE_LEVEL_MIN;

/**
 * History under key digest $1 from sequence $2, at most $3 entries of at most $5 bytes, as of height $4 (NULL: all of it), with
 * its length, as one view of the database. Heights ascend with the sequence, so the length is found by halving, along the
 * primary key. One row without an entry when the page is empty.
 */
const SELECT_HISTORY: Statement = {
  name: 'select-history',
  text: `WITH RECURSIVE halving (low, high) AS (
           SELECT CASE WHEN $4::bigint IS NULL OR last.height <= $4 THEN last.sequence + 1 ELSE 0 END, last.sequence + 1
           FROM (SELECT sequence, height FROM ledger.subject_entries
                 WHERE subject_digest = $1 ORDER BY sequence DESC LIMIT 1) AS last
           UNION ALL
           SELECT CASE WHEN middle.height <= $4 THEN middle.sequence + 1 ELSE low END,
                  CASE WHEN middle.height <= $4 THEN high ELSE middle.sequence END
           FROM halving JOIN ledger.subject_entries AS middle
             ON middle.subject_digest = $1 AND middle.sequence = (low + high) / 2
           WHERE low < high
         ), length AS (
           SELECT coalesce((SELECT low FROM halving WHERE low = high), 0) AS total
         ), candidates AS (
           SELECT *, sum(record_end - record_start) OVER (ORDER BY sequence) AS bytes
           FROM (SELECT * FROM ledger.subject_entries
                 WHERE subject_digest = $1 AND sequence >= $2 AND sequence < (SELECT total FROM length)
                 ORDER BY sequence LIMIT $3) AS wanted
         )
         SELECT length.total, page.*
         FROM length LEFT JOIN (
           SELECT entries.sequence, entries.height, transaction_index, record_index, record_digest, id, outcome, timestamp_ms,
                  substring(body FROM record_start + 1 FOR record_end - record_start) AS record
           FROM (SELECT * FROM candidates WHERE bytes <= $5 OR sequence = $2) AS entries
           JOIN ledger.transactions ON transactions.height = entries.height AND transactions.index = transaction_index
           JOIN ledger.blocks ON blocks.height = entries.height
         ) AS page ON true
         ORDER BY page.sequence`,
};

/**
 * Sequences [from, to) of the arrays $2 and $3. Each range is looked up by itself: joined with the table at once, the server reads the
 * whole history and compares.
 */
const SELECT_LEAVES: Statement = {
  name: 'select-history-leaves',
  text: `SELECT leaf.*
         FROM unnest($2::bigint[], $3::bigint[]) AS range (first, beyond)
         CROSS JOIN LATERAL (
           SELECT sequence, height, transaction_index, record_index, record_digest FROM ledger.subject_entries
           WHERE subject_digest = $1 AND sequence >= first AND sequence < beyond
           ORDER BY sequence LIMIT ${LEAVES_MAX}
         ) AS leaf
         ORDER BY sequence`,
};

/** Levels $2 and indexes $3, each looked up by itself as the leaves are. */
const SELECT_NODES: Statement = {
  name: 'select-history-nodes',
  text: `SELECT node.hash FROM unnest($2::integer[], $3::bigint[]) WITH ORDINALITY AS wanted (level, index, position)
         LEFT JOIN LATERAL (
           SELECT hash FROM ledger.subject_nodes
           WHERE subject_digest = $1 AND level = wanted.level AND index = wanted.index LIMIT 1
         ) AS node ON true
         ORDER BY position`,
};

function digestOf(history: StateKey): Buffer {
  return Buffer.from(stateKeyDigest(history));
}

export async function readHistory(
  pool: ReadPool,
  history: StateKey,
  page: { readonly from: number; readonly limit: number; readonly atHeight: Height | undefined },
): Promise<HistoryPage> {
  type Row = { readonly total: number } & (HistoryRow | { readonly sequence: null });
  const rows = await pool.read<Row>('read a history', SELECT_HISTORY, [
    ...[digestOf(history), page.from, page.limit, page.atHeight ?? null, HISTORY_PAGE_BYTES_MAX],
  ]);
  const total = rows[0]?.total ?? 0;
  const entries = rows.flatMap((row) => (row.sequence === null ? [] : [rowToHistoryEntry(row)]));
  return { total, entries };
}

/** Rejects DATABASE_CORRUPT when one is missing. */
export async function readHistoryLeaves(
  pool: ReadPool,
  history: StateKey,
  ranges: readonly { readonly from: number; readonly to: number }[],
): Promise<readonly HistoryLeaf[]> {
  const wanted = ranges.reduce((count, { from, to }) => count + to - from, 0);
  if (wanted === 0) return [];
  invariant(wanted <= LEAVES_MAX, `more than ${LEAVES_MAX} leaves of a history at once`);
  type Row = Pick<HistoryRow, 'height' | 'transaction_index' | 'record_index' | 'record_digest'>;
  const rows = await pool.read<Row>('read a history', SELECT_LEAVES, [
    digestOf(history),
    int8Array(ranges.map(({ from }) => from)),
    int8Array(ranges.map(({ to }) => to)),
  ]);
  if (rows.length !== wanted)
    throw corrupt(`${wanted - rows.length} entries of the history ${history} are missing`);
  return rows.map((row) => ({
    height: row.height,
    transactionIndex: row.transaction_index,
    recordIndex: row.record_index,
    recordDigest: row.record_digest,
  }));
}

/** Rejects DATABASE_CORRUPT when one is missing. */
export async function readHistoryNodes(
  pool: ReadPool,
  history: StateKey,
  nodes: readonly MerkleNodeId[],
): Promise<readonly Uint8Array[]> {
  if (nodes.length === 0) return [];
  const rows = await pool.read<{ hash: Uint8Array | null }>('read a history', SELECT_NODES, [
    digestOf(history),
    int4Array(nodes.map(({ level }) => level)),
    int8Array(nodes.map(({ index }) => index)),
  ]);
  return nodes.map(({ level, index }, position) => {
    const hash = rows[position]?.hash;
    if (hash === undefined || hash === null)
      throw corrupt(`node ${index} of level ${level} of the history ${history} is missing`);
    return hash;
  });
}
