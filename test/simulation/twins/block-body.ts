/** Bodies of simulated blocks: transaction names separated by spaces; the root is a plain digest of them. */
import { sha256 } from '../../../src/protocol/crypto/sha256.js';
import type { Block } from '../../../src/protocol/ledger/block.js';
import { hashHeader, type BlockHeader } from '../../../src/protocol/ledger/block-header.js';
import { bytesToHex, utf8ToBytes } from '../../../src/protocol/primitives/bytes.js';
import type { Digest } from '../../../src/protocol/primitives/identifiers.js';

type BodyFields = 'transactionRoot' | 'transactionCount' | 'bodyBytes';

export function createBlock(header: Omit<BlockHeader, BodyFields>, transactions: readonly string[]): Block {
  const body = utf8ToBytes(transactions.join(' '));
  const complete: BlockHeader = {
    ...header,
    transactionRoot: bytesToHex(sha256(body)) as Digest,
    transactionCount: transactions.length,
    bodyBytes: body.length,
  };
  return { header: complete, hash: hashHeader(complete), body };
}

export function isBodyBound({ header, body }: Block): boolean {
  return header.bodyBytes === body.length && header.transactionRoot === bytesToHex(sha256(body));
}
