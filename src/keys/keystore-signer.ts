/** Signer whose private key lies in this process's memory; an external signer would be another adapter of the same port. */
import type { Signer } from '../node/ports.js';
import { publicKeyOfSeed, signMessage } from '../protocol/crypto/ed25519.js';
import type { PublicKey, Signature } from '../protocol/primitives/identifiers.js';

export class KeystoreSigner implements Signer {
  readonly publicKey: PublicKey;
  readonly #seed: Uint8Array;

  /** Takes over the 32 bytes of the seed. */
  constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.publicKey = publicKeyOfSeed(seed);
  }

  sign(messages: readonly Uint8Array[]): Promise<readonly Signature[]> {
    return Promise.resolve(messages.map((message) => signMessage(this.#seed, message)));
  }
}
