/** Inside of a JSON string: escapes (RFC 8259 section 7) and what I-JSON forbids there (RFC 7493 section 2.1). */
import { parseUtf8 } from '../../primitives/bytes.js';

export interface StringFlaw {
  readonly flaw: 'escape' | 'surrogate' | 'noncharacter';
  /** Offset of the offending byte. */
  readonly offset: number;
}

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

const NONCHARACTER = /\p{Noncharacter_Code_Point}/u;

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** The code unit of the four digits at `offset`, or −1. */
function codeUnit(bytes: Uint8Array, offset: number, end: number): number {
  if (offset + 4 > end) return -1;
  let unit = 0;
  for (let index = offset; index < offset + 4; index++) {
    const digit = hexValue(bytes[index]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/** The characters that `\u` at `offset` stands for (a pair takes two escapes), and the offset behind them. */
function decodeUnicodeEscape(
  bytes: Uint8Array,
  offset: number,
  end: number,
): { text: string; next: number } | StringFlaw {
  const unit = codeUnit(bytes, offset + 2, end);
  if (unit < 0) return { flaw: 'escape', offset };
  if (unit < 0xd800 || unit > 0xdfff) return { text: String.fromCharCode(unit), next: offset + 6 };
  const pairFollows = bytes[offset + 6] === BACKSLASH && bytes[offset + 7] === LETTER_U;
  const low = unit < 0xdc00 && pairFollows ? codeUnit(bytes, offset + 8, end) : -1;
  if (low < 0xdc00 || low > 0xdfff) return { flaw: 'surrogate', offset };
  return { text: String.fromCharCode(unit, low), next: offset + 12 };
}

/** Decodes the bytes between the quotes; they are well-formed UTF-8 without control characters. */
export function decodeJsonString(bytes: Uint8Array, start: number, end: number): string | StringFlaw {
  let text = '';
  let plainStart = start;
  let offset = start;
  while (offset < end) {
    if (bytes[offset] !== BACKSLASH) {
      offset++;
      continue;
    }
    text += parseUtf8(bytes.subarray(plainStart, offset)) ?? '';
    const letter = bytes[offset + 1];
    if (letter === LETTER_U) {
      const escape = decodeUnicodeEscape(bytes, offset, end);
      if ('flaw' in escape) return escape;
      text += escape.text;
      offset = escape.next;
    } else {
      const character = letter === undefined ? undefined : SHORT_ESCAPES.get(letter);
      if (character === undefined) return { flaw: 'escape', offset };
      text += character;
      offset += 2;
    }
    plainStart = offset;
  }
  text += parseUtf8(bytes.subarray(plainStart, end)) ?? '';
  return NONCHARACTER.test(text) ? { flaw: 'noncharacter', offset: start } : text;
}

/** Length of the well-formed UTF-8 sequence at `offset` (RFC 3629 section 4, table of byte ranges), or 0. */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let index = 1; index < length; index++) if (((bytes[offset + index] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = bytes[offset + 1] ?? 0;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

/** Offset of the first byte that does not belong to well-formed UTF-8; the length when there is none. */
export function malformedUtf8Offset(bytes: Uint8Array): number {
  let offset = 0;
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset);
    if (length === 0) return offset;
    offset += length;
  }
  return offset;
}
