/** Names of state entries for people: the kind and its parts, as far as they are text. */
import { bytesToHex, hexToBytes } from '../protocol/primitives/bytes.js';
import { STATE_KIND_NUMBER } from '../protocol/state/state-key.js';

const KIND_NAMES = new Map<number, string>(
  Object.entries(STATE_KIND_NUMBER).map(([name, number]) => [number, name]),
);
const PRINTABLE = /^[\x21-\x7e]+$/;
const LENGTH_BYTES = 2;

function partText(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return PRINTABLE.test(text) ? text : bytesToHex(bytes);
}

/** `kind/part/part`; of bytes that are no state key the hex. Total, since what is named may be damaged. */
export function stateEntryName(key: Uint8Array | string): string {
  const bytes = typeof key === 'string' ? hexToBytes(key) : key;
  const kind = KIND_NAMES.get(bytes[0] ?? 0);
  if (kind === undefined) return bytesToHex(bytes);
  const parts = [kind];
  for (let at = 1; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    const end = start + ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
    if (end > bytes.length) return bytesToHex(bytes);
    parts.push(partText(bytes.subarray(start, end)));
    at = end;
  }
  return parts.join('/');
}
