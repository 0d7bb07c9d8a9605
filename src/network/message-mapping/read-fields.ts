/** Checked reading of single fields: what a correct peer cannot have sent throws MalformedField, which decodeMessage alone catches. */
import type { Block } from '../../protocol/ledger/block.js';
import { ES256_PUBLIC_KEY_BYTES } from '../../protocol/crypto/es256.js';
import { ORGANISATIONS_MAX } from '../../protocol/ledger/genesis.js';
import { decodeHeader, hashHeader, type BlockHeader } from '../../protocol/ledger/block-header.js';
import {
  Phase as PhaseNumber,
  type Standing as StandingNumber,
} from '../../protocol/encoding/generated/countersign/v1/peer_pb.js';
import type { Phase, Standing } from '../../protocol/pbft/message.js';
import { bytesToHex } from '../../protocol/primitives/bytes.js';
import { bigintToInteger } from '../../protocol/primitives/checked-integers.js';
import type { Digest, Es256PublicKey, Signature } from '../../protocol/primitives/identifiers.js';
import type { Result } from '../../protocol/primitives/rejection.js';
import { STANDING_NUMBER } from './encode-message.js';
import { BITMAP_BYTES_MAX, type MessageLimits } from './message-limits.js';

const DIGEST_BYTES = 32;
const SIGNATURE_BYTES = 64;

const STANDING_OF_NUMBER: ReadonlyMap<StandingNumber, Standing> = new Map(
  (Object.keys(STANDING_NUMBER) as Standing[]).map((standing) => [STANDING_NUMBER[standing], standing]),
);

/** Carries a reason out of nested reading; never leaves message-mapping. */
export class MalformedField extends Error {
  override readonly name = 'MalformedField';
}

export function fail(reason: string): never {
  throw new MalformedField(reason);
}

export function readInteger(value: bigint, name: string): number {
  return bigintToInteger(value) ?? fail(`${name} is beyond 2^53-1`);
}

export function readDigest(bytes: Uint8Array, name: string): Digest {
  if (bytes.length !== DIGEST_BYTES) fail(`${name} has ${bytes.length} bytes, not ${DIGEST_BYTES}`);
  return bytesToHex(bytes) as Digest;
}

/** The form alone: whether it is a point, and whose, is seen where the signature is checked. */
export function readEs256Key(bytes: Uint8Array, name: string): Es256PublicKey {
  if (bytes.length !== ES256_PUBLIC_KEY_BYTES)
    fail(`${name} has ${bytes.length} bytes, not ${ES256_PUBLIC_KEY_BYTES}`);
  return bytesToHex(bytes) as Es256PublicKey;
}

/** A copy, so that 64 bytes do not keep the whole frame in memory. */
export function readSignature(bytes: Uint8Array, name: string): Signature {
  if (bytes.length !== SIGNATURE_BYTES) fail(`${name} has ${bytes.length} bytes, not ${SIGNATURE_BYTES}`);
  return new Uint8Array(bytes);
}

/** Index of one of `validators` members. */
export function readSigner(signer: number, limits: MessageLimits): number {
  if (signer >= limits.validators) fail(`signer ${signer} is not one of ${limits.validators} validators`);
  return signer;
}

export function readPhase(phase: PhaseNumber): Phase {
  if (phase === PhaseNumber.ACTIVE) return 'active';
  return phase === PhaseNumber.CHANGING ? 'changing' : fail(`unknown phase ${phase}`);
}

export function readStanding(standing: StandingNumber): Standing {
  return STANDING_OF_NUMBER.get(standing) ?? fail(`unknown standing ${standing}`);
}

export function readHeader(bytes: Uint8Array): BlockHeader {
  const header = decodeHeader(bytes);
  return header.ok ? header.value : fail(header.rejection.message);
}

export function readBlock(
  fields: { readonly header: Uint8Array; readonly body: Uint8Array },
  limits: MessageLimits,
): Block {
  if (fields.body.length > limits.bodyBytesMax) {
    fail(`body has ${fields.body.length} bytes, the limit is ${limits.bodyBytesMax}`);
  }
  const header = readHeader(fields.header);
  return { header, hash: hashHeader(header), body: new Uint8Array(fields.body) };
}

export function readResult<Value>(result: Result<Value>): Value {
  return result.ok ? result.value : fail(result.rejection.message);
}

/** Up to the last bit that is set: a set may have grown or shrunk since, and bits that are missing are not set. */
export function unpackBitmap(bytes: Uint8Array): readonly boolean[] {
  if (bytes.length > BITMAP_BYTES_MAX) fail(`bitmap has ${bytes.length} bytes`);
  const bits = Array.from({ length: 8 * bytes.length }, (_, index) =>
    Boolean(((bytes[index >> 3] ?? 0) >> (index & 7)) & 1),
  );
  const length = bits.lastIndexOf(true) + 1;
  if (length > ORGANISATIONS_MAX) fail(`bitmap has bit ${length - 1}`);
  return bits.slice(0, length);
}
