/**
 * The keys that COSE receipts are signed with, as a COSE Key Set (RFC 9052 section 7) and as a JSON Web Key Set (RFC 7517). The
 * id of a key is its COSE Key Thumbprint (RFC 9679), so that nobody needs to assign one.
 */
import { es256Coordinates, es256FromCoordinates } from '../../crypto/es256.js';
import { sha256 } from '../../crypto/sha256.js';
import type { CredentialValidity } from '../../ledger/transaction.js';
import { identityText, isIdentity } from '../../ledger/identity.js';
import type { VerifiedReceipt } from '../verify-receipt.js';
import { bytesToBase64Url } from '../../primitives/base64.js';
import { bytesEqual } from '../../primitives/bytes.js';
import type { Es256PublicKey, OrganisationName } from '../../primitives/identifiers.js';
import { invariant } from '../../primitives/invariant.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import {
  asBytes,
  asInteger,
  asList,
  asText,
  decodeCbor,
  encodeCbor,
  member,
  type CborValue,
} from './cbor.js';

export interface ReceiptKey extends CredentialValidity {
  readonly organisation: OrganisationName;
  readonly name: string;
  readonly publicKey: Es256PublicKey;
}

/** Labels of the registries "COSE Key Common Parameters" and "COSE Key Type Parameters". */
const KEY = { kty: 1, kid: 2, alg: 3, crv: -1, x: -2, y: -3 } as const;
const EC2 = 2;
const ES256 = -7;
const P256 = 1;

/** Some 25,000 keys, more than any ledger can have. */
export const RECEIPT_KEYS_BYTES_MAX = 16 * 1024 * 1024;

function coordinatesOf(publicKey: Es256PublicKey): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const coordinates = es256Coordinates(publicKey);
  invariant(coordinates !== undefined, `${publicKey} is not a P-256 key`);
  return coordinates;
}

/** COSE Key Thumbprint with SHA-256, 32 bytes. Of a point of the curve. */
export function receiptKeyId(publicKey: Es256PublicKey): Uint8Array {
  const { x, y } = coordinatesOf(publicKey);
  return sha256(
    encodeCbor(
      new Map<number, CborValue>([
        [KEY.kty, EC2],
        [KEY.crv, P256],
        [KEY.x, x],
        [KEY.y, y],
      ]),
    ),
  );
}

/** As path of a URL: base64url without padding. */
export function receiptKeyIdText(publicKey: Es256PublicKey): string {
  return bytesToBase64Url(receiptKeyId(publicKey));
}

function toCoseKey({ organisation, name, publicKey, fromHeight, untilHeight }: ReceiptKey): CborValue {
  const { x, y } = coordinatesOf(publicKey);
  return new Map<number | string, CborValue>([
    [KEY.kty, EC2],
    [KEY.kid, receiptKeyId(publicKey)],
    [KEY.alg, ES256],
    [KEY.crv, P256],
    [KEY.x, x],
    [KEY.y, y],
    ['name', name],
    ['organisation', organisation],
    ['fromHeight', fromHeight],
    ['untilHeight', untilHeight],
  ]);
}

export function encodeReceiptKey(key: ReceiptKey): Uint8Array {
  return encodeCbor(toCoseKey(key));
}

export function encodeReceiptKeys(keys: readonly ReceiptKey[]): Uint8Array {
  return encodeCbor(keys.map(toCoseKey));
}

interface ReceiptJwk extends Omit<ReceiptKey, 'publicKey'> {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  /** base64url, as all three. */
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** One member of a JSON Web Key Set; what is not of RFC 7517 stands beside it under the same names as in COSE. */
export function receiptKeyToJwk({ publicKey, ...more }: ReceiptKey): ReceiptJwk {
  const { x, y } = coordinatesOf(publicKey);
  return {
    kty: 'EC',
    crv: 'P-256',
    x: bytesToBase64Url(x),
    y: bytesToBase64Url(y),
    kid: receiptKeyIdText(publicKey),
    alg: 'ES256',
    use: 'sig',
    ...more,
  };
}

function readKey(value: unknown): ReceiptKey | undefined {
  const x = asBytes(member(value, KEY.x));
  const y = asBytes(member(value, KEY.y));
  const publicKey = x && y && es256FromCoordinates(x, y);
  const organisation = asText(member(value, 'organisation'));
  const name = asText(member(value, 'name'));
  const fromHeight = asInteger(member(value, 'fromHeight'));
  const untilHeight = asInteger(member(value, 'untilHeight'));
  if (publicKey === undefined || organisation === undefined || name === undefined) return undefined;
  if (fromHeight === undefined || untilHeight === undefined) return undefined;
  return isIdentity(identityText(organisation, name))
    ? { organisation, name, publicKey, fromHeight, untilHeight }
    : undefined;
}

/** Refusal: RECEIPT_KEYS_INVALID. A set that says anything else, or says it otherwise, is not one that a node gave. */
export function decodeReceiptKeys(bytes: Uint8Array): Result<readonly ReceiptKey[]> {
  const invalid = (what: string) =>
    reject('RECEIPT_KEYS_INVALID', `${what}; use the answer of GET /.well-known/scitt-keys as it is`);
  if (bytes.length > RECEIPT_KEYS_BYTES_MAX)
    return invalid(`the key set has ${bytes.length} bytes; the limit is ${RECEIPT_KEYS_BYTES_MAX}`);
  const list = asList(decodeCbor(bytes));
  if (list === undefined) return invalid('the file is not a COSE Key Set in deterministic CBOR');
  const keys = list.map(readKey);
  const flawed = keys.indexOf(undefined);
  if (flawed >= 0) return invalid(`key ${flawed} of the set is not a receipt key of this ledger`);
  const read = keys.flatMap((key) => (key === undefined ? [] : [key]));
  if (!bytesEqual(encodeReceiptKeys(read), bytes))
    return invalid('a key of the set says something else than a receipt key does, or has another id');
  return accept(read);
}

/**
 * Keys that verified receipts of `registerCredential` prove, with the ends that those of later commands prove. What no receipt is
 * given of is not known: a revocation that is kept back leaves its key in force.
 */
export function receiptKeysProvenBy(receipts: readonly VerifiedReceipt[]): readonly ReceiptKey[] {
  const keys = new Map<string, ReceiptKey>();
  const end = (credential: string, untilHeight: number): void => {
    const key = keys.get(credential);
    if (key?.untilHeight === 0) keys.set(credential, { ...key, untilHeight });
  };
  for (const { transaction, outcome, height } of receipts.toSorted((one, two) => one.height - two.height)) {
    const { command } = transaction;
    const [organisation = ''] = outcome.identity.split('/');
    if (outcome.code !== 'OK') continue;
    if (command.type === 'revokeCredential') end(identityText(organisation, command.name), height);
    if (command.type !== 'registerCredential') continue;
    const { name, key, replaces } = command;
    const proven = { organisation, name, publicKey: key.publicKey, fromHeight: height, untilHeight: 0 };
    keys.set(identityText(organisation, name), proven);
    if (replaces !== undefined) end(identityText(organisation, replaces), height);
  }
  return [...keys.values()];
}
