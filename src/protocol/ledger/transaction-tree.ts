/** The RFC 6962 tree over a block's transactions; a leaf is id ‖ signature, so the header binds the signatures too. */
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { merkleRoot } from '../crypto/merkle/merkle-tree.js';
import { bytesToHex, concatBytes, hexToBytes } from '../primitives/bytes.js';
import type { Digest } from '../primitives/identifiers.js';
import type { Transaction } from './transaction.js';

export function transactionLeafHash(transaction: Pick<Transaction, 'id' | 'signature'>): Uint8Array {
  return leafHash(concatBytes(hexToBytes(transaction.id), transaction.signature));
}

/** `transactionRoot` of the header; without transactions the root of the empty tree. */
export function transactionRoot(transactions: readonly Pick<Transaction, 'id' | 'signature'>[]): Digest {
  return bytesToHex(merkleRoot(transactions.map(transactionLeafHash))) as Digest;
}
