/**
 * The last block of an epoch as proofs show it, and the parts of canonical files that receipts and bundles share. Bytes are
 * base64, hashes and keys hex.
 */
import type { Validator, ValidatorSet } from '../ledger/validator-set.js';
import { bytesToBase64, parseBase64 } from '../primitives/base64.js';
import { bytesToHex, parseHex } from '../primitives/bytes.js';
import { isHex64, isOrganisationName, type PublicKey } from '../primitives/identifiers.js';
import { CanonicalJsonFlaw, CanonicalJsonReader, type CanonicalValue } from './canonical-json.js';

/** Last block of an epoch: it names the next set, and the old set certified it. */
export interface EpochChange {
  /** Canonical bytes of the epoch's last result record. */
  readonly resultRecord: Uint8Array;
  /** The set of the next epoch, whose digest the record states. */
  readonly validators: ValidatorSet;
  /** Note of the epoch's last checkpoint: exactly Q lines of the old set. */
  readonly checkpoint: string;
  /** Path of the record in the log of that checkpoint. */
  readonly checkpointPath: readonly Uint8Array[];
  /** Path of the record in the log of the receipt's checkpoint, or in the one that a bundle begins on. */
  readonly logPath: readonly Uint8Array[];
}

export function hashesToJson(hashes: readonly Uint8Array[]): CanonicalValue {
  return hashes.map((hash) => bytesToHex(hash));
}

export function validatorsToJson(validators: ValidatorSet): CanonicalValue {
  return validators.map(({ ledgerKey, organisation }) => ({ ledgerKey, organisation }));
}

export function epochChangeToJson(change: EpochChange): CanonicalValue {
  return {
    checkpoint: change.checkpoint,
    checkpointPath: hashesToJson(change.checkpointPath),
    logPath: hashesToJson(change.logPath),
    resultRecord: bytesToBase64(change.resultRecord),
    validators: validatorsToJson(change.validators),
  };
}

/** Reads the values that proofs are made of. */
export class ProofReader extends CanonicalJsonReader {
  bytes(name: string): Uint8Array {
    const bytes = parseBase64(this.string());
    if (bytes === undefined) throw new CanonicalJsonFlaw(`${name} is not canonical base64`);
    return bytes;
  }

  hash(name: string): Uint8Array {
    const hash = parseHex(this.string());
    if (hash?.length !== 32)
      throw new CanonicalJsonFlaw(`${name} has a hash that is not 64 lower-case hex digits`);
    return hash;
  }

  hashes(name: string): readonly Uint8Array[] {
    return this.list(() => this.hash(name));
  }

  validators(): ValidatorSet {
    return this.list(() => this.validator());
  }

  private validator(): Validator {
    this.literal('{"ledgerKey":');
    const ledgerKey = this.string();
    this.literal(',"organisation":');
    const organisation = this.string();
    this.literal('}');
    if (!isHex64(ledgerKey) || !isOrganisationName(organisation)) {
      throw new CanonicalJsonFlaw('a validator of the history has no proper key and name');
    }
    return { organisation, ledgerKey: ledgerKey as PublicKey };
  }

  epochChange(): EpochChange {
    this.literal('{"checkpoint":');
    const checkpoint = this.string();
    this.literal(',"checkpointPath":');
    const checkpointPath = this.hashes('checkpointPath');
    this.literal(',"logPath":');
    const logPath = this.hashes('logPath');
    this.literal(',"resultRecord":');
    const resultRecord = this.bytes('resultRecord');
    this.literal(',"validators":');
    const validators = this.validators();
    this.literal('}');
    return { checkpoint, checkpointPath, logPath, resultRecord, validators };
  }
}
