/** The door to a private key that somebody else may hold. */
import type { PublicKey } from '../protocol/primitives/identifiers.js';

/** Holds a key without showing it: a keystore, a device, an extension of the browser. */
export interface TransactionSigner {
  readonly publicKey: PublicKey;
  /** Ed25519 signatures in the order of the messages, 64 bytes each. */
  sign(messages: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}
