/**
 * Ed25519 (RFC 8032) for domain types: the verifier that decides in consensus, the check of a key that is to be
 * registered, and signing for clients. What libsodium accepts is the rule; platform/ has it twice.
 */
import {
  ed25519IsPrimeOrder,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  randomBytes,
} from '#crypto-platform';
import { bytesToHex, parseHex } from '../primitives/bytes.js';
import type { PublicKey, Signature } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { SignatureVerifier } from './signature-verifier.js';

export const PUBLIC_KEY_BYTES = 32;
export const SECRET_SEED_BYTES = 32;

/** A ledger has a few hundred signers at a time; the oldest entry makes room. */
const KEY_CACHE_ENTRIES_MAX = 4096;
const keyBytes = new Map<PublicKey, Uint8Array>();

function publicKeyToBytes(publicKey: PublicKey): Uint8Array | undefined {
  const cached = keyBytes.get(publicKey);
  if (cached !== undefined) return cached;
  const bytes = parseHex(publicKey);
  if (bytes?.length !== PUBLIC_KEY_BYTES) return undefined;
  if (keyBytes.size >= KEY_CACHE_ENTRIES_MAX) {
    const oldest = keyBytes.keys().next();
    if (oldest.done !== true) keyBytes.delete(oldest.value);
  }
  keyBytes.set(publicKey, bytes);
  return bytes;
}

/** Decides every signature of the ledger. */
export const ed25519Verifier: SignatureVerifier = {
  verify(publicKey: PublicKey, message: Uint8Array, signature: Signature): boolean {
    const bytes = publicKeyToBytes(publicKey);
    return bytes !== undefined && ed25519Verify(bytes, message, signature);
  },
};

/**
 * Whether a key may be registered: the canonical form of a point of the prime-order subgroup. Small order,
 * mixed order, non-canonical encodings and points off the curve are refused; no honest key is any of them.
 */
export function isAcceptablePublicKey(publicKey: PublicKey): boolean {
  const bytes = parseHex(publicKey);
  return bytes !== undefined && ed25519IsPrimeOrder(bytes);
}

/** Seed of a new key, 32 random bytes. */
export function createSecretSeed(): Uint8Array {
  return randomBytes(SECRET_SEED_BYTES);
}

export function publicKeyOfSeed(secretSeed: Uint8Array): PublicKey {
  invariant(secretSeed.length === SECRET_SEED_BYTES, 'a secret seed has 32 bytes');
  return bytesToHex(ed25519PublicKey(secretSeed)) as PublicKey;
}

export function signMessage(secretSeed: Uint8Array, message: Uint8Array): Signature {
  invariant(secretSeed.length === SECRET_SEED_BYTES, 'a secret seed has 32 bytes');
  return ed25519Sign(secretSeed, message);
}
