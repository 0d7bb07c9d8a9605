/** The protobuf SignedTransaction that clients post: body and signature as opaque bytes, framed and nothing more. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { SignedTransactionSchema } from '../../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesEqual } from '../../primitives/bytes.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type { Signature } from '../../primitives/identifiers.js';

interface Signed {
  /** Encoded TransactionBody. */
  readonly body: Uint8Array;
  readonly signature: Signature;
}

export function encodeSignedTransaction(transaction: Signed): Uint8Array {
  const { body, signature } = transaction;
  return toBinary(SignedTransactionSchema, create(SignedTransactionSchema, { body, signature }));
}

/** Body and signature of canonical bytes. Refusals: TRANSACTION_MALFORMED, TRANSACTION_NOT_CANONICAL. */
export function parseSignedTransaction(bytes: Uint8Array): Result<Signed> {
  let message: Signed;
  try {
    message = fromBinary(SignedTransactionSchema, bytes, { readUnknownFields: false });
  } catch {
    return reject('TRANSACTION_MALFORMED', 'the bytes are not a protobuf SignedTransaction');
  }
  if (!bytesEqual(encodeSignedTransaction(message), bytes)) {
    return reject(
      'TRANSACTION_NOT_CANONICAL',
      'the bytes differ from the canonical encoding of a SignedTransaction',
    );
  }
  return accept({ body: message.body, signature: message.signature });
}
