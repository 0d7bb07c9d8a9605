/**
 * The COSE form of a receipt (COSE-1): one file with a COSE receipt of each of Q organisations over one root of the result log,
 * and beside them what they do not speak of: the leaf, and the path from the transaction into it. docs/COSE-RECEIPT.md.
 */
import { bytesEqual, hexToBytes } from '../../primitives/bytes.js';
import type { Digest, Es256PublicKey, OrganisationName, Signature } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import {
  asBytes,
  asInteger,
  asList,
  asPath,
  asText,
  decodeCbor,
  encodeCbor,
  member,
  type CborValue,
} from './cbor.js';
import {
  decodeSign1,
  encodeSign1,
  sign1SigningBytes,
  type InclusionInTree,
  type ProtectedHeader,
  type Sign1Receipt,
} from './sign1.js';
import { receiptKeyId } from './receipt-keys.js';
import { RECEIPT_BYTES_MAX, type Receipt } from '../receipt.js';

export type { InclusionInTree } from './sign1.js';

export const COSE_RECEIPT_FORMAT = 'countersign-cose-receipt/v1';

export interface ReceiptSigner {
  readonly organisation: OrganisationName;
  readonly publicKey: Es256PublicKey;
  /** Of the ledger (GEN-2). */
  readonly origin: string;
}

export interface CoseReceipt extends Pick<Receipt, 'transaction' | 'entry' | 'resultRecord'> {
  readonly inclusion: InclusionInTree;
  /** Ascending by organisation, Q of them. */
  readonly signatures: readonly (ProtectedHeader & { readonly signature: Signature })[];
}

/** Issuer is the organisation, subject the log. Of a key that is a point of the curve. */
export function receiptHeader({ organisation, publicKey, origin }: ReceiptSigner): ProtectedHeader {
  return { kid: receiptKeyId(publicKey), issuer: organisation, subject: origin };
}

/** What the organisation's ES256 key signs for a root of the result log. */
export function receiptSigningBytes(signer: ReceiptSigner, root: Digest): Uint8Array {
  return sign1SigningBytes(receiptHeader(signer), hexToBytes(root));
}

export function headerSigningBytes(header: ProtectedHeader, root: Uint8Array): Uint8Array {
  return sign1SigningBytes(header, root);
}

/** The file. */
export function encodeCoseReceipt(receipt: CoseReceipt): Uint8Array {
  const { transaction, entry, resultRecord, inclusion, signatures } = receipt;
  return encodeCbor(
    new Map<string, CborValue>([
      ['format', COSE_RECEIPT_FORMAT],
      [
        'transaction',
        new Map([
          ['body', transaction.body],
          ['signature', transaction.signature],
        ]),
      ],
      [
        'entry',
        new Map<string, CborValue>([
          ['index', entry.index],
          ['count', entry.count],
          ['outcome', entry.outcome],
          ['path', [...entry.path]],
        ]),
      ],
      ['resultRecord', resultRecord],
      ['receipts', signatures.map((signed) => encodeSign1({ ...signed, inclusion }))],
    ]),
  );
}

function readReceipts(value: unknown): Pick<CoseReceipt, 'inclusion' | 'signatures'> | undefined {
  const receipts: Sign1Receipt[] = [];
  for (const each of asList(value) ?? []) {
    const receipt = decodeSign1(asBytes(each) ?? new Uint8Array(0));
    if (receipt === undefined) return undefined;
    receipts.push(receipt);
  }
  const [first] = receipts;
  return first && { inclusion: first.inclusion, signatures: receipts };
}

function readMembers(file: unknown): CoseReceipt | undefined {
  const body = asBytes(member(member(file, 'transaction'), 'body'));
  const signature = asBytes(member(member(file, 'transaction'), 'signature'));
  const entry = member(file, 'entry');
  const index = asInteger(member(entry, 'index'));
  const count = asInteger(member(entry, 'count'));
  const outcome = asBytes(member(entry, 'outcome'));
  const path = asPath(member(entry, 'path'));
  const resultRecord = asBytes(member(file, 'resultRecord'));
  const receipts = readReceipts(member(file, 'receipts'));
  if (body === undefined || signature === undefined || resultRecord === undefined) return undefined;
  if (index === undefined || count === undefined || outcome === undefined || path === undefined)
    return undefined;
  const read = { transaction: { body, signature }, entry: { index, count, outcome, path }, resultRecord };
  return receipts && { ...read, ...receipts };
}

/** Refusals: RECEIPT_MALFORMED, RECEIPT_NOT_CANONICAL. */
export function decodeCoseReceipt(bytes: Uint8Array): Result<CoseReceipt> {
  if (bytes.length > RECEIPT_BYTES_MAX) {
    const message = `the receipt has ${bytes.length} bytes; a receipt has ${RECEIPT_BYTES_MAX} at most`;
    return reject('RECEIPT_MALFORMED', message);
  }
  const file = decodeCbor(bytes);
  if (file === undefined)
    return reject(
      'RECEIPT_NOT_CANONICAL',
      'the file is not CBOR in its deterministic form; use it as it was issued',
    );
  if (asText(member(file, 'format')) !== COSE_RECEIPT_FORMAT)
    return reject('RECEIPT_MALFORMED', `the file does not say that it is a ${COSE_RECEIPT_FORMAT}`, 'format');
  const receipt = readMembers(file);
  if (receipt === undefined)
    return reject(
      'RECEIPT_MALFORMED',
      `the file lacks a member of a ${COSE_RECEIPT_FORMAT}; use it as it was issued`,
    );
  if (!bytesEqual(encodeCoseReceipt(receipt), bytes))
    return reject(
      'RECEIPT_NOT_CANONICAL',
      'the file holds more than, or something else than, its members say; use it as it was issued',
    );
  return accept(receipt);
}
