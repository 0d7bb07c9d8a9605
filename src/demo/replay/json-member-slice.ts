/**
 * The exact bytes of one member's value in a JSON object, so that what is captured is what stands in the file and not
 * a re-serialisation of it. The text is known to be JSON (JSON.parse accepted it); this only finds where a value lies.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

const decoder = new TextDecoder();

function skipSpace(bytes: Uint8Array, offset: number): number {
  let next = offset;
  while (SPACE.has(bytes[next] ?? 0)) next++;
  return next;
}

/** Offset behind the string that opens at `offset`. */
function stringEnd(bytes: Uint8Array, offset: number): number {
  let next = offset + 1;
  while (next < bytes.length && bytes[next] !== QUOTE) next += bytes[next] === BACKSLASH ? 2 : 1;
  return next + 1;
}

/** Offset behind the value that begins at `offset`; white space after it is not part of it. */
function valueEnd(bytes: Uint8Array, offset: number): number {
  let depth = 0;
  let next = offset;
  let end = offset;
  while (next < bytes.length) {
    const byte = bytes[next] ?? 0;
    if (byte === QUOTE) {
      next = stringEnd(bytes, next);
      end = next;
      continue;
    }
    if (depth === 0 && (byte === COMMA || CLOSING.has(byte))) break;
    if (OPENING.has(byte)) depth++;
    else if (CLOSING.has(byte)) depth--;
    next++;
    if (!SPACE.has(byte)) end = next;
  }
  return end;
}

/** Slices of every value that stands under `key` in the outermost object, in their order. */
export function sliceMembers(object: Uint8Array, key: string): readonly Uint8Array[] {
  const slices: Uint8Array[] = [];
  let offset = skipSpace(object, skipSpace(object, 0) + 1);
  while (object[offset] === QUOTE) {
    const keyEnd = stringEnd(object, offset);
    const name: unknown = JSON.parse(decoder.decode(object.subarray(offset, keyEnd)));
    const colon = skipSpace(object, keyEnd);
    if (object[colon] !== COLON) break;
    const start = skipSpace(object, colon + 1);
    const end = valueEnd(object, start);
    if (name === key) slices.push(object.slice(start, end));
    const comma = skipSpace(object, end);
    if (object[comma] !== COMMA) break;
    offset = skipSpace(object, comma + 1);
  }
  return slices;
}
