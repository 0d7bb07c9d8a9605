/** An Ed25519 key pair held as its 32-byte seed (RFC 8032). Keep the seed secret: whoever has it signs as the identity. */
import {
  createSecretSeed,
  publicKeyOfSeed,
  SECRET_SEED_BYTES,
  signMessage,
} from '../protocol/crypto/ed25519.js';
import type { PublicKey } from '../protocol/primitives/identifiers.js';

export interface KeyPair {
  /** 64 lower-case hex digits, as the genesis file and the ledger name the identity's key. */
  readonly publicKey: PublicKey;
  /** 32 bytes. */
  readonly seed: Uint8Array;
}

/** Throws RangeError when the seed has not 32 bytes. */
export function seedToKeyPair(seed: Uint8Array): KeyPair {
  if (seed.length !== SECRET_SEED_BYTES) {
    throw new RangeError(`a seed has ${SECRET_SEED_BYTES} bytes, not ${seed.length}`);
  }
  return { publicKey: publicKeyOfSeed(seed), seed };
}

/** Holds a key without showing it: a keystore, a device, an extension of the browser. */
export interface TransactionSigner {
  readonly publicKey: PublicKey;
  /** Ed25519 signatures in the order of the messages, 64 bytes each. */
  sign(messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

/** A new pair from the platform's random source. */
export function createKeyPair(): KeyPair {
  return seedToKeyPair(createSecretSeed());
}

/** The pair as something that signs, for credentials and for signTransactionWith. */
export function keyPairSigner({ publicKey, seed }: KeyPair): TransactionSigner {
  return {
    publicKey,
    sign: (messages) => Promise.resolve(messages.map((message) => signMessage(seed, message))),
  };
}
