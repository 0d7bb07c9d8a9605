/**
 * Builds and signs transactions. The body is encoded once and signed as it stands (docs/PROTOCOL.md, transactions), so
 * the id is known before anything is sent, and sending the same bytes again is harmless.
 */
import { signMessage } from '../protocol/crypto/ed25519.js';
import { encodeSignedTransaction, parseSignedTransaction } from '../protocol/ledger/transaction.js';
import {
  encodeTransactionBody,
  transactionId,
  transactionSigningBytes,
  type Command,
  type DocumentToRecord,
} from '../protocol/ledger/transaction.js';
import type { ChainId, Height, TransactionId } from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';
import type { Result } from '../protocol/primitives/rejection.js';
import type { KeyPair } from './key-pair.js';
import type { TransactionSigner } from './key-pair.js';

export interface SignedTransaction {
  /** Digest of the body; the signature is not part of it. */
  readonly id: TransactionId;
  readonly body: Uint8Array;
  /** 64 bytes, Ed25519. */
  readonly signature: Uint8Array;
  /** The encoded protobuf SignedTransaction that is posted. */
  readonly bytes: Uint8Array;
}

export interface TransactionTerms {
  /** SHA-256 of the genesis document: `genesis()` of the client, or parseGenesis. */
  readonly chainId: ChainId;
  /** 1 to 128 printable ASCII characters; an executed transaction reserves it for its identity for ever. */
  readonly idempotencyKey: string;
  /** Last height at which the ledger may take the transaction. */
  readonly validUntilHeight: Height;
}

function assemble(body: Uint8Array, signature: Uint8Array): SignedTransaction {
  return { id: transactionId(body), body, signature, bytes: encodeSignedTransaction({ body, signature }) };
}

/** With a key that the caller holds. Throws InvariantViolation on terms that no ledger would accept. */
export function signTransaction(
  keyPair: KeyPair,
  terms: TransactionTerms,
  command: Command,
): SignedTransaction {
  const body = encodeTransactionBody({ ...terms, publicKey: keyPair.publicKey, command });
  const signature = signMessage(keyPair.seed, transactionSigningBytes(body));
  return assemble(body, signature);
}

/** With a key that somebody else holds; rejects as the signer does, and with InvariantViolation as signTransaction. */
export async function signTransactionWith(
  signer: TransactionSigner,
  terms: TransactionTerms,
  command: Command,
): Promise<SignedTransaction> {
  const body = encodeTransactionBody({ ...terms, publicKey: signer.publicKey, command });
  const [signature] = await signer.sign([transactionSigningBytes(body)]);
  invariant(signature !== undefined, 'a signer gives one signature for each message');
  return assemble(body, signature);
}

/** Records JSON documents, all or none; `content` is kept byte for byte. */
export function recordDocuments(documents: readonly DocumentToRecord[]): Command {
  return { type: 'recordDocuments', documents };
}

/** Records every event of an EPCIS 2.0 JSON document, all or none; the document is kept byte for byte. */
export function captureEpcisDocument(document: Uint8Array): Command {
  return { type: 'captureEpcisDocument', document };
}

/** A transaction that was signed elsewhere. Refusals: TRANSACTION_MALFORMED, TRANSACTION_NOT_CANONICAL. */
export function decodeSignedTransaction(bytes: Uint8Array): Result<SignedTransaction> {
  const parsed = parseSignedTransaction(bytes);
  if (!parsed.ok) return parsed;
  const { body, signature } = parsed.value;
  return { ok: true, value: { id: transactionId(body), body, signature, bytes } };
}
