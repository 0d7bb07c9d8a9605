/** ES256 with a private key in this process's memory, by the platform's own ECDSA: another signature at each call. */
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { Es256Signer } from '../node/ports.js';
import { es256Coordinates } from '../protocol/crypto/es256.js';
import { bytesToBase64Url } from '../protocol/primitives/base64.js';
import type { Es256PublicKey, Signature } from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';

export class KeystoreEs256Signer implements Es256Signer {
  readonly #key: KeyObject;

  /** Takes over the 32 bytes of the secret, which are those of the public key. */
  constructor(
    secret: Uint8Array,
    readonly publicKey: Es256PublicKey,
  ) {
    const point = es256Coordinates(publicKey);
    invariant(point !== undefined, `${publicKey} is not a P-256 key`);
    const [d, x, y] = [secret, point.x, point.y].map(bytesToBase64Url);
    invariant(d !== undefined && x !== undefined && y !== undefined, 'three numbers make a key');
    this.#key = createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', d, x, y } });
    secret.fill(0);
  }

  sign(message: Uint8Array): Promise<Signature> {
    const signature = sign('sha256', message, { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return Promise.resolve(new Uint8Array(signature));
  }
}
