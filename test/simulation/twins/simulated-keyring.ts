/**
 * Signatures that only their owner can make: a keyed hash whose secrets are in this object alone. Verification costs
 * a microsecond, so that a run can check every certificate again and again.
 */
import type { SignatureVerifier } from '../../../src/protocol/crypto/signature-verifier.js';
import type { ValidatorSet } from '../../../src/protocol/ledger/validator-set.js';
import { bytesEqual } from '../../../src/protocol/primitives/bytes.js';
import type { PeerIndex, PublicKey, Signature } from '../../../src/protocol/primitives/identifiers.js';

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

/** Keys that an organisation may have one after the other. */
const GENERATIONS_MAX = 64;

/** Names sort as their numbers do. */
export function organisationName(organisation: PeerIndex): string {
  return `org-${String(organisation).padStart(2, '0')}`;
}

export function simulatedKey(organisation: PeerIndex, generation = 0): PublicKey {
  const number = organisation * GENERATIONS_MAX + generation + 1;
  return number.toString(16).padStart(64, '0') as PublicKey;
}

export class SimulatedKeyring implements SignatureVerifier {
  /** Of the founders. */
  readonly validators: ValidatorSet;
  private readonly secrets = new Map<PublicKey, number>();

  /** Keys of `count` founders and of `others`. */
  constructor(
    private readonly seed: number,
    count: number,
    others = 0,
  ) {
    for (let organisation = 0; organisation < count + others; organisation++) {
      for (let generation = 0; generation < GENERATIONS_MAX; generation++) {
        const number = organisation * GENERATIONS_MAX + generation + 1;
        this.secrets.set(
          simulatedKey(organisation, generation),
          imul(seed + 1, 0x45d9f3b) ^ imul(number, 0x119de1f3),
        );
      }
    }
    this.validators = Array.from({ length: count }, (_, index) => ({
      organisation: organisationName(index),
      ledgerKey: simulatedKey(index),
    }));
  }

  sign(key: PublicKey, bytes: Uint8Array): Signature {
    const secret = this.secrets.get(key);
    if (secret === undefined) throw new RangeError(`seed ${this.seed}: no key ${key}`);
    return keyedHash(secret, bytes);
  }

  verify(publicKey: PublicKey, message: Uint8Array, signature: Signature): boolean {
    const secret = this.secrets.get(publicKey);
    return secret !== undefined && bytesEqual(keyedHash(secret, message), signature);
  }
}
