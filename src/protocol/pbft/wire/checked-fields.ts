/**
 * Checked reading of single fields of nested messages. What a correct writer cannot have written throws FieldFlaw, which
 * `readChecked` alone catches: outside it a flaw is a rejection like any other.
 */
import { bytesToHex } from '../../primitives/bytes.js';
import { bigintToInteger } from '../../primitives/checked-integers.js';
import type { BlockHash, Digest, Signature, ValidatorIndex } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type { QuorumCertificate, SignerSignature } from '../certificate.js';
import {
  fieldsToQuorumCertificate,
  fieldsToSignatures,
  type QuorumCertificateFields,
  type SignerSignatureFields,
} from './certificate-fields.js';

const DIGEST_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** A message without the marks of the generated code, at every depth; `create` adds them. */
export type FieldsOf<Value> = Value extends Uint8Array | bigint | number | string | undefined
  ? Value
  : Value extends readonly (infer Item)[]
    ? FieldsOf<Item>[]
    : { [Name in keyof Value as Exclude<Name, '$typeName' | '$unknown'>]: FieldsOf<Value[Name]> };

/** What bounds a view change. Both come from genesis, so they are equal at every correct peer. */
export interface ViewChangeLimits {
  /** L: heights above its base that a view change may tell of. */
  readonly pipelineDepth: number;
  /** Members of the validator set: signers are below it, and each signs once. */
  readonly validators: number;
}

class FieldFlaw extends Error {
  override readonly name = 'FieldFlaw';

  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}`);
  }
}

export function flaw(field: string, problem: string): never {
  throw new FieldFlaw(field, problem);
}

/** Rejection: CERTIFICATE_INVALID, with the field in its message. */
export function readChecked<Value>(read: () => Value): Result<Value> {
  try {
    return accept(read());
  } catch (error) {
    if (error instanceof FieldFlaw) return reject('CERTIFICATE_INVALID', error.message, error.field);
    throw error;
  }
}

/** Names a flaw that is found inside `field` by its whole path. */
export function readWithin<Value>(field: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof FieldFlaw) throw new FieldFlaw(`${field}.${error.field}`, error.problem);
    throw error;
  }
}

/** Every item of a list that may hold `max` of them; the count is judged before the first is read. */
export function readItems<Item, Value>(
  items: readonly Item[],
  max: number,
  field: string,
  read: (item: Item) => Value,
): readonly Value[] {
  if (items.length > max) flaw(field, `has ${items.length} entries, the limit is ${max}`);
  return items.map((item, index) => readWithin(`${field}[${index}]`, () => read(item)));
}

export function readPresent<Value>(value: Value | undefined, field: string): Value {
  return value ?? flaw(field, 'is missing');
}

export function readInteger(value: bigint, field: string): number {
  return bigintToInteger(value) ?? flaw(field, 'is beyond 2^53-1');
}

export function readDigest(bytes: Uint8Array, field: string): Digest {
  if (bytes.length !== DIGEST_BYTES) flaw(field, `has ${bytes.length} bytes, not ${DIGEST_BYTES}`);
  return bytesToHex(bytes) as Digest;
}

export function readBlockHash(bytes: Uint8Array, field: string): BlockHash {
  return readDigest(bytes, field) as string as BlockHash;
}

/** A copy, so that 64 bytes do not keep a whole frame in memory. */
export function readSignature(bytes: Uint8Array, field: string): Signature {
  if (bytes.length !== SIGNATURE_BYTES) flaw(field, `has ${bytes.length} bytes, not ${SIGNATURE_BYTES}`);
  return new Uint8Array(bytes);
}

export function readSigner(signer: number, field: string, { validators }: ViewChangeLimits): ValidatorIndex {
  return signer < validators ? signer : flaw(field, `${signer} is not one of ${validators} validators`);
}

export function readSignatures(
  signatures: readonly SignerSignatureFields[],
  field: string,
): readonly SignerSignature[] {
  return fieldsToSignatures(signatures) ?? flaw(field, 'are not 64 bytes each, ascending by signer');
}

export function readCertificate(
  fields: QuorumCertificateFields | undefined,
  field: string,
): QuorumCertificate {
  const certificate = fieldsToQuorumCertificate(readPresent(fields, field));
  return certificate.ok ? certificate.value : flaw(field, `is refused: ${certificate.rejection.message}`);
}

/** A committed block's certificate: genesis has none, and every other block has one. */
export function readBaseCertificate(
  height: number,
  fields: QuorumCertificateFields | undefined,
  field: string,
): QuorumCertificate | undefined {
  if (height > 0) return readCertificate(fields, field);
  return fields === undefined ? undefined : flaw(field, 'proves a base of height 0, which needs no proof');
}
