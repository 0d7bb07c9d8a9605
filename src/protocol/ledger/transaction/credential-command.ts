/** Commands of an admin about the credentials of the admin's own organisation, and their protobuf form. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  CredentialKey as KeyMessage,
  TransactionBody,
  TransactionBodySchema,
} from '../../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.js';
import type { Es256PublicKey, Signature } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { CREDENTIAL_SIZES, CREDENTIAL_TYPES, type CredentialType } from './credential.js';
import { isIdentityName } from '../identity.js';

export interface CredentialKey {
  readonly type: CredentialType;
  readonly publicKey: Es256PublicKey;
  /** Signature of the key itself over its place (governance/possession.ts). */
  readonly possession: Signature;
}

export interface RegisterCredentialCommand {
  readonly type: 'registerCredential';
  /** Without the organisation, which is the signer's. */
  readonly name: string;
  readonly key: CredentialKey;
  /** Credential of the same type that is revoked with it. */
  readonly replaces: string | undefined;
}

export interface RevokeCredentialCommand {
  readonly type: 'revokeCredential';
  readonly name: string;
}

export type CredentialCommand = RegisterCredentialCommand | RevokeCredentialCommand;

type CommandInit = NonNullable<MessageInitShape<typeof TransactionBodySchema>['command']>;
type CredentialMessage = Extract<TransactionBody['command'], { readonly case: CredentialCommand['type'] }>;

export function credentialCommandMessage(command: CredentialCommand): CommandInit {
  if (command.type === 'revokeCredential') return { case: command.type, value: { name: command.name } };
  const { type, publicKey, possession } = command.key;
  const key = {
    type: CREDENTIAL_TYPES.indexOf(type) + 1,
    publicKey: hexToBytes(publicKey),
    possession,
  };
  return { case: command.type, value: { name: command.name, key, replaces: command.replaces ?? '' } };
}

function malformed(field: string, message: string) {
  return reject('TRANSACTION_MALFORMED', message, field);
}

function readName(name: string, field: string): Result<string> {
  return isIdentityName(name)
    ? accept(name)
    : malformed(field, 'the name of a credential must match [a-z][a-z0-9-]{0,62}');
}

function readKey(message: KeyMessage | undefined, field: string): Result<CredentialKey> {
  if (message === undefined) return malformed(field, 'the command names no key');
  const type = CREDENTIAL_TYPES[message.type - 1];
  if (type === undefined)
    return malformed(`${field}.type`, `the type must be one of: ${CREDENTIAL_TYPES.join(', ')}`);
  const sizes = CREDENTIAL_SIZES[type];
  if (message.publicKey.length !== sizes.publicKey)
    return malformed(
      `${field}.public_key`,
      `a ${type} key has ${sizes.publicKey} bytes, the compressed form of its point`,
    );
  if (message.possession.length !== sizes.signature)
    return malformed(
      `${field}.possession`,
      `the proof of possession is a ${type} signature of ${sizes.signature} bytes`,
    );
  const publicKey = bytesToHex(message.publicKey) as Es256PublicKey;
  return accept({ type, publicKey, possession: message.possession });
}

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function messageToCredentialCommand(message: CredentialMessage): Result<CredentialCommand> {
  if (message.case === 'revokeCredential') {
    const name = readName(message.value.name, 'revoke_credential.name');
    return name.ok ? accept({ type: message.case, name: name.value }) : name;
  }
  const field = 'register_credential';
  const name = readName(message.value.name, `${field}.name`);
  if (!name.ok) return name;
  const key = readKey(message.value.key, `${field}.key`);
  if (!key.ok) return key;
  const command = { type: message.case, name: name.value, key: key.value };
  if (message.value.replaces === '') return accept({ ...command, replaces: undefined });
  const replaces = readName(message.value.replaces, `${field}.replaces`);
  if (!replaces.ok) return replaces;
  if (replaces.value === name.value)
    return malformed(`${field}.replaces`, 'a credential cannot take its own place; give the new one a name');
  return accept({ ...command, replaces: replaces.value });
}
