/**
 * State keys as people write them (STATE-6): kind/part/part. Text is percent-encoded UTF-8, keys and ids are lower-case hex,
 * epochs are decimal. Each key has exactly one text.
 */
import { ByteWriter } from '../encoding/byte-writer.js';
import { parseHex, parseUtf8, utf8ToBytes } from '../primitives/bytes.js';
import { isCheckedInteger } from '../primitives/checked-integers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { stateKey, STATE_KIND_NUMBER, type StateKey, type StateKind } from './state-key.js';

/** How a part is written; `=…` is exactly this text. */
type PartForm = 'text' | 'id' | 'epoch' | `=${string}`;

/** The keys of each kind; a kind without keys is not known outside. */
const FORMS: Readonly<Record<StateKind, readonly (readonly PartForm[])[]>> = {
  parameters: [[]],
  organisation: [['text']],
  identity: [['text', 'text']],
  signer: [['id']],
  idempotency: [['text', 'text']],
  subject: [['text']],
  validators: [['=in-force'], ['=pending'], ['=pending-change'], ['=epoch', 'epoch']],
  motion: [['id']],
  ballot: [],
  governance: [['=identities', 'text'], ['=open-motions', 'text'], ['=ledger-key', 'id'], ['=admissions']],
  credential: [['text', 'text']],
  identityHistory: [['text', 'text']],
  readers: [['text']],
  organisationHistory: [['text']],
  motionHistory: [['id']],
};

const PART_BYTES_MAX = 65_535;
const ID_BYTES = 32;
/** What RFC 3986 lets stand in a path segment; everything else is encoded, byte by byte. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]$/;

export interface NamedStateKey {
  readonly kind: StateKind;
  readonly key: StateKey;
  /** Parts that are text, in order. */
  readonly names: readonly string[];
}

function encodeText(text: string): string {
  let encoded = '';
  for (const byte of utf8ToBytes(text)) {
    const character = String.fromCharCode(byte);
    encoded += PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** `undefined` unless it is exactly what encodeText writes. */
function decodeText(encoded: string): string | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < encoded.length; at++) {
    if (encoded[at] !== '%') {
      bytes.push(encoded.charCodeAt(at));
      continue;
    }
    bytes.push(Number.parseInt(encoded.slice(at + 1, at + 3), 16));
    at += 2;
  }
  if (bytes.length > PART_BYTES_MAX || !bytes.every((byte) => byte >= 0 && byte <= 0xff)) return undefined;
  const text = parseUtf8(Uint8Array.from(bytes));
  return text !== undefined && encodeText(text) === encoded ? text : undefined;
}

/** The part's value; `undefined` when it is not of the form. */
function readPart(form: PartForm, part: string): string | Uint8Array | undefined {
  switch (form) {
    case 'text':
      return decodeText(part);
    case 'id': {
      const bytes = parseHex(part);
      return bytes?.length === ID_BYTES ? bytes : undefined;
    }
    case 'epoch': {
      const epoch = /^(?:0|[1-9][0-9]{0,15})$/.test(part) ? Number(part) : Number.NaN;
      return isCheckedInteger(epoch) ? new ByteWriter().u64(epoch).finish() : undefined;
    }
    default:
      return form === `=${part}` ? part : undefined;
  }
}

function describeForms(kind: StateKind): string {
  const names = { text: '<name>', id: '<64 hex digits>', epoch: '<number>' } as const;
  const texts = FORMS[kind].map((form) =>
    [kind, ...form.map((part) => (part in names ? names[part as keyof typeof names] : part.slice(1)))].join(
      '/',
    ),
  );
  return texts.join(' or ');
}

function isKind(text: string): text is StateKind {
  return Object.hasOwn(STATE_KIND_NUMBER, text) && FORMS[text as StateKind].length > 0;
}

/** Refusals: STATE_KIND_UNKNOWN, STATE_KEY_MALFORMED, both with what is possible. */
export function parseStateKeyText(text: string): Result<NamedStateKey> {
  const [kind = '', ...parts] = text.split('/');
  if (!isKind(kind)) {
    const known = Object.keys(FORMS).filter(isKind).join(', ');
    return reject(
      'STATE_KIND_UNKNOWN',
      `the state has no entries of the kind "${kind}"; it has ${known}`,
      'key',
    );
  }
  for (const form of FORMS[kind]) {
    const values = form.map((each, index) => readPart(each, parts[index] ?? ''));
    const known = values.filter((value) => value !== undefined);
    if (form.length !== parts.length || known.length !== parts.length) continue;
    const names = known.filter(
      (value, index): value is string => form[index] === 'text' && typeof value === 'string',
    );
    return accept({ kind, key: stateKey(kind, ...known), names });
  }
  const message = `"${text}" is no key of the state: a ${kind} is written ${describeForms(kind)}, names percent-encoded with upper-case digits and nothing encoded that need not be`;
  return reject('STATE_KEY_MALFORMED', message, 'key');
}

/** Text of the key of a subject. */
export function subjectKeyText(subject: string): string {
  return `subject/${encodeText(subject)}`;
}
