/** The part of sodium-native (libsodium) that Countersign calls; the package has no types of its own. */
declare module 'sodium-native' {
  const sodium: {
    /** True when `signature` (64 bytes) is `publicKey`'s (32 bytes) signature over `message`; throws on other lengths. */
    crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
    /** Writes 64 bytes; `secretKey` is seed ‖ public key, 64 bytes. */
    crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void;
    crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void;
    /** True for the canonical form of a point of the prime-order subgroup other than the identity. */
    crypto_core_ed25519_is_valid_point(point: Uint8Array): boolean;
  };
  export default sodium;
}
