/** The body of a block: its transactions in order. The header binds them by transactionRoot, not by these bytes. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BlockBodySchema, type BlockBody } from '../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesEqual } from '../primitives/bytes.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import type { GenesisParameters } from './genesis-parameters.js';
import { decodeSignedTransaction, transactionBytes, type Transaction } from './transaction.js';

export type BlockBodyLimits = Pick<
  GenesisParameters,
  'blockTransactionsMax' | 'blockBytesMax' | 'transactionBytesMax'
>;

/** Tag and length of a transaction, of its body and of its signature: 3 × (1 + 5) bytes at most. */
const FRAMING_BYTES_PER_TRANSACTION = 18;

export function encodeBlockBody(
  transactions: readonly Pick<Transaction, 'body' | 'signature'>[],
): Uint8Array {
  const message = create(BlockBodySchema, {
    transactions: transactions.map(({ body, signature }) => ({ body, signature })),
  });
  return toBinary(BlockBodySchema, message);
}

/** Sum of body and signature lengths: bodyBytes of the header. */
export function bodyBytes(transactions: readonly Pick<Transaction, 'body' | 'signature'>[]): number {
  return transactions.reduce((sum, transaction) => sum + transactionBytes(transaction), 0);
}

/**
 * The transactions of canonical body bytes, form and size checked; views of `bytes`. Refusals: BLOCK_INVALID,
 * TRANSACTION_DUPLICATE and those of decodeSignedTransaction, with the transaction's place in `field`.
 */
export function decodeBlockBody(bytes: Uint8Array, limits: BlockBodyLimits): Result<readonly Transaction[]> {
  const bytesMax = limits.blockBytesMax + FRAMING_BYTES_PER_TRANSACTION * limits.blockTransactionsMax;
  if (bytes.length > bytesMax)
    return reject('BLOCK_INVALID', `body has ${bytes.length} bytes, the limit is ${bytesMax}`, 'body');
  let message: BlockBody;
  try {
    message = fromBinary(BlockBodySchema, bytes, { readUnknownFields: false });
  } catch {
    return reject('BLOCK_INVALID', 'the body is not a protobuf BlockBody', 'body');
  }
  const count = message.transactions.length;
  if (count > limits.blockTransactionsMax) {
    return reject(
      'BLOCK_INVALID',
      `${count} transactions, the limit is ${limits.blockTransactionsMax}`,
      'body',
    );
  }
  const size = bodyBytes(message.transactions);
  if (size > limits.blockBytesMax) {
    return reject(
      'BLOCK_INVALID',
      `transactions of ${size} bytes, the limit is ${limits.blockBytesMax}`,
      'body',
    );
  }
  if (!bytesEqual(toBinary(BlockBodySchema, message), bytes)) {
    return reject('BLOCK_INVALID', 'the body differs from its canonical encoding', 'body');
  }
  return decodeTransactions(message, limits);
}

function decodeTransactions(message: BlockBody, limits: BlockBodyLimits): Result<readonly Transaction[]> {
  const transactions: Transaction[] = [];
  const ids = new Set<string>();
  for (const [index, { body, signature }] of message.transactions.entries()) {
    const transaction = decodeSignedTransaction(body, signature, limits);
    const field = `body.transactions[${index}]`;
    if (!transaction.ok) {
      const { code, message: what, field: inner } = transaction.rejection;
      return reject(code, what, inner === undefined ? field : `${field}.${inner}`);
    }
    if (ids.has(transaction.value.id)) {
      return reject(
        'TRANSACTION_DUPLICATE',
        `transaction ${transaction.value.id} stands twice in the block`,
        field,
      );
    }
    ids.add(transaction.value.id);
    transactions.push(transaction.value);
  }
  return accept(transactions);
}
