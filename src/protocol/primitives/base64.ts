/** Standard base64 with padding (RFC 4648 section 4), strict in both directions: one text for one byte string. */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Int16Array(128).fill(-1);
for (let index = 0; index < ALPHABET.length; index++) VALUES[ALPHABET.charCodeAt(index)] = index;

const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
const PADDING = '='.charCodeAt(0);
const ascii = new TextDecoder();

/** As character codes first: putting text together letter by letter costs ten times as much. */
export function bytesToBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let written = 0;
  for (let index = 0; index < bytes.length; index += 3) {
    const first = bytes[index] ?? 0;
    const second = bytes[index + 1] ?? 0;
    const third = bytes[index + 2] ?? 0;
    codes[written++] = CODES[first >> 2] ?? PADDING;
    codes[written++] = CODES[((first & 3) << 4) | (second >> 4)] ?? PADDING;
    codes[written++] = CODES[((second & 15) << 2) | (third >> 6)] ?? PADDING;
    codes[written++] = CODES[third & 63] ?? PADDING;
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  codes.fill(PADDING, written - missing);
  return ascii.decode(codes);
}

/** The alphabet of URLs, without padding (RFC 4648 section 5). */
export function bytesToBase64Url(bytes: Uint8Array): string {
  return bytesToBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function sextet(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < 128 ? (VALUES[code] ?? -1) : -1;
}

/** Bytes of canonical padded base64; `undefined` for anything else (stray bits, white space, missing padding). */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let written = 0;
  for (let index = 0; index < text.length; index += 4) {
    const last = index + 4 === text.length;
    const count = last ? 4 - padding : 4;
    let group = 0;
    for (let offset = 0; offset < 4; offset++) {
      const value = offset < count ? sextet(text, index + offset) : 0;
      if (value < 0) return undefined;
      group = (group << 6) | value;
    }
    if (last && padding === 1 && (group & 0xff) !== 0) return undefined;
    if (last && padding === 2 && (group & 0xffff) !== 0) return undefined;
    for (let shift = 16; shift >= 0 && written < bytes.length; shift -= 8)
      bytes[written++] = (group >> shift) & 255;
  }
  return bytes;
}
