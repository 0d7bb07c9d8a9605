/**
 * A checkpoint of the result log as a C2SP note (CP-1 to CP-3): exactly Q lines of the validators in force at
 * its height, in their order. One certificate has one note, byte for byte.
 */
import { formatNote, noteKeyId, noteSignatureLine, parseNote } from '../crypto/signed-note.js';
import type { SignatureVerifier } from '../crypto/signature-verifier.js';
import { checkpointText } from '../encoding/checkpoint-text.js';
import type { Validator, ValidatorSet } from '../ledger/validator-set.js';
import type { CheckpointCertificate, SignerSignature } from '../pbft/certificate.js';
import { parseBase64 } from '../primitives/base64.js';
import { bytesEqual, bytesToHex, utf8ToBytes } from '../primitives/bytes.js';
import { isCheckedInteger } from '../primitives/checked-integers.js';
import type { Digest, Height } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { quorumSize } from '../primitives/quorum.js';
import { accept, reject, type Result } from '../primitives/rejection.js';

const DECIMAL = /^[1-9][0-9]{0,15}$/;

/** True when exactly Q validators of the set, ascending, signed the checkpoint of `height` with this root. */
export function verifyCheckpointCertificate(
  validators: ValidatorSet,
  origin: string,
  height: Height,
  root: Digest,
  signatures: readonly SignerSignature[],
  verifier: SignatureVerifier,
): boolean {
  if (signatures.length !== quorumSize(validators.length)) return false;
  const signedBytes = utf8ToBytes(checkpointText(origin, height, root));
  let previous = -1;
  for (const { signer, signature } of signatures) {
    const validator = validators[signer];
    if (signer <= previous || validator === undefined) return false;
    if (!verifier.verify(validator.ledgerKey, signedBytes, signature)) return false;
    previous = signer;
  }
  return true;
}

/** The note of a certificate; `validators` is the set in force at its height. */
export function checkpointNote(
  origin: string,
  validators: ValidatorSet,
  certificate: CheckpointCertificate,
): string {
  const lines = certificate.signatures.map(({ signer, signature }) => {
    const validator = validators[signer];
    invariant(
      validator !== undefined,
      `checkpoint ${certificate.height} is signed by no validator ${signer}`,
    );
    return noteSignatureLine(validator.organisation, validator.ledgerKey, signature);
  });
  return formatNote(checkpointText(origin, certificate.height, certificate.root), lines);
}

export interface CheckpointClaim {
  readonly height: Height;
  readonly root: Digest;
}

/** Height and root of a checkpoint's text, which must be exactly what checkpointText writes for `origin`. */
function readCheckpointText(text: string, origin: string): CheckpointClaim | string {
  const [firstLine = '', size = '', root = ''] = text.split('\n');
  if (firstLine !== origin) return `the checkpoint is of the log ${firstLine}, not of ${origin}`;
  const rootBytes = parseBase64(root);
  if (!DECIMAL.test(size) || !isCheckedInteger(Number(size)) || rootBytes?.length !== 32) {
    return 'the checkpoint has no tree size and root after its origin';
  }
  const claim = { height: Number(size) - 1, root: bytesToHex(rootBytes) as Digest };
  if (checkpointText(origin, claim.height, claim.root) !== text)
    return 'the checkpoint has more than three lines';
  return claim;
}

/** Height and root that a note states, whoever has signed it. Refusal: NOTE_MALFORMED. */
export function readCheckpointClaim(note: string, origin: string): Result<CheckpointClaim> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const claim = readCheckpointText(parsed.value.text, origin);
  return typeof claim === 'string' ? reject('NOTE_MALFORMED', claim, 'checkpoint') : accept(claim);
}

function isLineOf(
  validator: Validator,
  line: { readonly name: string; readonly keyId: Uint8Array },
): boolean {
  const { organisation, ledgerKey } = validator;
  return organisation === line.name && bytesEqual(noteKeyId(organisation, ledgerKey), line.keyId);
}

/**
 * Reads a note into the certificate that it states, without checking signatures. Refuses (NOTE_MALFORMED,
 * NOTE_UNVERIFIED) another log's note and any line that is not of a validator of the set.
 */
export function parseCheckpointNote(
  note: string,
  origin: string,
  validators: ValidatorSet,
): Result<CheckpointCertificate> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const claim = readCheckpointText(parsed.value.text, origin);
  if (typeof claim === 'string') return reject('NOTE_MALFORMED', claim, 'checkpoint');
  const signatures: SignerSignature[] = [];
  for (const line of parsed.value.signatures) {
    const signer = validators.findIndex((validator) => isLineOf(validator, line));
    if (signer < 0) {
      const message = `the checkpoint has a line of ${line.name}, whose key is none of the validators’`;
      return reject('NOTE_UNVERIFIED', message, 'checkpoint');
    }
    signatures.push({ signer, signature: line.signature });
  }
  return accept({ ...claim, signatures });
}

/** The certificate that a note states, with exactly Q valid lines in validator order; NOTE_UNVERIFIED otherwise. */
export function verifyCheckpointNote(
  note: string,
  origin: string,
  validators: ValidatorSet,
  verifier: SignatureVerifier,
): Result<CheckpointCertificate> {
  const parsed = parseCheckpointNote(note, origin, validators);
  if (!parsed.ok) return parsed;
  const { height, root, signatures } = parsed.value;
  const quorum = quorumSize(validators.length);
  if (signatures.length !== quorum) {
    const message = `checkpoint ${height} has ${signatures.length} lines; exactly ${quorum} of ${validators.length} make it valid`;
    return reject('NOTE_UNVERIFIED', message, 'checkpoint');
  }
  if (!verifyCheckpointCertificate(validators, origin, height, root, signatures, verifier)) {
    const message = `a line under checkpoint ${height} is out of validator order, or its signature is wrong`;
    return reject('NOTE_UNVERIFIED', message, 'checkpoint');
  }
  return parsed;
}

/** A certificate for people: the log that it signs, and for each line whose it is, by which key. */
export function certificateDetails(
  { height, root, signatures }: CheckpointCertificate,
  validators: ValidatorSet,
): { readonly height: Height; readonly root: Digest; readonly signedBy: readonly string[] } {
  const signedBy = signatures.flatMap(({ signer }) => {
    const validator = validators[signer];
    return validator === undefined ? [] : [`${validator.organisation} ${validator.ledgerKey}`];
  });
  return { height, root, signedBy };
}
