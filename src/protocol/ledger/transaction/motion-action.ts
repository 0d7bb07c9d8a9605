/** What an organisation lays before the others, with the proofs that a command carries, and its protobuf form. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  LedgerKey as LedgerKeyMessage,
  ProposeMotion,
  ProposeMotionSchema,
} from '../../encoding/generated/countersign/v1/transaction_pb.js';
import { bytesToHex, compareStrings, hexToBytes } from '../../primitives/bytes.js';
import { bigintToInteger } from '../../primitives/checked-integers.js';
import {
  isOrganisationName,
  type OrganisationName,
  type PublicKey,
  type Signature,
} from '../../primitives/identifiers.js';
import { isNetworkAddress } from '../../primitives/network-address.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import { isIdentityName } from '../identity.js';
import { keyMessage, readKey, type IdentityKey } from './identity-command.js';

export interface LedgerKey {
  readonly publicKey: PublicKey;
  /** Signature of the key itself over its place (governance/possession.ts), 64 bytes. */
  readonly possession: Signature;
}

export interface ParameterValue {
  /** As the command says it; whether the ledger has such a parameter is judged later. */
  readonly name: string;
  readonly value: number;
}

/** What needs no proof, and is the same in the command and in the state. */
export type PlainAction =
  | { readonly type: 'promoteValidator'; readonly organisation: OrganisationName }
  | { readonly type: 'demoteValidator'; readonly organisation: OrganisationName }
  | { readonly type: 'removeOrganisation'; readonly organisation: OrganisationName }
  /** Ascending by name, each once, at least one. */
  | { readonly type: 'setParameters'; readonly parameters: readonly ParameterValue[] };

export type ProposedAction =
  | PlainAction
  | {
      readonly type: 'admitOrganisation';
      readonly organisation: OrganisationName;
      readonly ledgerKey: LedgerKey;
      /** "host:port". */
      readonly address: string;
      readonly admin: { readonly name: string; readonly key: IdentityKey };
    }
  | {
      readonly type: 'rotateLedgerKey';
      readonly organisation: OrganisationName;
      readonly ledgerKey: LedgerKey;
    };

type ActionInit = NonNullable<MessageInitShape<typeof ProposeMotionSchema>['action']>;
type ActionMessage = ProposeMotion['action'];

const PARAMETERS_NAMED_MAX = 64;
const PARAMETER_NAME = /^[a-zA-Z]{1,64}$/;

function ledgerKeyMessage({ publicKey, possession }: LedgerKey) {
  return { publicKey: hexToBytes(publicKey), possession };
}

export function actionMessage(action: ProposedAction): ActionInit {
  switch (action.type) {
    case 'admitOrganisation': {
      const { organisation: name, ledgerKey, address, admin } = action;
      return {
        case: action.type,
        value: {
          name,
          ledgerKey: ledgerKeyMessage(ledgerKey),
          address,
          admin: { name: admin.name, key: keyMessage(admin.key) },
        },
      };
    }
    case 'promoteValidator':
    case 'demoteValidator':
    case 'removeOrganisation':
      return { case: action.type, value: { organisation: action.organisation } };
    case 'rotateLedgerKey':
      return {
        case: action.type,
        value: { organisation: action.organisation, key: ledgerKeyMessage(action.ledgerKey) },
      };
    case 'setParameters':
      return {
        case: action.type,
        value: { parameters: action.parameters.map(({ name, value }) => ({ name, value: BigInt(value) })) },
      };
  }
}

function malformed(field: string, message: string) {
  return reject('TRANSACTION_MALFORMED', message, field);
}

function readOrganisation(name: string, field: string): Result<OrganisationName> {
  return isOrganisationName(name)
    ? accept(name)
    : malformed(field, 'the name of an organisation must match [a-z][a-z0-9-]{0,62}');
}

function readLedgerKey(message: LedgerKeyMessage | undefined, field: string): Result<LedgerKey> {
  if (message === undefined) return malformed(field, 'the action names no key');
  if (message.publicKey.length !== 32)
    return malformed(`${field}.public_key`, 'an Ed25519 public key has 32 bytes');
  if (message.possession.length !== 64)
    return malformed(`${field}.possession`, 'the proof of possession is an Ed25519 signature of 64 bytes');
  return accept({
    publicKey: bytesToHex(message.publicKey) as PublicKey,
    possession: message.possession,
  });
}

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function readAddress(address: string, field: string): Result<string> {
  return isNetworkAddress(address)
    ? accept(address)
    : malformed(field, 'the address must be "host:port", an IPv6 host in brackets');
}

function readAdmission(
  { name, ledgerKey, address, admin }: Extract<ActionMessage, { case: 'admitOrganisation' }>['value'],
  field: string,
): Result<ProposedAction> {
  const organisation = readOrganisation(name, `${field}.name`);
  if (!organisation.ok) return organisation;
  const key = readLedgerKey(ledgerKey, `${field}.ledger_key`);
  if (!key.ok) return key;
  const reached = readAddress(address, `${field}.address`);
  if (!reached.ok) return reached;
  if (admin === undefined || !isIdentityName(admin.name))
    return malformed(`${field}.admin.name`, 'the name of an identity must match [a-z][a-z0-9-]{0,62}');
  const adminKey = readKey(admin.key, `${field}.admin`);
  if (!adminKey.ok) return adminKey;
  return accept({
    type: 'admitOrganisation',
    organisation: organisation.value,
    ledgerKey: key.value,
    address: reached.value,
    admin: { name: admin.name, key: adminKey.value },
  });
}

function readParameters(
  { parameters }: Extract<ActionMessage, { case: 'setParameters' }>['value'],
  field: string,
): Result<ProposedAction> {
  if (parameters.length === 0 || parameters.length > PARAMETERS_NAMED_MAX)
    return malformed(field, `1 to ${PARAMETERS_NAMED_MAX} parameters may be named, not ${parameters.length}`);
  const values: ParameterValue[] = [];
  for (const [index, { name, value }] of parameters.entries()) {
    const at = `${field}[${index}]`;
    if (!PARAMETER_NAME.test(name))
      return malformed(`${at}.name`, 'the name of a parameter has 1 to 64 letters');
    const before = values.at(-1);
    if (before !== undefined && compareStrings(before.name, name) >= 0)
      return malformed(`${at}.name`, 'parameters must ascend by name, each once');
    const number = bigintToInteger(value);
    if (number === undefined) return malformed(`${at}.value`, 'the value is beyond 2^53-1');
    values.push({ name, value: number });
  }
  return accept({ type: 'setParameters', parameters: values });
}

/** Refusal: TRANSACTION_MALFORMED with the field. */
export function readAction(action: ActionMessage, field: string): Result<ProposedAction> {
  switch (action.case) {
    case 'admitOrganisation':
      return readAdmission(action.value, `${field}.admit_organisation`);
    case 'promoteValidator':
    case 'demoteValidator':
    case 'removeOrganisation': {
      const organisation = readOrganisation(action.value.organisation, `${field}.organisation`);
      return organisation.ok ? accept({ type: action.case, organisation: organisation.value }) : organisation;
    }
    case 'rotateLedgerKey': {
      const at = `${field}.rotate_ledger_key`;
      const organisation = readOrganisation(action.value.organisation, `${at}.organisation`);
      if (!organisation.ok) return organisation;
      const ledgerKey = readLedgerKey(action.value.key, `${at}.key`);
      if (!ledgerKey.ok) return ledgerKey;
      return accept({ type: action.case, organisation: organisation.value, ledgerKey: ledgerKey.value });
    }
    case 'setParameters':
      return readParameters(action.value, `${field}.set_parameters.parameters`);
    default:
      return malformed(field, 'the motion names no action that this version knows');
  }
}
