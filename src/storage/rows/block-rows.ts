/** Rows of ledger.blocks and ledger.checkpoints as domain values. Rows are believed only as far as their bytes decode. */
import { encodeBlockBody } from '../../protocol/ledger/block-body.js';
import { decodeHeader, type BlockHeader } from '../../protocol/ledger/block-header.js';
import { decodeResultRecord, type ResultRecord } from '../../protocol/ledger/result-record.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { BlockHash } from '../../protocol/primitives/identifiers.js';
import type { BlockSummary, RawTransaction, SyncedBlock } from '../../node/ports.js';
import { decodeCheckpointCertificate, decodeQuorumCertificate } from '../certificate-bytes.js';
import { corrupt } from './corrupt.js';

export interface BlockRow {
  readonly height: number;
  readonly hash: Uint8Array;
  readonly header: Uint8Array;
  readonly certificate: Uint8Array;
  readonly result_record: Uint8Array;
}

export interface BlockSummaryRow extends BlockRow {
  readonly certified: boolean;
}

export interface SyncedBlockRow extends Omit<BlockRow, 'result_record'> {
  readonly checkpoint: Uint8Array | null;
}

export function headerOf(row: Pick<BlockRow, 'height' | 'header'>): BlockHeader {
  const header = decodeHeader(row.header);
  if (!header.ok) throw corrupt(`header ${row.height}: ${header.rejection.message}`);
  if (header.value.height !== row.height) {
    throw corrupt(`the header of block ${row.height} is that of block ${header.value.height}`);
  }
  return header.value;
}

export function resultRecordOf(height: number, bytes: Uint8Array): ResultRecord {
  const record = decodeResultRecord(bytes);
  if (!record.ok) throw corrupt(`result record ${height}: ${record.rejection.message}`);
  return record.value;
}

export function blockHashOf(row: Pick<BlockRow, 'hash'>): BlockHash {
  return bytesToHex(row.hash) as BlockHash;
}

export function rowToBlockSummary(row: BlockSummaryRow): BlockSummary {
  return {
    height: row.height,
    hash: blockHashOf(row),
    header: headerOf(row),
    headerBytes: row.header,
    resultRecord: row.result_record,
    certificate: decodeQuorumCertificate(row.certificate),
    certified: row.certified,
  };
}

export function rowToSyncedBlock(row: SyncedBlockRow, transactions: readonly RawTransaction[]): SyncedBlock {
  const header = headerOf(row);
  if (header.transactionCount !== transactions.length) {
    throw corrupt(
      `block ${row.height} has ${transactions.length} of ${header.transactionCount} transactions`,
    );
  }
  return {
    block: { header, hash: blockHashOf(row), body: encodeBlockBody(transactions) },
    certificate: decodeQuorumCertificate(row.certificate),
    checkpoint: row.checkpoint === null ? undefined : decodeCheckpointCertificate(row.checkpoint),
  };
}
