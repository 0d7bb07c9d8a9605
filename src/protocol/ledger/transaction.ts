/**
 * A signed transaction as it enters the process, and the rules of inclusion that need no state (TX-6):
 * form, size, signature, chain, expiry. Whether the signer has the right is decided at execution.
 */
import { sha256 } from '../crypto/sha256.js';
import type { SignatureVerifier } from '../crypto/signature-verifier.js';
import { COMMAND_TAG, TRANSACTION_TAG } from '../encoding/domain-tags.js';
import type { TransactionBody } from '../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesToHex, concatBytes } from '../primitives/bytes.js';
import { bigintToInteger } from '../primitives/checked-integers.js';
import type {
  ChainId,
  Digest,
  Height,
  PublicKey,
  Signature,
  TransactionId,
} from '../primitives/identifiers.js';
import { accept, reject, type Rejection, type Result } from '../primitives/rejection.js';
import type { GenesisParameters } from './genesis-parameters.js';
import type { Command } from './transaction/command.js';
import { isToken } from './transaction/command.js';
import { messageToCredentialCommand } from './transaction/credential-command.js';
import { messageToGovernanceCommand } from './transaction/governance-command.js';
import { messageToIdentityCommand } from './transaction/identity-command.js';
import { messageToSetReaders } from './transaction/set-readers-command.js';
import { commandOffset, parseTransactionBody } from './transaction/transaction-body.js';

export { encodeSignedTransaction, parseSignedTransaction } from './transaction/signed-transaction.js';
export { isToken } from './transaction/command.js';
export { encodeTransactionBody, type TransactionFields } from './transaction/transaction-body.js';
export type {
  CaptureEpcisDocumentCommand,
  Command,
  DocumentToRecord,
  RecordDocumentsCommand,
} from './transaction/command.js';
export type {
  ChangeIdentityCommand,
  IdentityKey,
  RegisterIdentityCommand,
  RevokeIdentityCommand,
  RotateIdentityKeyCommand,
} from './transaction/identity-command.js';
export type {
  CastBallotCommand,
  ProposeMotionCommand,
  SetAddressCommand,
  WithdrawMotionCommand,
} from './transaction/governance-command.js';
export type { LedgerKey, ParameterValue, PlainAction, ProposedAction } from './transaction/motion-action.js';
export {
  CREDENTIAL_TYPES,
  CREDENTIALS_PER_ORGANISATION_MAX,
  isInForce,
  signsReceipts,
  type CredentialType,
  type CredentialValidity,
} from './transaction/credential.js';
export type {
  CredentialKey,
  RegisterCredentialCommand,
  RevokeCredentialCommand,
} from './transaction/credential-command.js';
export type { SetReadersCommand } from './transaction/set-readers-command.js';

export const SIGNATURE_BYTES = 64;

export interface Transaction {
  readonly id: TransactionId;
  /** Encoded TransactionBody as sent: hashed and signed as it stands. */
  readonly body: Uint8Array;
  readonly signature: Signature;
  readonly chainId: ChainId;
  readonly publicKey: PublicKey;
  readonly idempotencyKey: string;
  /** Last height at which it may be included. */
  readonly validUntilHeight: Height;
  readonly command: Command;
  /** Offset in `body` of the encoded command, which reaches to the end. */
  readonly commandStart: number;
}

/** What an Ed25519 key signs. */
export function transactionSigningBytes(body: Uint8Array): Uint8Array {
  return concatBytes(TRANSACTION_TAG, body);
}

/** SHA-256 of the signing bytes: the signature is not part of the id. */
export function transactionId(body: Uint8Array): TransactionId {
  return bytesToHex(sha256(TRANSACTION_TAG, body)) as TransactionId;
}

/** What counts against transactionBytesMax, blockBytesMax and the header's bodyBytes. */
export function transactionBytes(transaction: Pick<Transaction, 'body' | 'signature'>): number {
  return transaction.body.length + transaction.signature.length;
}

/** Names the command for ever under an idempotency key: the same digest in another body is the same command. */
export function commandDigest(transaction: Transaction): Digest {
  return bytesToHex(sha256(COMMAND_TAG, transaction.body.subarray(transaction.commandStart))) as Digest;
}

/**
 * Decodes and checks form and size. Refusals: TRANSACTION_TOO_LARGE, TRANSACTION_MALFORMED,
 * TRANSACTION_NOT_CANONICAL, SIGNATURE_MISSING, SIGNATURE_INVALID (its length), IDEMPOTENCY_KEY_INVALID, COMMAND_UNKNOWN.
 */
export function decodeSignedTransaction(
  body: Uint8Array,
  signature: Uint8Array,
  limits: Pick<GenesisParameters, 'transactionBytesMax'>,
  /** transactionId(body), where it is known already. */
  id?: TransactionId,
): Result<Transaction> {
  const size = body.length + signature.length;
  if (size > limits.transactionBytesMax) {
    return reject(
      'TRANSACTION_TOO_LARGE',
      `body and signature have ${size} bytes, the limit is ${limits.transactionBytesMax}; split it`,
      'body',
    );
  }
  if (signature.length === 0)
    return reject(
      'SIGNATURE_MISSING',
      'the signature is empty; sign the body with the key it names',
      'signature',
    );
  if (signature.length !== SIGNATURE_BYTES) {
    return reject(
      'SIGNATURE_INVALID',
      `an Ed25519 signature has ${SIGNATURE_BYTES} bytes, not ${signature.length}`,
      'signature',
    );
  }
  const message = parseTransactionBody(body);
  if (message === 'malformed')
    return reject('TRANSACTION_MALFORMED', 'the body is not a protobuf TransactionBody', 'body');
  if (message === 'not-canonical') {
    return reject(
      'TRANSACTION_NOT_CANONICAL',
      'the body differs from its canonical encoding (unknown field, order, default, or varint form)',
      'body',
    );
  }
  return messageToTransaction(message, body, signature, id ?? transactionId(body));
}

function messageToTransaction(
  message: TransactionBody,
  body: Uint8Array,
  signature: Signature,
  id: TransactionId,
): Result<Transaction> {
  if (message.chainId.length !== 32)
    return reject('TRANSACTION_MALFORMED', 'a chain id has 32 bytes', 'chain_id');
  if (message.publicKey.length !== 32)
    return reject('TRANSACTION_MALFORMED', 'a public key has 32 bytes', 'public_key');
  if (!isToken(message.idempotencyKey)) {
    return reject(
      'IDEMPOTENCY_KEY_INVALID',
      'the key must be 1 to 128 printable ASCII characters without space',
      'idempotency_key',
    );
  }
  const validUntilHeight = bigintToInteger(message.validUntilHeight);
  if (validUntilHeight === undefined)
    return reject('TRANSACTION_MALFORMED', 'the height is beyond 2^53-1', 'valid_until_height');
  const command = messageToCommand(message.command);
  if (!command.ok) return command;
  return accept({
    id,
    body,
    signature,
    chainId: bytesToHex(message.chainId) as ChainId,
    publicKey: bytesToHex(message.publicKey) as PublicKey,
    idempotencyKey: message.idempotencyKey,
    validUntilHeight,
    command: command.value,
    commandStart: commandOffset(message),
  });
}

function messageToCommand(command: TransactionBody['command']): Result<Command> {
  switch (command.case) {
    case 'recordDocuments': {
      const { documents } = command.value;
      if (documents.length === 0)
        return reject(
          'TRANSACTION_MALFORMED',
          'the command carries no document',
          'record_documents.documents',
        );
      const flawed = documents.findIndex((document) => !isToken(document.kind));
      if (flawed >= 0) {
        const field = `record_documents.documents[${flawed}].kind`;
        return reject(
          'TRANSACTION_MALFORMED',
          'a kind must be 1 to 128 printable ASCII characters without space',
          field,
        );
      }
      return accept({ type: 'recordDocuments', documents });
    }
    case 'captureEpcisDocument':
      return accept({ type: 'captureEpcisDocument', document: command.value.document });
    case 'registerIdentity':
    case 'changeIdentity':
    case 'rotateIdentityKey':
    case 'revokeIdentity':
      return messageToIdentityCommand(command);
    case 'setReaders':
      return messageToSetReaders(command.value);
    case 'proposeMotion':
    case 'castBallot':
    case 'withdrawMotion':
    case 'setAddress':
      return messageToGovernanceCommand(command);
    case 'registerCredential':
    case 'revokeCredential':
      return messageToCredentialCommand(command);
    default:
      return reject('COMMAND_UNKNOWN', 'the body names no command that this version knows', 'command');
  }
}

/** A command from its encoded field, commandStart to the end of a body. Refusals: those of decodeSignedTransaction. */
export function decodeCommand(field: Uint8Array): Result<Command> {
  const message = parseTransactionBody(field);
  return typeof message === 'string'
    ? reject('TRANSACTION_MALFORMED', 'the bytes are not the command field of a TransactionBody')
    : messageToCommand(message.command);
}

/** True when the signature is that of the key which the body names. */
export function verifyTransactionSignature(transaction: Transaction, verifier: SignatureVerifier): boolean {
  return verifier.verify(
    transaction.publicKey,
    transactionSigningBytes(transaction.body),
    transaction.signature,
  );
}

export interface InclusionContext {
  readonly chainId: ChainId;
  /** Height of the block that would include the transaction. */
  readonly height: Height;
  readonly parameters: Pick<GenesisParameters, 'transactionTtlBlocks'>;
}

/**
 * Rules on the chain's prefix, signature and unused id apart: CHAIN_ID_MISMATCH, TRANSACTION_EXPIRED, EXPIRY_TOO_FAR;
 * `undefined` when the block may include it.
 */
export function checkInclusion(transaction: Transaction, context: InclusionContext): Rejection | undefined {
  const { chainId, height, parameters } = context;
  if (transaction.chainId !== chainId) {
    return reject(
      'CHAIN_ID_MISMATCH',
      `signed for chain ${transaction.chainId}, this is ${chainId}`,
      'chain_id',
    ).rejection;
  }
  if (transaction.validUntilHeight < height) {
    const message = `valid until height ${transaction.validUntilHeight}, the next block is ${height}; build and sign it again`;
    return reject('TRANSACTION_EXPIRED', message, 'valid_until_height').rejection;
  }
  const highest = height + parameters.transactionTtlBlocks;
  if (transaction.validUntilHeight > highest) {
    const message = `valid until height ${transaction.validUntilHeight}, at most ${highest} is accepted now`;
    return reject('EXPIRY_TOO_FAR', message, 'valid_until_height').rejection;
  }
  return undefined;
}
