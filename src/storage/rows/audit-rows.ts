/** Rows as an audit gets them: bytes as they are, messages decoded or with the fault in words. */
import type { Decoded, StoredBlock, StoredCheckpoint, StoredProof } from '../../audit/stored-rows.js';
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

export interface AuditProofRow extends Omit<StoredProof, 'evidence'> {
  readonly document: Uint8Array;
}

export function rowToStoredProof({ document, ...columns }: AuditProofRow): StoredProof {
  return { ...columns, evidence: decoded(() => decodeEvidence(document)) };
}
