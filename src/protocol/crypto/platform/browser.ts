/**
 * The twin of node.ts for browsers, on @noble: the same digests, the same signatures and, by spelling libsodium's
 * refusals out, the same verdicts on every key and signature (test/vectors/ed25519-edge-cases.json).
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js';
import { randomBytes as nobleRandomBytes } from '@noble/hashes/utils.js';
import { bytesEqual } from '../../primitives/bytes.js';

const { Point } = ed25519;
/** Order of the prime-order subgroup, L of RFC 8032 section 5.1. */
const GROUP_ORDER = Point.Fn.ORDER;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

type CurvePoint = ReturnType<typeof Point.fromBytes>;

/** SHA-256 (FIPS 180-4) of the concatenation of the parts; 32 bytes. */
export function sha256Parts(parts: readonly Uint8Array[]): Uint8Array {
  const hash = nobleSha256.create();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function littleEndianToBigint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}

/** A point in canonical form that is not of small order. */
function decodePoint(bytes: Uint8Array): CurvePoint | undefined {
  try {
    const point = Point.fromBytes(bytes, false);
    return point.isSmallOrder() ? undefined : point;
  } catch {
    // noble tells a malformed point by an exception; here it is an ordinary refusal.
    return undefined;
  }
}

/**
 * As libsodium decides: A canonical, A and R not of small order, S < L, and the bytes of S·B − H(R ‖ A ‖ M)·A equal
 * to R (no cofactor). False for every other length of key or signature.
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const rBytes = signature.subarray(0, 32);
  const s = littleEndianToBigint(signature.subarray(32));
  if (s >= GROUP_ORDER) return false;
  const a = decodePoint(publicKey);
  if (a === undefined || decodePoint(rBytes) === undefined) return false;
  const challenge = sha512.create().update(rBytes).update(publicKey).update(message).digest();
  const k = littleEndianToBigint(challenge) % GROUP_ORDER;
  const r = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
  return bytesEqual(r.toBytes(), rBytes);
}

/** True for the canonical form of a point of the prime-order subgroup other than the identity. */
export function ed25519IsPrimeOrder(publicKey: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return decodePoint(publicKey)?.isTorsionFree() ?? false;
}

/** 64-byte signature by the key of a 32-byte seed. */
export function ed25519Sign(secretSeed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, secretSeed);
}

/** 32-byte public key of a 32-byte seed. */
export function ed25519PublicKey(secretSeed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(secretSeed);
}

/** `count` bytes of the browser's random source, for new keys; never used inside consensus. */
export function randomBytes(count: number): Uint8Array {
  return nobleRandomBytes(count);
}
