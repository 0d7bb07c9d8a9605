/** Several signed transactions in one message: how peers share them, and how clients submit them together. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { TransactionBatchSchema, type TransactionBatch } from './generated/countersign/v1/peer_pb.js';

interface SignedBytes {
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

export function encodeTransactionBatch(transactions: readonly SignedBytes[]): Uint8Array {
  const messages = transactions.map(({ body, signature }) => ({ body, signature }));
  return toBinary(TransactionBatchSchema, create(TransactionBatchSchema, { transactions: messages }));
}

/** Views of `bytes`. Refusal: TRANSACTION_MALFORMED, also for fields that the message does not have. */
export function parseTransactionBatch(bytes: Uint8Array): Result<readonly SignedBytes[]> {
  let message: TransactionBatch;
  try {
    message = fromBinary(TransactionBatchSchema, bytes);
  } catch {
    return reject('TRANSACTION_MALFORMED', 'the bytes are not a protobuf TransactionBatch');
  }
  if (message.$unknown !== undefined || message.transactions.some((item) => item.$unknown !== undefined)) {
    return reject('TRANSACTION_MALFORMED', 'the TransactionBatch holds fields that it does not have');
  }
  return accept(message.transactions.map(({ body, signature }) => ({ body, signature })));
}
