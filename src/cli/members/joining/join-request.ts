/**
 * A request to join as a file: an organisation that is to be admitted makes it, a member proposes it. It holds public keys with
 * their proofs of possession, so that nobody can be admitted with keys that are not its own; private halves stay where they are.
 */
import {
  ledgerPossessionBytes,
  possessionBytes,
  type KeyPlace,
} from '../../../protocol/governance/possession.js';
import { ed25519Verifier, isAcceptablePublicKey } from '../../../protocol/crypto/ed25519.js';
import { isIdentityName } from '../../../protocol/ledger/identity.js';
import { bytesToBase64, parseBase64 } from '../../../protocol/primitives/base64.js';
import {
  isHex64,
  isOrganisationName,
  type ChainId,
  type OrganisationName,
  type PublicKey,
} from '../../../protocol/primitives/identifiers.js';
import { LedgerError } from '../../../protocol/primitives/ledger-error.js';
import { isNetworkAddress } from '../../../protocol/primitives/network-address.js';
import type { ProposedAction } from '../../../sdk/index.js';

export const JOIN_REQUEST_FORMAT = 'countersign-join-request/v1';

export type Admission = Extract<ProposedAction, { readonly type: 'admitOrganisation' }>;

/** As it stands in the file; signatures in base64. */
export interface JoinRequest {
  readonly format: typeof JOIN_REQUEST_FORMAT;
  readonly chainId: ChainId;
  readonly organisation: OrganisationName;
  readonly ledgerKey: PublicKey;
  readonly ledgerKeyPossession: string;
  /** "host:port". */
  readonly address: string;
  readonly admin: {
    readonly name: string;
    readonly publicKey: PublicKey;
    readonly possession: string;
  };
}

const FILE_BYTES_MAX = 16_384;
const SIGNATURE_BYTES = 64;
const FIELDS = ['format', 'chainId', 'organisation', 'ledgerKey', 'ledgerKeyPossession', 'address', 'admin'];
const ADMIN_FIELDS = ['name', 'publicKey', 'possession'];

export function admissionToRequest(admission: Omit<Admission, 'type'>, chainId: ChainId): JoinRequest {
  const { organisation, ledgerKey, address, admin } = admission;
  return {
    format: JOIN_REQUEST_FORMAT,
    ...{ chainId, organisation },
    ledgerKey: ledgerKey.publicKey,
    ledgerKeyPossession: bytesToBase64(ledgerKey.possession),
    address,
    admin: {
      name: admin.name,
      publicKey: admin.key.publicKey,
      possession: bytesToBase64(admin.key.possession),
    },
  };
}

type Invalid = (what: string) => LedgerError;

/** The object's members, which are strings but for `nested`, and exactly the named ones. */
function textFields(
  value: unknown,
  names: readonly string[],
  where: string,
  invalid: Invalid,
): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${where} is no object`);
  const fields = new Map<string, unknown>(Object.entries(value));
  for (const name of fields.keys())
    if (!names.includes(name)) throw invalid(`${where} has an unknown field ${name}`);
  for (const name of names) {
    const field = fields.get(name);
    if (name !== 'admin' && typeof field !== 'string') throw invalid(`${where} has no text ${name}`);
  }
  return fields;
}

/** A usable key that has signed `message`. */
function provenKey(
  publicKey: string,
  possession: string,
  message: (publicKey: PublicKey) => Uint8Array,
  what: string,
  invalid: Invalid,
) {
  if (!isHex64(publicKey) || !isAcceptablePublicKey(publicKey as PublicKey))
    throw invalid(`names a ${what} that is no usable Ed25519 key`);
  const key = publicKey as PublicKey;
  const signature = parseBase64(possession);
  if (signature?.length !== SIGNATURE_BYTES || !ed25519Verifier.verify(key, message(key), signature))
    throw invalid(`does not prove that its ${what} belongs to this organisation of this ledger`);
  return { publicKey: key, possession: signature };
}

/** Throws LedgerError JOIN_REQUEST_INVALID: not of this form, for another ledger, or with a proof that does not hold. */
export function requestToAdmission(bytes: Uint8Array, file: string, chainId: ChainId): Admission {
  const invalid = (what: string) =>
    new LedgerError(
      'JOIN_REQUEST_INVALID',
      `${file} ${what}; let the organisation make it again for this ledger`,
    );
  if (bytes.length > FILE_BYTES_MAX) throw invalid(`has more than ${FILE_BYTES_MAX} bytes`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('is not JSON');
  }
  const fields = textFields(parsed, FIELDS, 'the request', invalid);
  const text = (name: string) => fields.get(name) as string;
  if (text('format') !== JOIN_REQUEST_FORMAT)
    throw invalid(`is not a request of the format ${JOIN_REQUEST_FORMAT}`);
  if (text('chainId') !== chainId) throw invalid(`is for chain ${text('chainId')}, this is ${chainId}`);
  const organisation = text('organisation');
  if (!isOrganisationName(organisation)) throw invalid('names no organisation: [a-z][a-z0-9-]{0,62}');
  const address = text('address');
  if (!isNetworkAddress(address)) throw invalid('names no address "host:port"');
  const admin = textFields(fields.get('admin'), ADMIN_FIELDS, 'its admin', invalid);
  const name = admin.get('name') as string;
  if (!isIdentityName(name)) throw invalid('names no admin: [a-z][a-z0-9-]{0,62}');
  const place: KeyPlace = { chainId, organisation, name };
  const ledgerKey = provenKey(
    text('ledgerKey'),
    text('ledgerKeyPossession'),
    (key) => ledgerPossessionBytes(key, place),
    'ledger key',
    invalid,
  );
  const adminKey = provenKey(
    admin.get('publicKey') as string,
    admin.get('possession') as string,
    (key) => possessionBytes(key, place),
    "admin's key",
    invalid,
  );
  return {
    type: 'admitOrganisation',
    ...{ organisation, ledgerKey, address },
    admin: { name, key: { algorithm: 'ed25519', ...adminKey } },
  };
}
