/** The body of a block: its transactions in order. The header binds them by transactionRoot, not by these bytes. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BlockBodySchema, type BlockBody } from '../encoding/generated/countersign/v1/transaction_pb.js';
import type { TransactionId } from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import type { GenesisParameters } from './genesis-parameters.js';
import { decodeSignedTransaction, transactionBytes, transactionId, type Transaction } from './transaction.js';

export type BlockBodyLimits = Pick<
  GenesisParameters,
  'blockTransactionsMax' | 'blockBytesMax' | 'transactionBytesMax'
>;

/** A transaction that was decoded before, with exactly this signature. */
export type FindKnownTransaction = (id: TransactionId, signature: Uint8Array) => Transaction | undefined;

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
export function decodeBlockBody(
  bytes: Uint8Array,
  limits: BlockBodyLimits,
  findKnown?: FindKnownTransaction,
): Result<readonly Transaction[]> {
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
  if (!isCanonical(message, bytes.length)) {
    return reject('BLOCK_INVALID', 'the body differs from its canonical encoding', 'body');
  }
  return decodeTransactions(message, limits, findKnown);
}

function varintLength(value: number): number {
  let length = 1;
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Bytes of one length-delimited field whose number is below 16. */
function fieldLength(contentLength: number): number {
  return contentLength === 0 ? 0 : 1 + varintLength(contentLength) + contentLength;
}

/**
 * True when the parsed bytes are the canonical ones, without encoding them again: unknown or repeated fields, explicit
 * defaults and long varints all make them longer, and the order of the two fields shows in where their views lie.
 */
function isCanonical(message: BlockBody, length: number): boolean {
  let canonicalLength = 0;
  for (const { body, signature } of message.transactions) {
    if (body.length > 0 && signature.length > 0 && body.byteOffset > signature.byteOffset) return false;
    const content = fieldLength(body.length) + fieldLength(signature.length);
    canonicalLength += 1 + varintLength(content) + content;
  }
  return canonicalLength === length;
}

function decodeTransactions(
  message: BlockBody,
  limits: BlockBodyLimits,
  findKnown: FindKnownTransaction | undefined,
): Result<readonly Transaction[]> {
  const transactions: Transaction[] = [];
  const ids = new Set<string>();
  for (const [index, { body, signature }] of message.transactions.entries()) {
    const id = transactionId(body);
    const known = findKnown?.(id, signature);
    const transaction = known ? accept(known) : decodeSignedTransaction(body, signature, limits, id);
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
