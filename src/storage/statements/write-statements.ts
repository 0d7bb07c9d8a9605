/** The statements that write, with their parameters. Rows of one table go as one array for each column. */
import type { ExecutedBlock, ExecutedWrite, GenesisResult } from '../../protocol/execution/executed-block.js';
import type { MerkleNode } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { sha256 } from '../../protocol/crypto/sha256.js';
import { encodeGenesis, GENESIS_FORMAT } from '../../protocol/ledger/genesis.js';
import { encodeHeader } from '../../protocol/ledger/block-header.js';
import type { CheckpointCertificate } from '../../protocol/pbft/certificate.js';
import { evidenceSlot, type Evidence } from '../../protocol/pbft/evidence.js';
import { bytesToHex, hexToBytes } from '../../protocol/primitives/bytes.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { stateKeyBytes, type StateKey } from '../../protocol/state/state-key.js';
import type { BlockToCommit, JournalPosition } from '../../node/ports.js';
import { encodeCheckpointCertificate, encodeQuorumCertificate } from '../certificate-bytes.js';
import { byteaArray, int4Array, int8Array } from '../connection/binary-array.js';
import type { WriteStatement } from '../connection/writer-connection.js';
import { encodeEvidence } from '../evidence-bytes.js';

export const BEGIN: WriteStatement = { text: 'BEGIN' };
export const COMMIT: WriteStatement = { text: 'COMMIT' };

/** The driver sends a Buffer as binary and anything else as text. */
function binary(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const INSERT_BLOCKS = `
  INSERT INTO ledger.blocks (height, hash, header, result_record, log_root, certificate, transaction_count, body_bytes,
                             timestamp_ms, journal_id, journal_position)
  SELECT *, $10, $11 FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[],
                                 $7::integer[], $8::integer[], $9::bigint[])`;

export function insertBlocks(blocks: readonly BlockToCommit[], journal: JournalPosition): WriteStatement {
  const headers = blocks.map(({ executed }) => executed.block.header);
  return {
    name: 'insert-blocks',
    text: INSERT_BLOCKS,
    values: [
      int8Array(headers.map(({ height }) => height)),
      byteaArray(blocks.map(({ executed }) => hexToBytes(executed.block.hash))),
      byteaArray(headers.map(encodeHeader)),
      byteaArray(blocks.map(({ executed }) => executed.resultRecordBytes)),
      byteaArray(blocks.map(({ executed }) => hexToBytes(executed.logRoot))),
      byteaArray(blocks.map(({ certificate }) => encodeQuorumCertificate(certificate))),
      int4Array(headers.map(({ transactionCount }) => transactionCount)),
      int4Array(headers.map(({ bodyBytes }) => bodyBytes)),
      int8Array(headers.map(({ timestampMs }) => timestampMs)),
      journal.journalId,
      journal.position,
    ],
  };
}

const INSERT_GENESIS_BLOCK = `
  INSERT INTO ledger.blocks (height, hash, result_record, log_root, transaction_count, body_bytes, timestamp_ms)
  VALUES (0, $1, $2, $3, 0, 0, $4)`;

export function insertGenesis(result: GenesisResult): readonly WriteStatement[] {
  const { chainId, blockHash, timestampMs } = result.resultRecord;
  const { name, parameters, organisations } = result.genesis;
  const document = encodeGenesis({ format: GENESIS_FORMAT, name, parameters, organisations });
  invariant(bytesToHex(sha256(document)) === chainId, 'the genesis document does not give the chain id');
  return [
    {
      text: 'INSERT INTO ledger.genesis (chain_id, document) VALUES ($1, $2)',
      values: [binary(hexToBytes(chainId)), binary(document)],
    },
    {
      text: INSERT_GENESIS_BLOCK,
      values: [
        binary(hexToBytes(blockHash)),
        binary(result.resultRecordBytes),
        binary(hexToBytes(result.logRoot)),
        timestampMs,
      ],
    },
  ];
}

const INSERT_TRANSACTIONS = `
  INSERT INTO ledger.transactions (height, index, id, body, signature, outcome)
  SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[])`;

export function insertTransactions(blocks: readonly ExecutedBlock[]): readonly WriteStatement[] {
  const rows = blocks.flatMap(({ block, transactions, outcomeBytes }) =>
    transactions.map(({ transaction }, index) => {
      const outcome = outcomeBytes[index];
      invariant(outcome !== undefined, 'a transaction was executed without an outcome');
      return { height: block.header.height, index, transaction, outcome };
    }),
  );
  if (rows.length === 0) return [];
  return [
    {
      name: 'insert-transactions',
      text: INSERT_TRANSACTIONS,
      values: [
        int8Array(rows.map(({ height }) => height)),
        int4Array(rows.map(({ index }) => index)),
        byteaArray(rows.map(({ transaction }) => hexToBytes(transaction.id))),
        byteaArray(rows.map(({ transaction }) => transaction.body)),
        byteaArray(rows.map(({ transaction }) => transaction.signature)),
        byteaArray(rows.map(({ outcome }) => outcome)),
      ],
    },
  ];
}

const INSERT_SUBJECT_ENTRIES = `
  INSERT INTO ledger.subject_entries (height, subject_digest, sequence, transaction_index, record_index, record_digest,
                                      record_start, record_end)
  SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::integer[], $5::integer[], $6::bytea[],
                       $7::integer[], $8::integer[])`;

export function insertSubjectEntries(blocks: readonly ExecutedBlock[]): readonly WriteStatement[] {
  const entries = blocks.flatMap(({ subjectEntries }) => subjectEntries);
  if (entries.length === 0) return [];
  return [
    {
      name: 'insert-subject-entries',
      text: INSERT_SUBJECT_ENTRIES,
      values: [
        int8Array(entries.map(({ height }) => height)),
        byteaArray(entries.map(({ subjectDigest }) => subjectDigest)),
        int8Array(entries.map(({ sequence }) => sequence)),
        int4Array(entries.map(({ transactionIndex }) => transactionIndex)),
        int4Array(entries.map(({ recordIndex }) => recordIndex)),
        byteaArray(entries.map(({ recordDigest }) => recordDigest)),
        int4Array(entries.map(({ start }) => start)),
        int4Array(entries.map(({ end }) => end)),
      ],
    },
  ];
}

export function insertSubjectNodes(blocks: readonly ExecutedBlock[]): readonly WriteStatement[] {
  const nodes = blocks.flatMap(({ subjectNodes }) => subjectNodes);
  if (nodes.length === 0) return [];
  return [
    {
      name: 'insert-subject-nodes',
      text: `INSERT INTO ledger.subject_nodes (subject_digest, level, index, hash)
             SELECT * FROM unnest($1::bytea[], $2::integer[], $3::bigint[], $4::bytea[])`,
      values: [
        byteaArray(nodes.map(({ subjectDigest }) => subjectDigest)),
        int4Array(nodes.map(({ level }) => level)),
        int8Array(nodes.map(({ index }) => index)),
        byteaArray(nodes.map(({ hash }) => hash)),
      ],
    },
  ];
}

export function insertLogNodes(nodes: readonly MerkleNode[]): WriteStatement {
  return {
    name: 'insert-log-nodes',
    text: 'INSERT INTO ledger.log_nodes (level, index, hash) SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bytea[])',
    values: [
      int4Array(nodes.map(({ level }) => level)),
      int8Array(nodes.map(({ index }) => index)),
      byteaArray(nodes.map(({ hash }) => hash)),
    ],
  };
}

const UPSERT_STATE = `
  INSERT INTO ledger.state (bucket, key_digest, key, value, value_digest)
  SELECT * FROM unnest($1::integer[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
  ON CONFLICT (bucket, key_digest) DO UPDATE SET value = excluded.value, value_digest = excluded.value_digest`;

const DELETE_STATE = `
  DELETE FROM ledger.state AS present USING unnest($1::integer[], $2::bytea[]) AS gone (bucket, key_digest)
  WHERE present.bucket = gone.bucket AND present.key_digest = gone.key_digest`;

/** The last write of each key, since one statement may change a row only once. */
function lastWrites(writes: readonly ExecutedWrite[]): readonly ExecutedWrite[] {
  const last = new Map<StateKey, ExecutedWrite>();
  for (const write of writes) last.set(write.key, write);
  return [...last.values()];
}

/** `inOrder` may hold several writes of one key. */
export function writeState(inOrder: readonly ExecutedWrite[]): readonly WriteStatement[] {
  const writes = lastWrites(inOrder);
  const statements: WriteStatement[] = [];
  const puts = writes.flatMap(({ bucket, key, keyDigest, value, valueDigest }) =>
    value === undefined || valueDigest === undefined ? [] : [{ bucket, key, keyDigest, value, valueDigest }],
  );
  const deletes = writes.filter(({ value }) => value === undefined);
  if (puts.length > 0) {
    statements.push({
      name: 'upsert-state',
      text: UPSERT_STATE,
      values: [
        int4Array(puts.map(({ bucket }) => bucket)),
        byteaArray(puts.map(({ keyDigest }) => keyDigest)),
        byteaArray(puts.map(({ key }) => stateKeyBytes(key))),
        byteaArray(puts.map(({ value }) => value)),
        byteaArray(puts.map(({ valueDigest }) => valueDigest)),
      ],
    });
  }
  if (deletes.length > 0) {
    statements.push({
      name: 'delete-state',
      text: DELETE_STATE,
      values: [
        int4Array(deletes.map(({ bucket }) => bucket)),
        byteaArray(deletes.map(({ keyDigest }) => keyDigest)),
      ],
    });
  }
  return statements;
}

export function insertCheckpoint(certificate: CheckpointCertificate): WriteStatement {
  return {
    name: 'insert-checkpoint',
    text: 'INSERT INTO ledger.checkpoints (height, root, certificate) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    values: [
      certificate.height,
      binary(hexToBytes(certificate.root)),
      binary(encodeCheckpointCertificate(certificate)),
    ],
  };
}

export function insertEvidence(evidence: Evidence): WriteStatement {
  return {
    name: 'insert-evidence',
    text: `INSERT INTO ledger.evidence (slot, offender, epoch, kind, document) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (slot) DO NOTHING`,
    values: [
      ...[evidenceSlot(evidence), evidence.offender, evidence.epoch, evidence.type],
      binary(encodeEvidence(evidence)),
    ],
  };
}
