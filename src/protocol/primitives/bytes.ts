/**
 * Byte strings, without any platform's help, so that the same code runs in a node and in a browser.
 * Identifiers (digests, public keys, transaction ids) travel as lower-case hex strings: equal means `===`.
 */

const HEX_DIGITS = '0123456789abcdef';
const HEX_BYTE: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15),
);

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Lower-case hex of `bytes`. */
export function bytesToHex(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += HEX_BYTE[byte] ?? '';
  return hex;
}

/** Value of a lower-case hex digit by its code; −1 for every other ASCII character. */
const HEX_VALUES = new Int8Array(128).fill(-1);
for (let value = 0; value < 16; value++) HEX_VALUES[HEX_DIGITS.charCodeAt(value)] = value;

/** Bytes of a lower-case hex string; `undefined` when it is not one. */
export function parseHex(hex: string): Uint8Array | undefined {
  if (hex.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    const high = HEX_VALUES[hex.charCodeAt(2 * index)] ?? -1;
    const low = HEX_VALUES[hex.charCodeAt(2 * index + 1)] ?? -1;
    if ((high | low) < 0) return undefined;
    bytes[index] = (high << 4) | low;
  }
  return bytes;
}

/** Bytes of a string that is known to be lower-case hex; throws when it is not (a programming error). */
export function hexToBytes(hex: string): Uint8Array {
  const bytes = parseHex(hex);
  if (bytes === undefined) throw new RangeError('not a lower-case hex string');
  return bytes;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function bytesEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}

/** Order of two byte strings as unsigned numbers, shorter first when one is a prefix of the other. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Order of two strings by UTF-16 code units: the same everywhere, unlike a locale's order. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function utf8ToBytes(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

/** Text of well-formed UTF-8 (RFC 3629); `undefined` when it is malformed. */
export function parseUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
