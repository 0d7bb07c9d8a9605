/**
 * Epochs as entries of the state (EPOCH-1): validators/epoch/<epoch> → the terms of each epoch after the first, from the end of
 * the one before on, and validators/pending → those that are scheduled. Epoch 0 is what the genesis file says.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { EpochTerms } from '../ledger/epoch-terms.js';
import { PARAMETER_NAMES, withoutDefaults, type GenesisParameters } from '../ledger/genesis-parameters.js';
import { compareStrings } from '../primitives/bytes.js';
import {
  ZERO_DIGEST,
  type Digest,
  type Epoch,
  type OrganisationName,
  type PublicKey,
} from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

const VERSION = 1;

export const PARAMETERS_KEY = stateKey('parameters');
export const IN_FORCE_KEY = stateKey('validators', 'in-force');
export const PENDING_TERMS_KEY = stateKey('validators', 'pending');
/** What is scheduled beside the terms themselves; there while those are. */
export const PENDING_CHANGE_KEY = stateKey('validators', 'pending-change');
/** Prefix of the keys of all epochs after the first, in their order. */
export const EPOCH_TERMS_PREFIX = stateKey('validators', 'epoch');

export function epochTermsKey(epoch: Epoch): StateKey {
  return stateKey('validators', 'epoch', new ByteWriter().u64(epoch).finish());
}

/** Named pairs in the order of their names, so that a later parameter does not move an earlier one. */
export function encodeParameters(parameters: GenesisParameters): Uint8Array {
  const named = Object.entries(withoutDefaults(parameters)) as readonly (readonly [string, number])[];
  const writer = new ByteWriter().u8(VERSION).u16(named.length);
  for (const [name, value] of named.toSorted(([left], [right]) => compareStrings(left, right)))
    writer.text(name).u64(value);
  return writer.finish();
}

/** Which epoch is in force, and by whom. */
export function encodeInForce(epoch: Epoch, validators: Digest): Uint8Array {
  return new ByteWriter().u8(VERSION).u64(epoch).digest(validators).finish();
}

/** The epoch in force, of a value that this ledger wrote. */
export function decodeInForce(value: Uint8Array): Epoch {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const epoch = reader.u64();
  reader.digest();
  invariant(
    reader.isComplete() && version === VERSION && epoch !== undefined,
    'the validators in force in the state are not those that this ledger writes',
  );
  return epoch;
}

export function encodeEpochTerms({ epoch, firstHeight, validators, parameters }: EpochTerms): Uint8Array {
  const writer = new ByteWriter().u8(VERSION).u64(epoch).u64(firstHeight).u16(validators.length);
  for (const { organisation, ledgerKey } of validators) writer.text(organisation).digest(ledgerKey);
  return writer.raw(encodeParameters(parameters)).finish();
}

function readParameters(reader: ByteReader): Partial<GenesisParameters> {
  const version = reader.u8();
  invariant(version === VERSION, 'the parameters of the state are not those that this ledger writes');
  const count = reader.u16() ?? 0;
  return Object.fromEntries(
    Array.from({ length: count }, () => [reader.text(), reader.u64()] as const),
  ) as Partial<GenesisParameters>;
}

/** Of a value that this ledger wrote. */
export function decodeEpochTerms(value: Uint8Array): EpochTerms {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const epoch = reader.u64();
  const firstHeight = reader.u64();
  const count = reader.u16() ?? 0;
  const validators = Array.from({ length: count }, () => ({
    organisation: reader.text() as OrganisationName,
    ledgerKey: reader.digest() as string as PublicKey,
  }));
  const parameters = readParameters(reader);
  invariant(
    reader.isComplete() &&
      version === VERSION &&
      epoch !== undefined &&
      firstHeight !== undefined &&
      PARAMETER_NAMES.every((name) => parameters[name] !== undefined),
    'the terms of an epoch in the state are not those that this ledger writes',
  );
  return { epoch, firstHeight, validators, parameters: parameters as GenesisParameters };
}

/** In the order of their numbers, 1 first. */
const EPOCH_CHANGES = ['promote', 'demote', 'remove', 'rotate', 'parameters'] as const;

/** What the end of an epoch does to the entry of an organisation. */
export interface EpochChange {
  readonly kind: (typeof EPOCH_CHANGES)[number];
  /** `undefined` when parameters change. */
  readonly organisation: OrganisationName | undefined;
  /** The organisation's key as a validator, where it stops being that. */
  readonly formerKey: PublicKey | undefined;
  /** The organisation's key from the next epoch on, where it is another. */
  readonly ledgerKey: PublicKey | undefined;
}

export function encodeEpochChange({ kind, organisation, formerKey, ledgerKey }: EpochChange): Uint8Array {
  return new ByteWriter()
    .u8(VERSION)
    .u8(EPOCH_CHANGES.indexOf(kind) + 1)
    .text(organisation ?? '')
    .digest(formerKey ?? ZERO_DIGEST)
    .digest(ledgerKey ?? ZERO_DIGEST)
    .finish();
}

/** Of a value that this ledger wrote. */
export function decodeEpochChange(value: Uint8Array): EpochChange {
  const reader = new ByteReader(value);
  const version = reader.u8();
  const kind = EPOCH_CHANGES[(reader.u8() ?? 0) - 1];
  const organisation = reader.text();
  const formerKey = reader.digest() as string as PublicKey;
  const ledgerKey = reader.digest() as string as PublicKey;
  invariant(
    reader.isComplete() && version === VERSION && kind !== undefined,
    'the pending change in the state is not one that this ledger writes',
  );
  const keyOf = (key: PublicKey): PublicKey | undefined =>
    (key as string) === ZERO_DIGEST ? undefined : key;
  return {
    kind,
    organisation: organisation === '' ? undefined : organisation,
    formerKey: keyOf(formerKey),
    ledgerKey: keyOf(ledgerKey),
  };
}
