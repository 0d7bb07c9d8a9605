/**
 * Names of entries of the world state: kind byte ‖ parts, each with a u16 length (STATE-1), as lower-case hex,
 * so that a key can be compared with `===` and kept in a Map. Numbers of kinds never change.
 */
import { sha256 } from '../crypto/sha256.js';
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { bytesToHex, hexToBytes, parseHex, parseUtf8, utf8ToBytes } from '../primitives/bytes.js';
import { invariant } from '../primitives/invariant.js';

export const STATE_KIND_NUMBER = {
  /** The consortium's parameters in force; no parts. */
  parameters: 1,
  /** organisation/<name> */
  organisation: 2,
  /** identity/<organisation>/<identity name> */
  identity: 3,
  /** signer/<public key>: the identity that a key belongs to, or belonged to */
  signer: 4,
  /** idempotency/<identity …>/<idempotency key> */
  idempotency: 5,
  /** subject/<subject>: count and frontier of its records */
  subject: 6,
  /** Validator set in force and the one that is pending; parts name which. */
  validators: 7,
  /** motion/<motion id>: action, status and every ballot */
  motion: 8,
  /** Number kept free: ballots stand in their motion. */
  ballot: 9,
  /**
   * governance/identities/<organisation>, governance/open-motions/<organisation>, governance/ledger-key/<public key>,
   * governance/credentials/<organisation>, governance/credential-key/<public key>, governance/admissions: counters and indices.
   */
  governance: 10,
  /** credential/<organisation>/<name>: ES256 and webhook keys */
  credential: 11,
  /** identityHistory/<organisation>/<identity name>: count and frontier of the commands about it */
  identityHistory: 12,
  /** readers/<organisation>: who reads its records beside itself */
  readers: 13,
  /** organisationHistory/<organisation>: count and frontier of the commands about it */
  organisationHistory: 14,
  /** motionHistory/<motion id>: count and frontier of the commands about it */
  motionHistory: 15,
} as const;

export type StateKind = keyof typeof STATE_KIND_NUMBER;

declare const brand: unique symbol;
/** Lower-case hex of the key's bytes. */
export type StateKey = string & { readonly [brand]: 'StateKey' };

/** Each part has at most 65,535 bytes; strings are taken as UTF-8. */
export function stateKey(kind: StateKind, ...parts: readonly (string | Uint8Array)[]): StateKey {
  const writer = new ByteWriter().u8(STATE_KIND_NUMBER[kind]);
  for (const part of parts) {
    const bytes = typeof part === 'string' ? utf8ToBytes(part) : part;
    writer.u16(bytes.length).raw(bytes);
  }
  return bytesToHex(writer.finish()) as StateKey;
}

export function isStateKind(key: StateKey, kind: StateKind): boolean {
  return Number.parseInt(key.slice(0, 2), 16) === STATE_KIND_NUMBER[kind];
}

/** The parts of a key, in order. */
export function stateKeyParts(key: StateKey): readonly Uint8Array[] {
  const reader = new ByteReader(hexToBytes(key).subarray(1));
  const parts: Uint8Array[] = [];
  while (!reader.isComplete()) {
    const length = reader.u16();
    const part = length === undefined ? undefined : reader.raw(length);
    invariant(part !== undefined, `${key} is not a state key`);
    parts.push(part);
  }
  return parts;
}

export function stateKeyBytes(key: StateKey): Uint8Array {
  return hexToBytes(key);
}

/** Position of the key in the state tree: SHA-256 of its bytes. */
export function stateKeyDigest(key: StateKey): Uint8Array {
  return sha256(hexToBytes(key));
}

/** What the state tree says of a value: SHA-256 of its bytes. */
export function stateValueDigest(value: Uint8Array): Uint8Array {
  return sha256(value);
}

const KIND_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(STATE_KIND_NUMBER).map(([name, number]) => [number, name]),
);
/** What a terminal can show as it stands. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]/;

function partText(part: Uint8Array): string {
  const text = parseUtf8(part);
  return text === undefined || UNPRINTABLE.test(text) ? bytesToHex(part) : text;
}

/** For people: `subject/urn:…`, parts that are no text in hex. Of anything that is not a key, the hex as it stands. */
export function stateKeyText(hex: string): string {
  const bytes = parseHex(hex);
  const kind = KIND_NAMES.get(bytes?.[0] ?? 0);
  if (bytes === undefined || kind === undefined) return hex;
  const reader = new ByteReader(bytes.subarray(1));
  const parts = [kind];
  while (!reader.isComplete()) {
    const length = reader.u16();
    const part = length === undefined ? undefined : reader.raw(length);
    if (part === undefined) return hex;
    parts.push(partText(part));
  }
  return parts.join('/');
}
