/**
 * Opaque cursors: base64url of `1.<list>.<number>…`. Bound to their list (and to what it was filtered by), so that a
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

export function encodeCursor(list: string, position: readonly number[]): string {
  return Buffer.from([VERSION, list, ...position].join('.'), 'latin1').toString('base64url');
}

/** Exactly `count` numbers. Throws CURSOR_INVALID. */
export function decodeCursor(text: string, list: string, count: number): readonly number[] {
  const decoded = text.length > LENGTH_MAX ? '' : Buffer.from(text, 'base64url').toString('latin1');
  const [version, name, ...parts] = decoded.split('.');
  const numbers = parts.filter((part) => NUMBER.test(part)).map(Number);
  const usable =
    numbers.length === parts.length && parts.length === count && numbers.every(Number.isSafeInteger);
  if (version !== VERSION || name !== list || !usable || encodeCursor(list, numbers) !== text) {
    const detail = 'not a cursor of this list with these parameters';
    throw new ProblemException('CURSOR_INVALID', detail, [{ detail, parameter: 'cursor' }]);
  }
  return numbers;
}
