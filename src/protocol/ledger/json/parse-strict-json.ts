/**
 * A strict I-JSON parser (RFC 8259 and RFC 7493) over UTF-8 bytes. What two parsers could read differently is
 * refused: duplicate keys, lone surrogates, numbers beyond ±(2^53−1), a byte order mark, malformed UTF-8.
 * Written by hand because no library gives byte spans and these refusals in one pass; it is on the hot path.
 */
import { parseUtf8 } from '../../primitives/bytes.js';
import { accept, reject, type RejectionCode, type Result } from '../../primitives/rejection.js';
import { formatJsonPointer } from './json-pointer.js';
import { decodeJsonString, malformedUtf8Offset, type StringFlaw } from './json-string.js';
import type { JsonMember, JsonValue } from './json-value.js';

/** Nested arrays and objects; the outermost one has depth 1. */
export const JSON_DEPTH_MAX = 64;

const MEMBERS_COMPARED_PAIRWISE_MAX = 12;
const INTEGER_DIGITS_ALWAYS_SAFE = 15;
const POINTER_SHOWN_MAX = 256;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const TRUE = [0x74, 0x72, 0x75, 0x65];
const FALSE = [0x66, 0x61, 0x6c, 0x73, 0x65];
const NULL = [0x6e, 0x75, 0x6c, 0x6c];

const STRING_FLAW_CODE: Record<StringFlaw['flaw'], RejectionCode> = {
  escape: 'JSON_MALFORMED',
  surrogate: 'JSON_LONE_SURROGATE',
  noncharacter: 'JSON_MALFORMED',
};

const STRING_FLAW_TEXT: Record<StringFlaw['flaw'], string> = {
  escape: 'an unknown or incomplete escape',
  surrogate: 'a lone surrogate; write the character itself or both halves of the pair',
  noncharacter: 'a Unicode noncharacter, which RFC 7493 section 2.1 forbids',
};

class StrictJsonParser {
  private offset = 0;
  private depth = 0;
  private readonly path: (string | number)[] = [];
  private failure: ({ readonly ok: false } & Result<never>) | undefined;
  /** Byte offset minus offset in `text` at the current place: strings and numbers are then cheap slices of `text`. */
  private shift = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly text: string,
  ) {}

  parse(): Result<JsonValue> {
    this.skipWhiteSpace();
    const value = this.parseValue();
    if (value !== null) {
      this.skipWhiteSpace();
      if (this.offset < this.bytes.length)
        this.fail('JSON_MALFORMED', 'something follows the value', this.offset);
    }
    if (this.failure !== undefined) return this.failure;
    return value === null ? reject('JSON_MALFORMED', 'no value') : accept(value);
  }

  private fail(code: RejectionCode, what: string, offset: number): null {
    const pointer = formatJsonPointer(this.path);
    // Member names come from outside and may be as long as the document.
    const shown = pointer.length > POINTER_SHOWN_MAX ? `${pointer.slice(0, POINTER_SHOWN_MAX)}…` : pointer;
    const place = pointer === '' ? 'the document' : `"${shown}"`;
    this.failure ??= reject(code, `JSON at byte ${offset}, in ${place}: ${what}`, pointer);
    return null;
  }

  private unexpected(expected: string): null {
    const found = this.offset < this.bytes.length ? 'another byte is there' : 'the text ends';
    return this.fail('JSON_MALFORMED', `${expected} is expected, but ${found}`, this.offset);
  }

  private skipWhiteSpace(): void {
    const { bytes } = this;
    let offset = this.offset;
    for (;;) {
      const byte = bytes[offset];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      offset++;
    }
    this.offset = offset;
  }

  private parseValue(): JsonValue | null {
    const byte = this.bytes[this.offset];
    switch (byte) {
      case QUOTE: {
        const start = this.offset;
        const value = this.parseText();
        return value === null ? null : { type: 'string', start, end: this.offset, value };
      }
      case OPEN_BRACE:
        return this.parseObject();
      case OPEN_BRACKET:
        return this.parseArray();
      case TRUE[0]:
        return this.parseWord(TRUE, {
          type: 'boolean',
          start: this.offset,
          end: this.offset + 4,
          value: true,
        });
      case FALSE[0]:
        return this.parseWord(FALSE, {
          type: 'boolean',
          start: this.offset,
          end: this.offset + 5,
          value: false,
        });
      case NULL[0]:
        return this.parseWord(NULL, { type: 'null', start: this.offset, end: this.offset + 4, value: null });
      default:
        return this.parseNumber();
    }
  }

  private parseWord(word: readonly number[], value: JsonValue): JsonValue | null {
    for (const letter of word) {
      if (this.bytes[this.offset] !== letter) return this.unexpected('a value');
      this.offset++;
    }
    return value;
  }

  private enter(): boolean {
    if (++this.depth <= JSON_DEPTH_MAX) return true;
    this.fail(
      'JSON_TOO_DEEP',
      `more than ${JSON_DEPTH_MAX} nested arrays and objects; flatten the document`,
      this.offset,
    );
    return false;
  }

  private parseArray(): JsonValue | null {
    const start = this.offset;
    if (!this.enter()) return null;
    this.offset++;
    const value: JsonValue[] = [];
    this.skipWhiteSpace();
    if (this.bytes[this.offset] === CLOSE_BRACKET) this.offset++;
    else {
      for (;;) {
        this.path.push(value.length);
        this.skipWhiteSpace();
        const element = this.parseValue();
        if (element === null) return null;
        this.path.pop();
        value.push(element);
        this.skipWhiteSpace();
        const byte = this.bytes[this.offset];
        if (byte !== COMMA && byte !== CLOSE_BRACKET) return this.unexpected('"," or "]"');
        this.offset++;
        if (byte === CLOSE_BRACKET) break;
      }
    }
    this.depth--;
    return { type: 'array', start, end: this.offset, value };
  }

  private parseObject(): JsonValue | null {
    const start = this.offset;
    if (!this.enter()) return null;
    this.offset++;
    const value: JsonMember[] = [];
    let keys: Set<string> | undefined;
    this.skipWhiteSpace();
    if (this.bytes[this.offset] === CLOSE_BRACE) this.offset++;
    else {
      for (;;) {
        this.skipWhiteSpace();
        const keyStart = this.offset;
        if (this.bytes[keyStart] !== QUOTE) return this.unexpected('a member name in quotes');
        const key = this.parseText();
        if (key === null) return null;
        this.path.push(key);
        if (value.length === MEMBERS_COMPARED_PAIRWISE_MAX) keys = new Set(value.map((member) => member.key));
        if (keys === undefined ? hasMember(value, key) : keys.has(key)) {
          return this.fail(
            'JSON_DUPLICATE_KEY',
            'the member name occurs twice in its object; keep one',
            keyStart,
          );
        }
        keys?.add(key);
        this.skipWhiteSpace();
        if (this.bytes[this.offset] !== COLON) return this.unexpected('":"');
        this.offset++;
        this.skipWhiteSpace();
        const memberValue = this.parseValue();
        if (memberValue === null) return null;
        this.path.pop();
        value.push({ key, value: memberValue });
        this.skipWhiteSpace();
        const byte = this.bytes[this.offset];
        if (byte !== COMMA && byte !== CLOSE_BRACE) return this.unexpected('"," or "}"');
        this.offset++;
        if (byte === CLOSE_BRACE) break;
      }
    }
    this.depth--;
    return { type: 'object', start, end: this.offset, value };
  }

  /** At a quote; afterwards behind the closing quote. */
  private parseText(): string | null {
    const { bytes } = this;
    const start = this.offset + 1;
    let end = start;
    const textStart = start - this.shift;
    let escaped = false;
    let noncharacterPossible = false;
    for (;;) {
      const byte = bytes[end];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) {
        this.offset = end;
        return byte === undefined
          ? this.unexpected('the closing quote')
          : this.fail('JSON_MALFORMED', 'a control character stands in a string; escape it', end);
      }
      if (byte === BACKSLASH) {
        escaped = true;
        if ((bytes[end + 1] ?? 0) < 0x80) end++;
      } else if (byte >= 0x80) {
        // A sequence of 2 or 3 bytes is one code unit, one of 4 bytes two.
        if (byte < 0xc0) this.shift++;
        else if (byte >= 0xf0) this.shift--;
        noncharacterPossible ||= byte >= 0xef;
      }
      end++;
    }
    this.offset = end + 1;
    if (!escaped && !noncharacterPossible) return this.text.slice(textStart, end - this.shift);
    const decoded = decodeJsonString(bytes, start, end);
    if (typeof decoded === 'string') return decoded;
    return this.fail(
      STRING_FLAW_CODE[decoded.flaw],
      `the string holds ${STRING_FLAW_TEXT[decoded.flaw]}`,
      decoded.offset,
    );
  }

  private digitsEnd(offset: number): number {
    const { bytes } = this;
    for (let end = offset; ; end++) {
      const byte = bytes[end];
      if (byte === undefined || byte < ZERO || byte > NINE) return end;
    }
  }

  private parseNumber(): JsonValue | null {
    const { bytes } = this;
    const start = this.offset;
    const first = bytes[start] === MINUS ? start + 1 : start;
    let end = this.digitsEnd(first);
    this.offset = first;
    if (end === first) return this.unexpected(first === start ? 'a value' : 'a digit');
    if (bytes[first] === ZERO && end > first + 1) {
      return this.fail('JSON_MALFORMED', 'a number has a leading zero', first);
    }
    const integerEnd = end;
    if (bytes[end] === POINT) end = this.requiredDigits(end + 1);
    if (end > 0 && ((bytes[end] ?? 0) | 0x20) === 0x65) {
      const sign = bytes[end + 1];
      end = this.requiredDigits(sign === PLUS || sign === MINUS ? end + 2 : end + 1);
    }
    if (end < 0) return null;
    this.offset = end;
    return this.numberInRange(start, end, end === integerEnd && end - first <= INTEGER_DIGITS_ALWAYS_SAFE);
  }

  /** End of one or more digits at `offset`, or −1 after a failure. */
  private requiredDigits(offset: number): number {
    const end = this.digitsEnd(offset);
    if (end > offset) return end;
    this.offset = offset;
    this.unexpected('a digit');
    return -1;
  }

  /** Every double beyond 2^53−1 is an integer that a neighbour may stand for, however it was written (RFC 7493, 2.2). */
  private numberInRange(start: number, end: number, safe: boolean): JsonValue | null {
    const value = Number(this.text.slice(start - this.shift, end - this.shift));
    if (!safe && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      return this.fail(
        'JSON_NUMBER_OUT_OF_RANGE',
        'a number lies beyond ±(2^53−1); write it as a string',
        start,
      );
    }
    return { type: 'number', start, end, value };
  }
}

function hasMember(members: readonly JsonMember[], key: string): boolean {
  for (const member of members) if (member.key === key) return true;
  return false;
}

/**
 * The document's tree, offsets counted from the first byte of `bytes`.
 * Refusals: JSON_MALFORMED, JSON_DUPLICATE_KEY, JSON_TOO_DEEP, JSON_NUMBER_OUT_OF_RANGE, JSON_LONE_SURROGATE,
 * each with the byte offset and the JSON pointer of the place.
 */
export function parseStrictJson(bytes: Uint8Array): Result<JsonValue> {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return reject(
      'JSON_MALFORMED',
      'JSON at byte 0: a byte order mark stands before the value; leave it out',
      '',
    );
  }
  const text = parseUtf8(bytes);
  if (text === undefined) {
    return reject(
      'JSON_MALFORMED',
      `JSON at byte ${malformedUtf8Offset(bytes)}: the text is not well-formed UTF-8 (RFC 3629)`,
      '',
    );
  }
  return new StrictJsonParser(bytes, text).parse();
}
