/**
 * Deterministic CBOR (RFC 8949 section 4.2.1), read as strictly as it is written: bytes that another encoder could have written
 * otherwise are refused, so one content has one encoding.
 */
import { decode, encode, rfc8949EncodeOptions } from 'cborg';
import { bytesEqual } from '../../primitives/bytes.js';

export type CborValue =
  number | string | Uint8Array | null | readonly CborValue[] | ReadonlyMap<number | string, CborValue>;

export function encodeCbor(value: CborValue): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/** Total; `undefined` for what is no CBOR or not its deterministic form. Tags have no place in it. */
export function decodeCbor(bytes: Uint8Array): unknown {
  try {
    const value: unknown = decode(bytes, {
      strict: true,
      useMaps: true,
      rejectDuplicateMapKeys: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowBigInt: false,
      allowInfinity: false,
      allowNaN: false,
    });
    return bytesEqual(encodeCbor(value as CborValue), bytes) ? value : undefined;
  } catch {
    // Malformed, or nested so deeply that no reader follows: an ordinary refusal.
    return undefined;
  }
}

/** What stands under a key of a value that ought to be a map. */
export function member(value: unknown, key: number | string): unknown {
  return value instanceof Map ? (value as ReadonlyMap<unknown, unknown>).get(key) : undefined;
}

export function asBytes(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function asInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
}

/** Hashes of 32 bytes. */
export function asPath(value: unknown): readonly Uint8Array[] | undefined {
  const hashes = asList(value)?.map((hash) => asBytes(hash));
  return hashes?.every((hash) => hash?.length === 32) === true
    ? (hashes as readonly Uint8Array[])
    : undefined;
}
