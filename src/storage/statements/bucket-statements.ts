/** Buckets of the state tree, which execution and proofs both read. */
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { StateKey } from '../../protocol/state/state-key.js';
import type { BucketKey, StateRow } from '../../node/ports.js';
import { byteaArray, int4Array } from '../connection/binary-array.js';
import type { ReadPool, Statement } from '../connection/read-pool.js';

/** Every row of the buckets $1 in the order of the state tree; key and value of those whose digest is in $2. */
const SELECT_BUCKETS: Statement = {
  name: 'select-buckets',
  text: `WITH wanted AS (SELECT DISTINCT digest FROM unnest($2::bytea[]) AS asked (digest))
         SELECT bucket, key_digest, value_digest,
                CASE WHEN wanted.digest IS NOT NULL THEN key END AS key,
                CASE WHEN wanted.digest IS NOT NULL THEN value END AS value
         FROM ledger.state LEFT JOIN wanted ON wanted.digest = key_digest
         WHERE bucket = ANY ($1::integer[])
         ORDER BY bucket, key_digest`,
};

interface BucketRow {
  readonly bucket: number;
  readonly key_digest: Uint8Array;
  readonly value_digest: Uint8Array;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export async function readBuckets(pool: ReadPool, keys: readonly BucketKey[]): Promise<readonly StateRow[]> {
  if (keys.length === 0) return [];
  const buckets = [...new Set(keys.map(({ bucket }) => bucket))];
  const rows = await pool.read<BucketRow>('read the state', SELECT_BUCKETS, [
    int4Array(buckets),
    byteaArray(keys.map(({ keyDigest }) => keyDigest)),
  ]);
  return rows.map(({ bucket, key_digest: keyDigest, value_digest: valueDigest, key, value }) =>
    key === null || value === null
      ? { bucket, keyDigest, valueDigest }
      : { bucket, keyDigest, valueDigest, key: bytesToHex(key) as StateKey, value },
  );
}
