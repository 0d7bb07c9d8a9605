/** The validators of one epoch, one for each organisation, sorted by organisation name; an index is a position here. */
import { sha256 } from '../crypto/sha256.js';
import { ByteWriter } from '../encoding/byte-writer.js';
import { VALIDATORS_TAG } from '../encoding/domain-tags.js';
import { bytesToHex } from '../primitives/bytes.js';
import type {
  Digest,
  Epoch,
  OrganisationName,
  PublicKey,
  ValidatorIndex,
  View,
} from '../primitives/identifiers.js';

export interface Validator {
  readonly organisation: OrganisationName;
  /** The organisation's ledger key: votes, checkpoint lines and its certificate authority. */
  readonly ledgerKey: PublicKey;
}

export type ValidatorSet = readonly Validator[];

/** Primary of a view: validators[(epoch + view) mod n] (PBFT-PROPOSE-1). */
export function primaryOf(validatorCount: number, epoch: Epoch, view: View): ValidatorIndex {
  return (epoch + view) % validatorCount;
}

export function validatorSetDigest(validators: ValidatorSet): Digest {
  const writer = new ByteWriter().u16(validators.length);
  for (const validator of validators) writer.text(validator.organisation).digest(validator.ledgerKey);
  return bytesToHex(sha256(VALIDATORS_TAG, writer.finish())) as Digest;
}
