/**
 * Signature check as a parameter of everything that needs one: consensus uses exactly one implementation
 * (docs/adr, Ed25519), the simulator gives its own.
 */
import type { PublicKey, Signature } from '../primitives/identifiers.js';

export interface SignatureVerifier {
  /** True when `signature` is the key's signature over `message`. Total: malformed keys and signatures are false. */
  verify(publicKey: PublicKey, message: Uint8Array, signature: Signature): boolean;
}
