/**
 * Opaque cursors: base64url of `1.<list>.<number>…`, or of `1.<list>.<name>`. Bound to their list (and to what it was filtered by), so that a
 * cursor of another list is refused instead of giving a page that nobody asked for. They say a position, not a right.
 */
import { createHash } from 'node:crypto';
import { ProblemException } from '../problems/problem-exception.js';

const VERSION = '1';
const LENGTH_MAX = 200;
const NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/** Names a list together with what it was filtered by. */
export function listName(kind: string, filter: string): string {
  return `${kind}${createHash('sha256').update(filter).digest('hex').slice(0, 12)}`;
}

function invalid(): ProblemException {
  const detail = 'not a cursor of this list with these parameters';
  return new ProblemException('CURSOR_INVALID', detail, [{ detail, parameter: 'cursor' }]);
}

function encode(list: string, parts: readonly (string | number)[]): string {
  return Buffer.from([VERSION, list, ...parts].join('.'), 'latin1').toString('base64url');
}

/** The parts of a cursor of this list. Throws CURSOR_INVALID. */
function decode(text: string, list: string): readonly string[] {
  const decoded = text.length > LENGTH_MAX ? '' : Buffer.from(text, 'base64url').toString('latin1');
  const [version, name, ...parts] = decoded.split('.');
  if (version !== VERSION || name !== list || encode(list, parts) !== text) throw invalid();
  return parts;
}

export function encodeCursor(list: string, position: readonly number[]): string {
  return encode(list, position);
}

/** Exactly `count` numbers. Throws CURSOR_INVALID. */
export function decodeCursor(text: string, list: string, count: number): readonly number[] {
  const parts = decode(text, list);
  const numbers = parts.filter((part) => NUMBER.test(part)).map(Number);
  const usable =
    numbers.length === parts.length && parts.length === count && numbers.every(Number.isSafeInteger);
  if (!usable) throw invalid();
  return numbers;
}

/** For lists in the order of names: ASCII without a dot. */
export function encodeTextCursor(list: string, position: string): string {
  return encode(list, [position]);
}

/** Throws CURSOR_INVALID, also when `isPosition` is false of the text. */
export function decodeTextCursor(
  text: string,
  list: string,
  isPosition: (position: string) => boolean,
): string {
  const [position, ...others] = decode(text, list);
  if (position === undefined || others.length > 0 || !isPosition(position)) throw invalid();
  return position;
}
