/**
 * The block header and its canonical bytes. Nothing that changes when a block is proposed again in another view
 * (certificates, signer lists, the current view) is in it: the hash names the block for ever (BLK-1).
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { HEADER_TAG } from '../encoding/domain-tags.js';
import { sha256 } from '../crypto/sha256.js';
import { bytesToHex } from '../primitives/bytes.js';
import type {
  BlockHash,
  ChainId,
  Digest,
  Epoch,
  Height,
  TimestampMs,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';

export const HEADER_VERSION = 1;
const FLAG_EPOCH_FINAL = 1;

export interface BlockHeader {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  readonly height: Height;
  /** View in which the block was first proposed; never changes. */
  readonly originView: View;
  /** Index of the validator that first proposed it. */
  readonly proposer: ValidatorIndex;
  readonly parentHash: BlockHash;
  /** RFC 6962 root over the transactions (ledger/transaction-tree.ts). */
  readonly transactionRoot: Digest;
  readonly transactionCount: number;
  /** Sum of body and signature lengths. */
  readonly bodyBytes: number;
  /** Root of the result log up to height − L; of genesis alone while height ≤ L. */
  readonly resultRoot: Digest;
  readonly validatorsDigest: Digest;
  /** Zero unless epochFinal. */
  readonly nextValidatorsDigest: Digest;
  readonly timestampMs: TimestampMs;
  readonly epochFinal: boolean;
}

export function encodeHeader(header: BlockHeader): Uint8Array {
  return new ByteWriter()
    .u16(HEADER_VERSION)
    .digest(header.chainId)
    .u64(header.epoch)
    .u64(header.height)
    .u64(header.originView)
    .u16(header.proposer)
    .digest(header.parentHash)
    .digest(header.transactionRoot)
    .u32(header.transactionCount)
    .u32(header.bodyBytes)
    .digest(header.resultRoot)
    .digest(header.validatorsDigest)
    .digest(header.nextValidatorsDigest)
    .u64(header.timestampMs)
    .u8(header.epochFinal ? FLAG_EPOCH_FINAL : 0)
    .finish();
}

export function decodeHeader(bytes: Uint8Array): Result<BlockHeader> {
  const reader = new ByteReader(bytes);
  const version = reader.u16();
  const fields = {
    chainId: reader.digest() as ChainId | undefined,
    epoch: reader.u64(),
    height: reader.u64(),
    originView: reader.u64(),
    proposer: reader.u16(),
    parentHash: reader.digest() as BlockHash | undefined,
    transactionRoot: reader.digest(),
    transactionCount: reader.u32(),
    bodyBytes: reader.u32(),
    resultRoot: reader.digest(),
    validatorsDigest: reader.digest(),
    nextValidatorsDigest: reader.digest(),
    timestampMs: reader.u64(),
  };
  const flags = reader.u8();
  if (!reader.isComplete())
    return reject('BLOCK_INVALID', `header has ${bytes.length} bytes, not the fixed layout`, 'header');
  if (version !== HEADER_VERSION)
    return reject('BLOCK_INVALID', `header version ${version} is not ${HEADER_VERSION}`, 'header.version');
  if (flags !== 0 && flags !== FLAG_EPOCH_FINAL)
    return reject('BLOCK_INVALID', `unknown header flags ${flags}`, 'header.flags');
  // A complete reader has given every field.
  return accept({ ...(fields as Omit<BlockHeader, 'epochFinal'>), epochFinal: flags === FLAG_EPOCH_FINAL });
}

export function hashHeader(header: BlockHeader): BlockHash {
  return bytesToHex(sha256(HEADER_TAG, encodeHeader(header))) as BlockHash;
}
