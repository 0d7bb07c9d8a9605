/**
 * What every proof file ends in: the result record of a block, its place in the log that a checkpoint countersigns, and how the
 * validators who countersigned follow from genesis.
 */
import type { Genesis } from '../../ledger/genesis.js';
import type { ValidatorSet } from '../../ledger/validator-set.js';
import type { CheckpointCertificate } from '../../pbft/certificate.js';
import { bytesToBase64 } from '../../primitives/base64.js';
import { bytesToHex } from '../../primitives/bytes.js';
import type { CanonicalValue } from '../canonical-json.js';
import { checkpointNote } from '../checkpoint-certificate.js';

/** Last block of an epoch: it names the next set, and the old set certified it. */
export interface EpochEnd {
  /** Canonical bytes of the epoch's last result record. */
  readonly resultRecord: Uint8Array;
  /** The set of the next epoch, whose digest the record states. */
  readonly validators: ValidatorSet;
  /** Note of the epoch's last checkpoint: exactly Q lines of the old set. */
  readonly checkpoint: string;
  /** Path of the record in the log of that checkpoint. */
  readonly checkpointPath: readonly Uint8Array[];
}

/** It as a file has it. */
export interface EpochChange extends EpochEnd {
  /** Path of the record in the log of the file's checkpoint, or in the one that a bundle begins on. */
  readonly logPath: readonly Uint8Array[];
}

export interface CountersignedResult {
  /** Canonical bytes of the block's result record. */
  readonly resultRecord: Uint8Array;
  /** Path of the result record in the log of the checkpoint. */
  readonly logPath: readonly Uint8Array[];
  readonly checkpoint: string;
  /** Empty in epoch 0; one item for each epoch that ended before the checkpoint. */
  readonly validatorHistory: readonly EpochChange[];
}

/** An ended epoch as the ledger holds it. */
export interface EndedEpoch {
  readonly resultRecord: Uint8Array;
  /** The set of the next epoch. */
  readonly nextValidators: ValidatorSet;
  /** Of the epoch's last height, by the set that ended. */
  readonly certificate: CheckpointCertificate;
  /** Of the record, in the log of that certificate and in the log of the file's checkpoint. */
  readonly certificatePath: readonly Uint8Array[];
  readonly logPath: readonly Uint8Array[];
}

/** A countersigned result as the ledger holds it. */
export interface ResultParts {
  readonly genesis: Pick<Genesis, 'origin' | 'validators'>;
  /** Canonical bytes of the block's result record. */
  readonly resultRecord: Uint8Array;
  /** Path of the record in the log of `checkpoint` (crypto/merkle/stored-proofs.ts). */
  readonly logPath: readonly Uint8Array[];
  /** A certificate of the block's height or a later one. */
  readonly checkpoint: CheckpointCertificate;
  /** Every epoch that ended before the checkpoint, in order; none in epoch 0. */
  readonly endedEpochs?: readonly EndedEpoch[];
}

export function buildCountersignedResult(parts: ResultParts): CountersignedResult {
  const { genesis, resultRecord, logPath } = parts;
  let validators = genesis.validators;
  const validatorHistory: EpochChange[] = [];
  for (const ended of parts.endedEpochs ?? []) {
    validatorHistory.push({
      resultRecord: ended.resultRecord,
      validators: ended.nextValidators,
      checkpoint: checkpointNote(genesis.origin, validators, ended.certificate),
      checkpointPath: ended.certificatePath,
      logPath: ended.logPath,
    });
    validators = ended.nextValidators;
  }
  const checkpoint = checkpointNote(genesis.origin, validators, parts.checkpoint);
  return { resultRecord, logPath, checkpoint, validatorHistory };
}

export function pathToJson(path: readonly Uint8Array[]): CanonicalValue {
  return path.map((hash) => bytesToHex(hash));
}

export function validatorsToJson(validators: ValidatorSet): CanonicalValue {
  return validators.map(({ ledgerKey, organisation }) => ({ ledgerKey, organisation }));
}

export function epochChangeToJson(change: EpochChange): CanonicalValue {
  return {
    checkpoint: change.checkpoint,
    checkpointPath: pathToJson(change.checkpointPath),
    logPath: pathToJson(change.logPath),
    resultRecord: bytesToBase64(change.resultRecord),
    validators: validatorsToJson(change.validators),
  };
}

/** The members that every proof file has. */
export function resultToJson(
  result: CountersignedResult,
): Readonly<Record<keyof CountersignedResult, CanonicalValue>> {
  return {
    resultRecord: bytesToBase64(result.resultRecord),
    logPath: pathToJson(result.logPath),
    checkpoint: result.checkpoint,
    validatorHistory: result.validatorHistory.map(epochChangeToJson),
  };
}
