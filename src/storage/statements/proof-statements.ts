/** Checkpoints and nodes of the result log, which the node and the REST edge both read. */
import type { MerkleNodeId } from '../../protocol/crypto/merkle/merkle-frontier.js';
import type { CheckpointCertificate } from '../../protocol/pbft/certificate.js';
import { decodeCheckpointCertificate } from '../certificate-bytes.js';
import { int4Array, int8Array } from '../connection/binary-array.js';
import type { ReadPool, Statement } from '../connection/read-pool.js';
import { corrupt } from '../rows/corrupt.js';

export const SELECT_CHECKPOINT: Statement = {
  name: 'select-checkpoint',
  text: 'SELECT certificate FROM ledger.checkpoints WHERE height = $1',
};

export const SELECT_FIRST_CHECKPOINT_FROM: Statement = {
  name: 'select-first-checkpoint-from',
  text: 'SELECT certificate FROM ledger.checkpoints WHERE height >= $1 ORDER BY height LIMIT 1',
};

export const SELECT_HIGHEST_CHECKPOINT: Statement = {
  name: 'select-highest-checkpoint',
  text: 'SELECT certificate FROM ledger.checkpoints ORDER BY height DESC LIMIT 1',
};

export const SELECT_LOG_NODES: Statement = {
  name: 'select-log-nodes',
  text: `SELECT hash FROM unnest($1::integer[], $2::bigint[]) WITH ORDINALITY AS wanted (level, index, position)
         LEFT JOIN ledger.log_nodes USING (level, index) ORDER BY position`,
};

export async function readCertificate(
  pool: ReadPool,
  statement: Statement,
  values: unknown[] = [],
): Promise<CheckpointCertificate | undefined> {
  const [row] = await pool.read<{ certificate: Uint8Array }>('read a checkpoint', statement, values);
  return row === undefined ? undefined : decodeCheckpointCertificate(row.certificate);
}

/** Hashes in the order of `nodes`. Rejects DATABASE_CORRUPT when one is missing. */
export async function readLogNodes(
  pool: ReadPool,
  nodes: readonly MerkleNodeId[],
): Promise<readonly Uint8Array[]> {
  if (nodes.length === 0) return [];
  const rows = await pool.read<{ hash: Uint8Array | null }>('read the result log', SELECT_LOG_NODES, [
    int4Array(nodes.map(({ level }) => level)),
    int8Array(nodes.map(({ index }) => index)),
  ]);
  return nodes.map(({ level, index }, position) => {
    const hash = rows[position]?.hash;
    if (hash === undefined || hash === null)
      throw corrupt(`node ${index} of level ${level} of the result log is missing`);
    return hash;
  });
}
