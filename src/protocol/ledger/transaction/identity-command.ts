/** Commands of an admin about the identities of the admin's own organisation, and their protobuf form. */
import type {
  IdentityKey as KeyMessage,
  IdentityRights as RightsMessage,
  TransactionBody,
  TransactionBodySchema,
} from '../../encoding/generated/countersign/v1/transaction_pb.js';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.js';
import { bigintToInteger } from '../../primitives/checked-integers.js';
import type { PublicKey, Signature } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import {
  CUSTODIES,
  isIdentityName,
  KEY_ALGORITHMS,
  ROLES,
  type IdentityRights,
  type KeyAlgorithm,
  type Role,
} from '../identity.js';

export interface IdentityKey {
  readonly algorithm: KeyAlgorithm;
  readonly publicKey: PublicKey;
  /** Signature of the key itself over its place (governance/possession.ts), 64 bytes. */
  readonly possession: Signature;
}

export interface RegisterIdentityCommand {
  readonly type: 'registerIdentity';
  /** Without the organisation, which is the signer's. */
  readonly name: string;
  readonly key: IdentityKey;
  readonly rights: IdentityRights;
}

export interface ChangeIdentityCommand {
  readonly type: 'changeIdentity';
  readonly name: string;
  readonly rights: IdentityRights;
}

export interface RotateIdentityKeyCommand {
  readonly type: 'rotateIdentityKey';
  readonly name: string;
  readonly key: IdentityKey;
}

export interface RevokeIdentityCommand {
  readonly type: 'revokeIdentity';
  readonly name: string;
}

export type IdentityCommand =
  RegisterIdentityCommand | ChangeIdentityCommand | RotateIdentityKeyCommand | RevokeIdentityCommand;

type CommandInit = NonNullable<MessageInitShape<typeof TransactionBodySchema>['command']>;
type IdentityCase = IdentityCommand['type'];
export type IdentityMessage = Extract<TransactionBody['command'], { readonly case: IdentityCase }>;

/** The number of a name in its enumeration of transaction.proto: its place in the list, 1 first. */
function numberIn<Name>(names: readonly Name[], name: Name): number {
  return names.indexOf(name) + 1;
}

export function keyMessage({ algorithm, publicKey, possession }: IdentityKey): {
  algorithm: number;
  publicKey: Uint8Array;
  possession: Uint8Array;
} {
  return {
    algorithm: numberIn(KEY_ALGORITHMS, algorithm),
    publicKey: hexToBytes(publicKey),
    possession,
  };
}

function rightsMessage({ roles, custody, validFromHeight, validUntilHeight }: IdentityRights) {
  return {
    roles: roles.map((role) => numberIn(ROLES, role)),
    custody: numberIn(CUSTODIES, custody),
    validFromHeight: BigInt(validFromHeight),
    validUntilHeight: BigInt(validUntilHeight),
  };
}

export function identityCommandMessage(command: IdentityCommand): CommandInit {
  const { name } = command;
  switch (command.type) {
    case 'registerIdentity':
      return {
        case: command.type,
        value: { name, key: keyMessage(command.key), rights: rightsMessage(command.rights) },
      };
    case 'changeIdentity':
      return { case: command.type, value: { name, rights: rightsMessage(command.rights) } };
    case 'rotateIdentityKey':
      return { case: command.type, value: { name, key: keyMessage(command.key) } };
    case 'revokeIdentity':
      return { case: command.type, value: { name } };
  }
}

function malformed(field: string, message: string) {
  return reject('TRANSACTION_MALFORMED', message, field);
}

function readName(name: string, field: string): Result<string> {
  return isIdentityName(name)
    ? accept(name)
    : malformed(`${field}.name`, 'the name of an identity must match [a-z][a-z0-9-]{0,62}');
}

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function readKey(message: KeyMessage | undefined, field: string): Result<IdentityKey> {
  if (message === undefined) return malformed(`${field}.key`, 'the command names no key');
  const algorithm = KEY_ALGORITHMS[message.algorithm - 1];
  if (algorithm === undefined)
    return malformed(`${field}.key.algorithm`, `the algorithm must be one of: ${KEY_ALGORITHMS.join(', ')}`);
  if (message.publicKey.length !== 32)
    return malformed(`${field}.key.public_key`, 'an Ed25519 public key has 32 bytes');
  if (message.possession.length !== 64)
    return malformed(
      `${field}.key.possession`,
      'the proof of possession is an Ed25519 signature of 64 bytes',
    );
  const publicKey = bytesToHex(message.publicKey) as PublicKey;
  return accept({ algorithm, publicKey, possession: message.possession });
}

function readRoles(numbers: readonly number[], field: string): Result<readonly Role[]> {
  const roles: Role[] = [];
  if (numbers.length === 0) return malformed(`${field}.roles`, 'an identity needs at least one role');
  let last = 0;
  for (const [index, number] of numbers.entries()) {
    const role = ROLES[number - 1];
    const at = `${field}.roles[${index}]`;
    if (role === undefined) return malformed(at, `a role must be one of: ${ROLES.join(', ')}`);
    if (number <= last) return malformed(at, 'roles must ascend, each once');
    last = number;
    roles.push(role);
  }
  return accept(roles);
}

function readRights(message: RightsMessage | undefined, field: string): Result<IdentityRights> {
  if (message === undefined) return malformed(`${field}.rights`, 'the command names no rights');
  const roles = readRoles(message.roles, `${field}.rights`);
  if (!roles.ok) return roles;
  const custody = CUSTODIES[message.custody - 1];
  if (custody === undefined)
    return malformed(`${field}.rights.custody`, `custody must be one of: ${CUSTODIES.join(', ')}`);
  const validFromHeight = bigintToInteger(message.validFromHeight);
  if (validFromHeight === undefined)
    return malformed(`${field}.rights.valid_from_height`, 'the height is beyond 2^53-1');
  const validUntilHeight = bigintToInteger(message.validUntilHeight);
  if (validUntilHeight === undefined)
    return malformed(`${field}.rights.valid_until_height`, 'the height is beyond 2^53-1');
  return accept({ roles: roles.value, custody, validFromHeight, validUntilHeight });
}

const FIELDS: { readonly [Case in IdentityCase]: string } = {
  registerIdentity: 'register_identity',
  changeIdentity: 'change_identity',
  rotateIdentityKey: 'rotate_identity_key',
  revokeIdentity: 'revoke_identity',
};

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function messageToIdentityCommand(message: IdentityMessage): Result<IdentityCommand> {
  const field = FIELDS[message.case];
  const name = readName(message.value.name, field);
  if (!name.ok) return name;
  switch (message.case) {
    case 'registerIdentity': {
      const key = readKey(message.value.key, field);
      if (!key.ok) return key;
      const rights = readRights(message.value.rights, field);
      if (!rights.ok) return rights;
      return accept({ type: message.case, name: name.value, key: key.value, rights: rights.value });
    }
    case 'changeIdentity': {
      const rights = readRights(message.value.rights, field);
      return rights.ok ? accept({ type: message.case, name: name.value, rights: rights.value }) : rights;
    }
    case 'rotateIdentityKey': {
      const key = readKey(message.value.key, field);
      return key.ok ? accept({ type: message.case, name: name.value, key: key.value }) : key;
    }
    case 'revokeIdentity':
      return accept({ type: message.case, name: name.value });
  }
}
