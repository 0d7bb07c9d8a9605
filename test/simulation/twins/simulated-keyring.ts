/**
 * Signatures that only their owner can make: a keyed hash whose secrets are in this object alone. Verification costs
 * a microsecond, so that a run can check every certificate again and again.
 */
import type { SignatureVerifier } from '../../../src/protocol/crypto/signature-verifier.js';
import type { ValidatorSet } from '../../../src/protocol/ledger/validator-set.js';
import { bytesEqual } from '../../../src/protocol/primitives/bytes.js';
import type { PublicKey, Signature, ValidatorIndex } from '../../../src/protocol/primitives/identifiers.js';

const { imul } = Math;
const SIGNATURE_BYTES = 8;

function keyedHash(secret: number, bytes: Uint8Array): Signature {
  let low = 0x811c9dc5 ^ secret;
  let high = 0x1b873593 ^ imul(secret, 0x9e3779b1);
  for (const byte of bytes) {
    low = imul(low ^ byte, 0x01000193);
    high = imul(high ^ byte, 0x85ebca6b);
    high ^= high >>> 13;
  }
  const signature = new Uint8Array(SIGNATURE_BYTES);
  const view = new DataView(signature.buffer);
  view.setUint32(0, (low ^ (high >>> 7)) >>> 0);
  view.setUint32(4, high >>> 0);
  return signature;
}

export class SimulatedKeyring implements SignatureVerifier {
  readonly validators: ValidatorSet;
  private readonly secrets = new Map<PublicKey, number>();

  constructor(
    private readonly seed: number,
    count: number,
  ) {
    this.validators = Array.from({ length: count }, (_, index) => {
      const ledgerKey = (index + 1).toString(16).padStart(64, '0') as PublicKey;
      this.secrets.set(ledgerKey, imul(seed + 1, 0x45d9f3b) ^ imul(index + 1, 0x119de1f3));
      return { organisation: `org-${index}`, ledgerKey };
    });
  }

  sign(index: ValidatorIndex, bytes: Uint8Array): Signature {
    const secret = this.secrets.get(this.validators[index]!.ledgerKey);
    if (secret === undefined) throw new RangeError(`seed ${this.seed}: no validator ${index}`);
    return keyedHash(secret, bytes);
  }

  verify(publicKey: PublicKey, message: Uint8Array, signature: Signature): boolean {
    const secret = this.secrets.get(publicKey);
    return secret !== undefined && bytesEqual(keyedHash(secret, message), signature);
  }
}
