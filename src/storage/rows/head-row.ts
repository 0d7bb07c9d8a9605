/** The highest block's row as the head of the ledger, with the frontier of the result log rebuilt from its nodes. */
import { frontierRoot } from '../../protocol/crypto/merkle/merkle-frontier.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import type { Digest } from '../../protocol/primitives/identifiers.js';
import type { StoredHead } from '../../node/ports.js';
import { decodeQuorumCertificate } from '../certificate-bytes.js';
import { blockHashOf, resultRecordOf } from './block-rows.js';
import { corrupt } from './corrupt.js';

export interface HeadRow {
  readonly height: number;
  readonly hash: Uint8Array;
  readonly timestamp_ms: number;
  readonly certificate: Uint8Array | null;
  readonly result_record: Uint8Array;
  readonly log_root: Uint8Array;
  readonly journal_id: string | null;
  readonly journal_position: number | null;
}

/** `hashes` are those of frontierNodes(height + 1). Throws LedgerError DATABASE_CORRUPT. */
export function rowToHead(row: HeadRow, hashes: readonly Uint8Array[]): StoredHead {
  const resultLog = { size: row.height + 1, hashes };
  const logRoot = bytesToHex(row.log_root) as Digest;
  if (bytesToHex(frontierRoot(resultLog)) !== logRoot) {
    throw corrupt(`the nodes of the result log do not give the root of height ${row.height}`);
  }
  const { journal_id: journalId, journal_position: position } = row;
  return {
    height: row.height,
    blockHash: blockHashOf(row),
    timestampMs: row.timestamp_ms,
    certificate: row.certificate === null ? undefined : decodeQuorumCertificate(row.certificate),
    stateRoot: resultRecordOf(row.height, row.result_record).stateRoot,
    logRoot,
    resultLog,
    journal: journalId === null || position === null ? undefined : { journalId, position },
  };
}
