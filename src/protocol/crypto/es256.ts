/**
 * ES256 (ECDSA over P-256 with SHA-256, FIPS 186-5) for the keys with which organisations sign COSE receipts. One library
 * decides on every platform, since a proof of possession is judged by execution. Both forms of a signature (s and n − s) are
 * good: whoever signs elsewhere, in hardware too, need not know of a rule that only some libraries keep.
 */
import { p256 } from '@noble/curves/nist.js';
import { randomBytes } from '#crypto-platform';
import { bytesToHex, hexToBytes, parseHex } from '../primitives/bytes.js';
import type { Es256PublicKey, Signature } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';

export const ES256_PUBLIC_KEY_BYTES = 33;
/** r ‖ s, 32 bytes each. */
export const ES256_SIGNATURE_BYTES = 64;
export const ES256_SECRET_BYTES = 32;

const { Point } = p256;

/** The affine coordinates, 32 bytes each; `undefined` for anything but the compressed form of a point of the curve. */
export function es256Coordinates(
  publicKey: Es256PublicKey,
): { readonly x: Uint8Array; readonly y: Uint8Array } | undefined {
  const bytes = parseHex(publicKey);
  if (bytes?.length !== ES256_PUBLIC_KEY_BYTES) return undefined;
  try {
    // A prefix other than 02 and 03, x ≥ p, and x without a point are refused; so each point has one form.
    const uncompressed = Point.fromBytes(bytes).toBytes(false);
    return { x: uncompressed.slice(1, 33), y: uncompressed.slice(33) };
  } catch {
    // noble tells a malformed point by an exception; here it is an ordinary refusal.
    return undefined;
  }
}

/** Compressed form of coordinates; `undefined` when they are not those of a point of the curve. */
export function es256FromCoordinates(x: Uint8Array, y: Uint8Array): Es256PublicKey | undefined {
  if (x.length !== 32 || y.length !== 32) return undefined;
  try {
    return bytesToHex(Point.fromBytes(Uint8Array.of(4, ...x, ...y)).toBytes(true)) as Es256PublicKey;
  } catch {
    // As above.
    return undefined;
  }
}

/** Total: false for whatever is no key or no signature. */
export function verifyEs256(publicKey: Es256PublicKey, message: Uint8Array, signature: Signature): boolean {
  if (signature.length !== ES256_SIGNATURE_BYTES || es256Coordinates(publicKey) === undefined) return false;
  try {
    return p256.verify(signature, message, hexToBytes(publicKey), { lowS: false, prehash: true });
  } catch {
    // r or s out of range.
    return false;
  }
}

/** Secret scalar of a new key. */
export function createEs256Secret(): Uint8Array {
  // A scalar out of range, 1 in 2^32, is drawn again.
  let secret = randomBytes(ES256_SECRET_BYTES);
  while (!p256.utils.isValidSecretKey(secret)) secret = randomBytes(ES256_SECRET_BYTES);
  return secret;
}

export function isEs256Secret(secret: Uint8Array): boolean {
  return secret.length === ES256_SECRET_BYTES && p256.utils.isValidSecretKey(secret);
}

export function es256PublicKeyOf(secret: Uint8Array): Es256PublicKey {
  invariant(isEs256Secret(secret), 'a P-256 secret is 32 bytes between 1 and n − 1');
  return bytesToHex(p256.getPublicKey(secret, true)) as Es256PublicKey;
}

export function signEs256(secret: Uint8Array, message: Uint8Array): Signature {
  invariant(isEs256Secret(secret), 'a P-256 secret is 32 bytes between 1 and n − 1');
  return p256.sign(message, secret, { prehash: true });
}
