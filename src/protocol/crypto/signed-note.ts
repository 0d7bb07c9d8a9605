/**
 * Notes as C2SP signed-note defines them: a text, an empty line, and signature lines
 * `— <name> base64(key id ‖ signature)`; type 0x01, Ed25519 over the text including its last newline.
 * Checkpoints of the result log are such notes, so that anybody's tool can check them.
 */
import { bytesToBase64, parseBase64 } from '../primitives/base64.js';
import {
  bytesEqual,
  bytesToHex,
  concatBytes,
  hexToBytes,
  parseHex,
  utf8ToBytes,
} from '../primitives/bytes.js';
import type { PublicKey, Signature } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { sha256 } from './sha256.js';
import type { SignatureVerifier } from './signature-verifier.js';

const ED25519_TYPE = Uint8Array.of(1);
const NEWLINE = Uint8Array.of(10);
const KEY_ID_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;
const LINE_START = '— ';
/** Bounds on what is parsed; a checkpoint has a few hundred bytes and one line for each validator. */
const NOTE_CHARACTERS_MAX = 1_000_000;
const NOTE_SIGNATURES_MAX = 100;

const SPACE_OR_PLUS = /[\s\u0085+]/u;
const LONE_SURROGATE = /[\uD800-\uDFFF]/u;
/** ASCII control characters other than newline. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000B-\u001F]/u;

export interface NoteKey {
  readonly name: string;
  readonly publicKey: PublicKey;
}

export interface NoteSignature {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Uint8Array;
  /** 64 bytes for Ed25519; other types of signature may stand beside ours. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** Ends in a newline, which is signed too. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface VerifiedNote {
  readonly text: string;
  /** Names of the known keys whose signatures are valid, in the order of their lines. */
  readonly signers: readonly string[];
}

function isKeyName(name: string): boolean {
  return name !== '' && !SPACE_OR_PLUS.test(name) && !LONE_SURROGATE.test(name);
}

/** First four bytes of SHA-256(name ‖ newline ‖ type ‖ public key). */
export function noteKeyId(name: string, publicKey: PublicKey): Uint8Array {
  const digest = sha256(utf8ToBytes(name), NEWLINE, ED25519_TYPE, hexToBytes(publicKey));
  return digest.slice(0, KEY_ID_BYTES);
}

/** The key as text for verifiers: `<name>+<hex key id>+<base64(type ‖ public key)>`. */
export function noteVerifierKey(name: string, publicKey: PublicKey): string {
  invariant(isKeyName(name), 'a note key has a name without spaces and plus signs');
  const key = bytesToBase64(concatBytes(ED25519_TYPE, hexToBytes(publicKey)));
  return `${name}+${bytesToHex(noteKeyId(name, publicKey))}+${key}`;
}

/** The other direction; NOTE_MALFORMED when the text is not an Ed25519 verifier key with its own key id. */
export function parseVerifierKey(text: string): Result<NoteKey> {
  const malformed = reject(
    'NOTE_MALFORMED',
    'verifier key is not <name>+<hex key id>+<base64 key>',
    'verifierKey',
  );
  const afterName = text.indexOf('+');
  const afterId = text.indexOf('+', afterName + 1);
  if (afterName < 0 || afterId < 0) return malformed;
  const name = text.slice(0, afterName);
  const keyId = parseHex(text.slice(afterName + 1, afterId));
  const key = parseBase64(text.slice(afterId + 1));
  if (!isKeyName(name) || keyId?.length !== KEY_ID_BYTES || key === undefined) return malformed;
  if (key.length !== 1 + PUBLIC_KEY_BYTES || key[0] !== ED25519_TYPE[0]) {
    return reject('NOTE_MALFORMED', 'verifier key is not of type 1 (Ed25519) with 32 bytes', 'verifierKey');
  }
  const publicKey = bytesToHex(key.subarray(1)) as PublicKey;
  if (!bytesEqual(keyId, noteKeyId(name, publicKey))) {
    return reject(
      'NOTE_MALFORMED',
      'key id of the verifier key does not belong to its name and key',
      'verifierKey',
    );
  }
  return accept({ name, publicKey });
}

/** One signature line, without its newline. */
export function noteSignatureLine(name: string, publicKey: PublicKey, signature: Signature): string {
  invariant(isKeyName(name), 'a note key has a name without spaces and plus signs');
  return `${LINE_START}${name} ${bytesToBase64(concatBytes(noteKeyId(name, publicKey), signature))}`;
}

/** The note of a text (which ends in a newline) and its signature lines (which do not). */
export function formatNote(text: string, lines: readonly string[]): string {
  invariant(
    text.endsWith('\n') && lines.length > 0,
    'a note has a text that ends in a newline, and signatures',
  );
  return `${text}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function parseSignatureLine(line: string): NoteSignature | undefined {
  if (!line.startsWith(LINE_START)) return undefined;
  const space = line.indexOf(' ', LINE_START.length);
  if (space < 0) return undefined;
  const name = line.slice(LINE_START.length, space);
  const bytes = parseBase64(line.slice(space + 1));
  if (!isKeyName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
}

/** Splits a note at its last empty line; NOTE_MALFORMED for every deviation from the format. Checks no signature. */
export function parseNote(note: string): Result<Note> {
  if (note.length > NOTE_CHARACTERS_MAX)
    return reject('NOTE_MALFORMED', 'note has more than 1,000,000 characters');
  if (CONTROL.test(note) || LONE_SURROGATE.test(note)) {
    return reject('NOTE_MALFORMED', 'note has a control character other than newline, or a lone surrogate');
  }
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) {
    return reject(
      'NOTE_MALFORMED',
      'note is not a text, an empty line and signature lines, each with its newline',
    );
  }
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX)
    return reject('NOTE_MALFORMED', 'note has more than 100 signatures');
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === undefined) {
      return reject(
        'NOTE_MALFORMED',
        'a line after the empty line is not — <name> <base64 of key id and signature>',
      );
    }
    signatures.push(signature);
  }
  return accept({ text: note.slice(0, end + 1), signatures });
}

/**
 * Opens a note with the keys that the caller trusts. Lines of other keys are passed over; a known key's line must
 * be valid and stand there once, and one at least must be there: NOTE_UNVERIFIED otherwise.
 */
export function verifyNote(
  note: string,
  keys: readonly NoteKey[],
  verifier: SignatureVerifier,
): Result<VerifiedNote> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const signedBytes = utf8ToBytes(parsed.value.text);
  const signers: string[] = [];
  for (const line of parsed.value.signatures) {
    const key = keys.find(
      ({ name, publicKey }) => name === line.name && bytesEqual(line.keyId, noteKeyId(name, publicKey)),
    );
    if (key === undefined) continue;
    if (signers.includes(key.name))
      return reject('NOTE_UNVERIFIED', `${key.name} has two lines under the note`);
    if (!verifier.verify(key.publicKey, signedBytes, line.signature)) {
      return reject('NOTE_UNVERIFIED', `the signature of ${key.name} does not fit the note`);
    }
    signers.push(key.name);
  }
  if (signers.length === 0) return reject('NOTE_UNVERIFIED', 'no line under the note is of a known key');
  return accept({ text: parsed.value.text, signers });
}
