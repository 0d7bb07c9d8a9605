/** What an authorised execution reserves for ever: (identity, idempotency key) → command digest, first transaction. */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { Digest, TransactionId } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

export interface Reservation {
  readonly commandDigest: Digest;
  readonly firstId: TransactionId;
}

/** `identity` is organisation/name: a key belongs to the identity, not to the public key that signed. */
export function idempotencyStateKey(identity: string, idempotencyKey: string): StateKey {
  return stateKey('idempotency', identity, idempotencyKey);
}

export function encodeReservation(reservation: Reservation): Uint8Array {
  return new ByteWriter().digest(reservation.commandDigest).digest(reservation.firstId).finish();
}

/** Of a value that this ledger wrote. */
export function decodeReservation(value: Uint8Array): Reservation {
  const reader = new ByteReader(value);
  const commandDigest = reader.digest();
  const firstId = reader.digest() as TransactionId | undefined;
  invariant(
    reader.isComplete() && commandDigest !== undefined && firstId !== undefined,
    'an idempotency entry of the state is not one that this ledger writes',
  );
  return { commandDigest, firstId };
}
