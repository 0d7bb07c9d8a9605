/**
 * How proof files are read: one form for each value, members in the one order that RFC 8785 gives them, and in the end the file
 * must equal its own re-encoding. What differs between the files is in their own modules.
 */
import type { Validator, ValidatorSet } from '../../ledger/validator-set.js';
import { parseBase64 } from '../../primitives/base64.js';
import { bytesEqual, parseHex, parseUtf8 } from '../../primitives/bytes.js';
import { isHex64, isOrganisationName, type PublicKey } from '../../primitives/identifiers.js';
import { accept, reject, type RejectionCode, type Result } from '../../primitives/rejection.js';
import { CanonicalJsonFlaw, CanonicalJsonReader } from '../canonical-json.js';
import type { EpochChange } from './countersigned-result.js';
import type { KeyProof } from './key-proof.js';

/** Reads what all of the files are made of. Its methods throw CanonicalJsonFlaw. */
export class ProofFileReader extends CanonicalJsonReader {
  bytes(name: string): Uint8Array {
    const bytes = parseBase64(this.string());
    if (bytes === undefined) throw new CanonicalJsonFlaw(`${name} is not canonical base64`);
    return bytes;
  }

  hash(name: string): Uint8Array {
    const hash = parseHex(this.string());
    if (hash?.length !== 32)
      throw new CanonicalJsonFlaw(`${name} has a hash that is not 64 lower-case hex digits`);
    return hash;
  }

  path(name: string): readonly Uint8Array[] {
    return this.list(() => this.hash(name));
  }

  /** A list of one, or an empty one for nothing. */
  optional(name: string): Uint8Array | undefined {
    const [bytes, ...more] = this.list(() => this.bytes(name));
    if (more.length > 0) throw new CanonicalJsonFlaw(`${name} is more than one value`);
    return bytes;
  }

  keyProof(): KeyProof {
    this.literal('{"other":');
    const [keyDigest, valueDigest, ...more] = this.path('stateProof.other');
    if ((keyDigest === undefined) !== (valueDigest === undefined) || more.length > 0)
      throw new CanonicalJsonFlaw('stateProof.other has neither no hash nor two');
    this.literal(',"siblings":');
    const siblings = this.path('stateProof.siblings');
    this.literal('}');
    const other = keyDigest && valueDigest && { keyDigest, valueDigest };
    return { other, siblings };
  }

  validators(): ValidatorSet {
    return this.list(() => this.validator());
  }

  private validator(): Validator {
    this.literal('{"ledgerKey":');
    const ledgerKey = this.string();
    this.literal(',"organisation":');
    const organisation = this.string();
    this.literal('}');
    if (!isHex64(ledgerKey) || !isOrganisationName(organisation)) {
      throw new CanonicalJsonFlaw('a validator of the history has no proper key and name');
    }
    return { organisation, ledgerKey: ledgerKey as PublicKey };
  }

  epochChange(): EpochChange {
    this.literal('{"checkpoint":');
    const checkpoint = this.string();
    this.literal(',"checkpointPath":');
    const checkpointPath = this.path('checkpointPath');
    this.literal(',"logPath":');
    const logPath = this.path('logPath');
    this.literal(',"resultRecord":');
    const resultRecord = this.bytes('resultRecord');
    this.literal(',"validators":');
    const validators = this.validators();
    this.literal('}');
    return { checkpoint, checkpointPath, logPath, resultRecord, validators };
  }
}

export interface ProofFileForm {
  readonly format: string;
  /** In sentences: "receipt". */
  readonly noun: string;
  readonly bytesMax: number;
  readonly malformed: RejectionCode;
  readonly notCanonical: RejectionCode;
}

/** Refusals: `malformed` (size, UTF-8), `notCanonical` with the place and what is expected there. */
export function readProofFile<File>(
  bytes: Uint8Array,
  form: ProofFileForm,
  read: (reader: ProofFileReader) => File,
  encode: (file: File) => Uint8Array,
): Result<File> {
  const { format, noun, bytesMax, malformed, notCanonical } = form;
  if (bytes.length > bytesMax) {
    return reject(malformed, `the ${noun} has ${bytes.length} bytes; a ${noun} has ${bytesMax} at most`);
  }
  const text = parseUtf8(bytes);
  if (text === undefined) return reject(malformed, `the ${noun} is not UTF-8 text`);
  let file: File;
  try {
    file = read(new ProofFileReader(text));
  } catch (flaw) {
    if (!(flaw instanceof CanonicalJsonFlaw)) throw flaw;
    return reject(
      notCanonical,
      `the file is not a ${format} in its RFC 8785 form: ${flaw.message}; use it as it was issued`,
    );
  }
  if (!bytesEqual(encode(file), bytes)) {
    return reject(notCanonical, 'the file differs from its RFC 8785 re-encoding; use it as it was issued');
  }
  return accept(file);
}
