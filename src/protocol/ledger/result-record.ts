/**
 * The result of one block, the leaf of the result log. Record 0 is genesis. A checkpoint of height h signs the
 * RFC 6962 root over records 0..h; the leaf is these canonical bytes (RES-1, RES-2).
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { BlockHash, ChainId, Digest, Epoch, Height, TimestampMs } from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';

export const RESULT_RECORD_VERSION = 1;

export interface ResultRecord {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  readonly height: Height;
  readonly timestampMs: TimestampMs;
  /** Zero for genesis. */
  readonly blockHash: BlockHash;
  readonly entryCount: number;
  /** RFC 6962 root over the entries (transaction id ‖ outcome bytes). */
  readonly entriesRoot: Digest;
  readonly stateRoot: Digest;
  /** Digest of the validator set in force at this height. */
  readonly validatorsDigest: Digest;
  /** Digest of the validator set in force at the next height. */
  readonly nextValidatorsDigest: Digest;
}

export function encodeResultRecord(record: ResultRecord): Uint8Array {
  return new ByteWriter()
    .u16(RESULT_RECORD_VERSION)
    .digest(record.chainId)
    .u64(record.epoch)
    .u64(record.height)
    .u64(record.timestampMs)
    .digest(record.blockHash)
    .u32(record.entryCount)
    .digest(record.entriesRoot)
    .digest(record.stateRoot)
    .digest(record.validatorsDigest)
    .digest(record.nextValidatorsDigest)
    .finish();
}

export function decodeResultRecord(bytes: Uint8Array): Result<ResultRecord> {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const fields = {
    chainId: reader.digest() as ChainId | undefined,
    epoch: reader.u64(),
    height: reader.u64(),
    timestampMs: reader.u64(),
    blockHash: reader.digest() as BlockHash | undefined,
    entryCount: reader.u32(),
    entriesRoot: reader.digest(),
    stateRoot: reader.digest(),
    validatorsDigest: reader.digest(),
    nextValidatorsDigest: reader.digest(),
  };
  if (!reader.isComplete()) {
    return reject(
      'RECEIPT_MALFORMED',
      `result record has ${bytes.length} bytes, not the fixed layout`,
      'resultRecord',
    );
  }
  if (version !== RESULT_RECORD_VERSION) {
    return reject(
      'RECEIPT_MALFORMED',
      `result record version ${version} is not ${RESULT_RECORD_VERSION}`,
      'resultRecord.version',
    );
  }
  return accept(fields as ResultRecord);
}
