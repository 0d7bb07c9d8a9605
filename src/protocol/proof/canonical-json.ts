/**
 * RFC 8785 JSON for our own flat files, in both directions. The reader accepts the canonical form only and is told
 * what comes next, so an unknown field, white space or another spelling is refused where it stands.
 */
import { compareStrings } from '../primitives/bytes.js';
import { isCheckedInteger } from '../primitives/checked-integers.js';
import { invariant } from '../primitives/invariant.js';

/** What our files are made of; numbers are integers in 0..2^53−1. */
export type CanonicalValue = string | number | readonly CanonicalValue[] | CanonicalObject;
interface CanonicalObject {
  readonly [name: string]: CanonicalValue;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [QUOTE, '\\"'],
  [BACKSLASH, '\\\\'],
]);

/** Letter after the backslash → character. */
const ESCAPED_LETTERS: ReadonlyMap<string, string> = new Map(
  [...SHORT_ESCAPES].map(([code, escape]) => [escape.slice(1), String.fromCharCode(code)]),
);

// eslint-disable-next-line no-control-regex -- RFC 8785 escapes exactly these
const ESCAPED = /[\u0000-\u001F"\\]/gu;

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`;
}

function formatString(text: string): string {
  return `"${text.replace(ESCAPED, escapeOf)}"`;
}

function isList(value: CanonicalValue): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}

/** RFC 8785 text: members sorted by UTF-16 code units, no white space. */
export function formatCanonicalJson(value: CanonicalValue): string {
  if (typeof value === 'string') return formatString(value);
  if (typeof value === 'number') {
    invariant(isCheckedInteger(value), `not an integer in 0..2^53-1: ${value}`);
    return String(value);
  }
  if (isList(value)) return `[${value.map(formatCanonicalJson).join(',')}]`;
  const members = Object.entries(value).sort(([left], [right]) => compareStrings(left, right));
  return `{${members.map(([name, member]) => `${formatString(name)}:${formatCanonicalJson(member)}`).join(',')}}`;
}

/** Where and why reading stopped. */
export class CanonicalJsonFlaw extends Error {
  override readonly name = 'CanonicalJsonFlaw';
}

/** Reads exactly one spelling. Its methods throw CanonicalJsonFlaw, which the file's decoder turns into a Rejection. */
export class CanonicalJsonReader {
  private position = 0;

  constructor(private readonly text: string) {}

  private flaw(expected: string): never {
    throw new CanonicalJsonFlaw(`at character ${this.position + 1} ${expected} is expected`);
  }

  /** The given characters as they stand. */
  literal(expected: string): void {
    if (!this.text.startsWith(expected, this.position)) this.flaw(expected);
    this.position += expected.length;
  }

  /** A string with the escapes of RFC 8785, each where it must stand. */
  string(): string {
    this.literal('"');
    let value = '';
    for (;;) {
      const start = this.position;
      this.position = this.nextSpecial();
      value += this.text.slice(start, this.position);
      const character = this.text.charAt(this.position++);
      if (character === '"') return value;
      value += this.escaped();
    }
  }

  /** Position of the next quotation mark or backslash. */
  private nextSpecial(): number {
    for (let position = this.position; position < this.text.length; position++) {
      const code = this.text.charCodeAt(position);
      if (code === QUOTE || code === BACKSLASH) return position;
    }
    return this.flaw('the end of a string');
  }

  private escaped(): string {
    const letter = this.text.charAt(this.position++);
    const character = ESCAPED_LETTERS.get(letter);
    if (character !== undefined) return character;
    const digits = letter === 'u' ? this.text.slice(this.position, this.position + 4) : '';
    const control = String.fromCharCode(Number.parseInt(digits, 16));
    if (control < ' ' && escapeOf(control) === `\\u${digits}`) {
      this.position += 4;
      return control;
    }
    this.position--;
    return this.flaw('n, " or \\, or another canonical escape, after a backslash');
  }

  /** Whether these characters stand next; they are not read. */
  isNext(expected: string): boolean {
    return this.text.startsWith(expected, this.position);
  }

  integer(): number {
    const digits = /^(?:0|[1-9][0-9]{0,15})/.exec(this.text.slice(this.position, this.position + 16))?.[0];
    if (digits === undefined || !isCheckedInteger(Number(digits))) this.flaw('an integer in 0..2^53-1');
    this.position += digits.length;
    return Number(digits);
  }

  list<Item>(readItem: () => Item): readonly Item[] {
    const items: Item[] = [];
    this.literal('[');
    if (this.text.startsWith(']', this.position)) {
      this.position++;
      return items;
    }
    for (;;) {
      items.push(readItem());
      if (this.text.startsWith(']', this.position)) {
        this.position++;
        return items;
      }
      this.literal(',');
    }
  }

  end(): void {
    if (this.position !== this.text.length) this.flaw('the end of the file');
  }
}
