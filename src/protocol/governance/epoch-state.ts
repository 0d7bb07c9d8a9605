/**
 * Epochs as entries of the state (EPOCH-1): validators/epoch/<epoch> → the terms of each epoch after the first, from the end of
 * the one before on, and validators/pending → those that are scheduled. Epoch 0 is what the genesis file says.
 */
import { ByteReader } from '../encoding/byte-reader.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import type { EpochTerms } from '../ledger/epoch-terms.js';
import { PARAMETER_NAMES, type GenesisParameters } from '../ledger/genesis-parameters.js';
import { compareStrings } from '../primitives/bytes.js';
import type { Epoch, OrganisationName, PublicKey } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import { stateKey, type StateKey } from '../state/state-key.js';

const VERSION = 1;

export const PENDING_TERMS_KEY = stateKey('validators', 'pending');
/** Prefix of the keys of all epochs after the first, in their order. */
export const EPOCH_TERMS_PREFIX = stateKey('validators', 'epoch');

export function epochTermsKey(epoch: Epoch): StateKey {
  return stateKey('validators', 'epoch', new ByteWriter().u64(epoch).finish());
}

/** Named pairs in the order of their names, so that a later parameter does not move an earlier one. */
export function encodeParameters(parameters: GenesisParameters): Uint8Array {
  const writer = new ByteWriter().u8(VERSION).u16(PARAMETER_NAMES.length);
  for (const name of PARAMETER_NAMES.toSorted(compareStrings)) writer.text(name).u64(parameters[name]);
  return writer.finish();
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
  return Object.fromEntries(Array.from({ length: count }, () => [reader.text(), reader.u64()]));
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
