/** Rows as an audit gets them: bytes as they are, messages decoded or with the fault in words. */
import type {
  Decoded,
  StoredBlock,
  StoredCheckpoint,
  StoredEntry,
  StoredLeaf,
  StoredProof,
} from '../../audit/stored-rows.js';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import { decodeCheckpointCertificate, decodeQuorumCertificate } from '../certificate-bytes.js';
import { decodeEvidence } from '../evidence-bytes.js';

/** What these decoders throw is DATABASE_CORRUPT with the fault as its cause or in its words. */
function decoded<Value>(read: () => Value): Decoded<Value> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { ok: false, fault: error.cause instanceof Error ? error.cause.message : 'bytes of another form' };
  }
}

export interface AuditBlockRow {
  readonly height: number;
  readonly hash: Uint8Array;
  readonly header: Uint8Array | null;
  readonly result_record: Uint8Array;
  readonly log_root: Uint8Array;
  readonly certificate: Uint8Array | null;
  readonly transaction_count: number;
  readonly body_bytes: number;
  readonly timestamp_ms: number;
}

export function rowToStoredBlock(row: AuditBlockRow): StoredBlock {
  const { height, hash, header, certificate } = row;
  return {
    height,
    hash,
    header: header ?? undefined,
    resultRecord: row.result_record,
    logRoot: row.log_root,
    certificate: certificate === null ? undefined : decoded(() => decodeQuorumCertificate(certificate)),
    transactionCount: row.transaction_count,
    bodyBytes: row.body_bytes,
    timestampMs: row.timestamp_ms,
  };
}

export interface AuditCheckpointRow {
  readonly height: number;
  readonly root: Uint8Array;
  readonly certificate: Uint8Array;
}

export function rowToStoredCheckpoint({ height, root, certificate }: AuditCheckpointRow): StoredCheckpoint {
  return { height, root, certificate: decoded(() => decodeCheckpointCertificate(certificate)) };
}

export interface AuditEntryRow {
  readonly subject_digest: Uint8Array;
  readonly sequence: number;
  readonly height: number;
  readonly transaction_index: number;
  readonly record_index: number;
  readonly record_digest: Uint8Array;
  readonly record_start: number;
  readonly record_end: number;
}

export function rowToStoredEntry(row: AuditEntryRow): StoredEntry {
  return {
    subjectDigest: row.subject_digest,
    sequence: row.sequence,
    height: row.height,
    transactionIndex: row.transaction_index,
    recordIndex: row.record_index,
    recordDigest: row.record_digest,
    start: row.record_start,
    end: row.record_end,
  };
}

export interface AuditLeafRow {
  readonly bucket: number;
  readonly key_digest: Uint8Array;
  readonly key: Uint8Array;
  readonly value_digest: Uint8Array;
  readonly digest_of_value: Uint8Array;
}

export function rowToStoredLeaf(row: AuditLeafRow): StoredLeaf {
  const { bucket, key } = row;
  return {
    bucket,
    keyDigest: row.key_digest,
    key,
    valueDigest: row.value_digest,
    digestOfValue: row.digest_of_value,
  };
}

export interface AuditProofRow extends Omit<StoredProof, 'evidence'> {
  readonly document: Uint8Array;
}

export function rowToStoredProof({ document, ...columns }: AuditProofRow): StoredProof {
  return { ...columns, evidence: decoded(() => decodeEvidence(document)) };
}
