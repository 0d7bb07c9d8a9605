/**
 * The body's protobuf form. A body counts only when it equals its own canonical re-encoding: fields ascending,
 * shortest varints, defaults left out, nothing unknown. So one content has one body and one id.
 */
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  TransactionBodySchema,
  type TransactionBody,
} from '../../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesEqual, hexToBytes } from '../../primitives/bytes.js';
import { isCheckedInteger } from '../../primitives/checked-integers.js';
import type { ChainId, Height, PublicKey } from '../../primitives/identifiers.js';
import { isHex64 } from '../../primitives/identifiers.js';
import { invariant, unreachable } from '../../primitives/invariant.js';
import type { Command } from './command.js';
import { isToken } from './command.js';
import { credentialCommandMessage } from './credential-command.js';
import { governanceCommandMessage } from './governance-command.js';
import { identityCommandMessage } from './identity-command.js';

export interface TransactionFields {
  readonly chainId: ChainId;
  readonly publicKey: PublicKey;
  readonly idempotencyKey: string;
  readonly validUntilHeight: Height;
  readonly command: Command;
}

type CommandMessage = NonNullable<MessageInitShape<typeof TransactionBodySchema>['command']>;

function commandMessage(command: Command): CommandMessage {
  switch (command.type) {
    case 'recordDocuments':
      return {
        case: 'recordDocuments',
        value: {
          documents: command.documents.map(({ kind, content, subjectPointers }) => ({
            kind,
            content,
            subjectPointers: [...subjectPointers],
          })),
        },
      };
    case 'captureEpcisDocument':
      return { case: 'captureEpcisDocument', value: { document: command.document } };
    case 'registerIdentity':
    case 'changeIdentity':
    case 'rotateIdentityKey':
    case 'revokeIdentity':
      return identityCommandMessage(command);
    case 'setReaders':
      return { case: 'setReaders', value: { readers: [...command.readers] } };
    case 'proposeMotion':
    case 'castBallot':
    case 'withdrawMotion':
    case 'setAddress':
      return governanceCommandMessage(command);
    case 'registerCredential':
    case 'revokeCredential':
      return credentialCommandMessage(command);
    default:
      return unreachable(command);
  }
}

/** The bytes that a client signs and sends. Throws on fields that no ledger would accept: the caller builds them. */
export function encodeTransactionBody(fields: TransactionFields): Uint8Array {
  invariant(isHex64(fields.chainId), 'the chain id is not 64 lower-case hex digits');
  invariant(isHex64(fields.publicKey), 'the public key is not 64 lower-case hex digits');
  invariant(
    isToken(fields.idempotencyKey),
    'the idempotency key is not 1..128 printable ASCII characters without space',
  );
  invariant(isCheckedInteger(fields.validUntilHeight), 'validUntilHeight is not an integer in 0..2^53-1');
  return toBinary(
    TransactionBodySchema,
    create(TransactionBodySchema, {
      chainId: hexToBytes(fields.chainId),
      publicKey: hexToBytes(fields.publicKey),
      idempotencyKey: fields.idempotencyKey,
      validUntilHeight: BigInt(fields.validUntilHeight),
      command: commandMessage(fields.command),
    }),
  );
}

/** The message of canonical bytes; `malformed` when it is no protobuf, `not-canonical` when another encoding is canonical. */
export function parseTransactionBody(body: Uint8Array): TransactionBody | 'malformed' | 'not-canonical' {
  let message: TransactionBody;
  try {
    message = fromBinary(TransactionBodySchema, body, { readUnknownFields: false });
  } catch {
    return 'malformed';
  }
  return bytesEqual(toBinary(TransactionBodySchema, message), body) ? message : 'not-canonical';
}

function varintBytes(value: bigint): number {
  let count = 1;
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) count++;
  return count;
}

/** Offset in a canonical body of its last field, the command. */
export function commandOffset(message: TransactionBody): number {
  const fixed = 2 * (1 + 1 + 32);
  const keyLength = message.idempotencyKey.length;
  const key = 1 + varintBytes(BigInt(keyLength)) + keyLength;
  const height = message.validUntilHeight === 0n ? 0 : 1 + varintBytes(message.validUntilHeight);
  return fixed + key + height;
}
