/** JSON pointers (RFC 6901): the address of a value inside a document, in refusals and in declared subjects. */
import type { JsonValue } from './json-value.js';
import { jsonMember } from './json-value.js';

export type JsonPointer = readonly string[];

/** Reference tokens of a pointer in its string form; `undefined` when it is not one. The empty string is the whole document. */
export function parseJsonPointer(text: string): JsonPointer | undefined {
  if (text === '') return [];
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function formatJsonPointer(tokens: readonly (string | number)[]): string {
  let text = '';
  for (const token of tokens) text += `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return text;
}

const ARRAY_INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

/** The value at `pointer`; `undefined` when nothing is there ("-", past the end, a missing key, a scalar on the way). */
export function resolveJsonPointer(document: JsonValue, pointer: JsonPointer): JsonValue | undefined {
  let current: JsonValue | undefined = document;
  for (const token of pointer) {
    if (current.type === 'object') current = jsonMember(current, token);
    else if (current.type === 'array' && ARRAY_INDEX.test(token)) current = current.value[Number(token)];
    else return undefined;
    if (current === undefined) return undefined;
  }
  return current;
}
