/**
 * Cryptography in a node: SHA-256 of node:crypto, Ed25519 of libsodium. The one verifier that decides in consensus
 * is `ed25519Verify` of this file; its twin browser.ts gives the same verdicts (test/vectors/ed25519-edge-cases.json).
 */
import { createHash, hash, randomFillSync } from 'node:crypto';
import sodium from 'sodium-native';

const DIGEST_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** Up to here a copy into one buffer costs less than a streaming hash object. */
const JOINED_BYTES_MAX = 131_072;

const joined = new Uint8Array(JOINED_BYTES_MAX);

/** One-shot hash as a byte string of char codes: a quarter of the cost of one that allocates a Buffer. */
function hashOnce(data: Uint8Array): Uint8Array {
  const text = hash('sha256', data, 'binary');
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index++) digest[index] = text.charCodeAt(index);
  return digest;
}

/** SHA-256 (FIPS 180-4) of the concatenation of the parts; 32 bytes. */
export function sha256Parts(parts: readonly Uint8Array[]): Uint8Array {
  const first = parts[0];
  if (first !== undefined && parts.length === 1) return hashOnce(first);
  let length = 0;
  for (const part of parts) length += part.length;
  if (length > JOINED_BYTES_MAX) {
    const streaming = createHash('sha256');
    for (const part of parts) streaming.update(part);
    return new Uint8Array(streaming.digest());
  }
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return hashOnce(joined.subarray(0, length));
}

/** RFC 8032 Ed25519 as libsodium decides it; false for every other length of key or signature. */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return sodium.crypto_sign_verify_detached(signature, message, publicKey);
}

/** True for the canonical form of a point of the prime-order subgroup other than the identity. */
export function ed25519IsPrimeOrder(publicKey: Uint8Array): boolean {
  return publicKey.length === PUBLIC_KEY_BYTES && sodium.crypto_core_ed25519_is_valid_point(publicKey);
}

/** 64-byte signature by the key of a 32-byte seed. */
export function ed25519Sign(secretSeed: Uint8Array, message: Uint8Array): Uint8Array {
  const publicKey = new Uint8Array(PUBLIC_KEY_BYTES);
  const secretKey = new Uint8Array(SIGNATURE_BYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, secretSeed);
  const signature = new Uint8Array(SIGNATURE_BYTES);
  sodium.crypto_sign_detached(signature, message, secretKey);
  secretKey.fill(0);
  return signature;
}

/** 32-byte public key of a 32-byte seed. */
export function ed25519PublicKey(secretSeed: Uint8Array): Uint8Array {
  const publicKey = new Uint8Array(PUBLIC_KEY_BYTES);
  const secretKey = new Uint8Array(SIGNATURE_BYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, secretSeed);
  secretKey.fill(0);
  return publicKey;
}

/** `count` bytes of the operating system's random source, for new keys; never used inside consensus. */
export function randomBytes(count: number): Uint8Array {
  return randomFillSync(new Uint8Array(count));
}
