/** What two organisations compare: results by height, and the state by digests of what is stored. */
import type { StateDigest, StoredResult } from '../../node/ports.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Digest, Height } from '../../protocol/primitives/identifiers.js';
import type { StateKey } from '../../protocol/state/state-key.js';
import { stateBucketOf } from '../../protocol/state/state-tree.js';
import type { ReadPool, Statement } from '../connection/read-pool.js';

const SELECT_RESULT: Statement = {
  name: 'select-result',
  text: 'SELECT height, header, result_record, log_root FROM ledger.blocks WHERE height = $1',
};

/**
 * After the key ($1, $2), at most $3, with the head, as one view of the database. The digest of the stored value, not the stored
 * digest; one row without an entry when the page is empty.
 */
const LIST_STATE_DIGESTS: Statement = {
  name: 'list-state-digests',
  text: `SELECT head.height, page.key_digest, page.key, page.value_digest
         FROM (SELECT max(height) AS height FROM ledger.blocks) AS head
         LEFT JOIN (
           SELECT bucket, key_digest, key, sha256(value) AS value_digest FROM ledger.state
           WHERE (bucket, key_digest) > ($1, $2) ORDER BY bucket, key_digest LIMIT $3
         ) AS page ON true
         ORDER BY page.bucket, page.key_digest`,
};

export async function readResult(pool: ReadPool, height: Height): Promise<StoredResult | undefined> {
  interface Row {
    readonly header: Uint8Array | null;
    readonly result_record: Uint8Array;
    readonly log_root: Uint8Array;
  }
  const [row] = await pool.read<Row>('read a result', SELECT_RESULT, [height]);
  if (row === undefined) return undefined;
  const logRoot = bytesToHex(row.log_root) as Digest;
  return { height, header: row.header ?? undefined, resultRecord: row.result_record, logRoot };
}

interface DigestRow {
  readonly height: number | null;
  readonly key_digest: Uint8Array | null;
  readonly key: Uint8Array | null;
  readonly value_digest: Uint8Array | null;
}

export async function listStateDigests(
  pool: ReadPool,
  after: Uint8Array | undefined,
  limit: number,
): Promise<{ readonly asOfHeight: Height; readonly entries: readonly StateDigest[] }> {
  // The bucket is the beginning of the digest, so that the order of the table is that of the digests.
  const start = after === undefined ? [-1, new Uint8Array(0)] : [stateBucketOf(after), after];
  const rows = await pool.read<DigestRow>('list the digests of the state', LIST_STATE_DIGESTS, [
    ...start,
    limit,
  ]);
  const entries = rows.flatMap(({ key_digest, key, value_digest }): readonly StateDigest[] =>
    key_digest === null || key === null || value_digest === null
      ? []
      : [{ keyDigest: key_digest, key: bytesToHex(key) as StateKey, valueDigest: value_digest }],
  );
  return { asOfHeight: rows[0]?.height ?? 0, entries };
}
