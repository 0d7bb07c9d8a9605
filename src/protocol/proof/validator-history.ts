/**
 * One step of the validator history (BLK-7): the last result record of an epoch names the next set, and the set
 * that ended certified the checkpoint whose last leaf that record is. Only sets known so far are believed.
 */
import { ed25519Verifier } from '../crypto/ed25519.js';
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { verifyInclusion } from '../crypto/merkle/verify-inclusion.js';
import type { Genesis } from '../ledger/genesis.js';
import { decodeResultRecord, type ResultRecord } from '../ledger/result-record.js';
import { validatorSetDigest, type ValidatorSet } from '../ledger/validator-set.js';
import { compareStrings, hexToBytes } from '../primitives/bytes.js';
import type { Epoch, Height } from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { verifyCheckpointNote } from './checkpoint-certificate.js';
import type { EpochChange } from './epoch-change.js';

export interface EpochContext {
  readonly genesis: Pick<Genesis, 'chainId' | 'origin'>;
  /** The epoch that the change ends. */
  readonly epoch: Epoch;
  /** The set in force in it. */
  readonly validators: ValidatorSet;
  /** Last height of the epoch before it; 0 for epoch 0. */
  readonly previousHeight: Height;
}

function isSortedByName(validators: ValidatorSet): boolean {
  return validators.every(({ organisation }, index) => {
    const previous = validators[index - 1];
    return previous === undefined || compareStrings(previous.organisation, organisation) < 0;
  });
}

function findFault(record: ResultRecord, change: EpochChange, context: EpochContext): string | undefined {
  const { genesis, epoch, validators, previousHeight } = context;
  if (record.chainId !== genesis.chainId) return 'its result record is of another chain';
  if (record.epoch !== epoch) return `its result record is of epoch ${record.epoch}`;
  if (record.height <= previousHeight) return `its height ${record.height} does not follow ${previousHeight}`;
  if (record.validatorsDigest !== validatorSetDigest(validators))
    return 'its result record names other validators';
  if (change.validators.length === 0 || !isSortedByName(change.validators)) {
    return 'the next validators are none, or are not ascending by name';
  }
  if (record.nextValidatorsDigest !== validatorSetDigest(change.validators)) {
    return 'its result record names other next validators';
  }
  return undefined;
}

/** The epoch's last result record. Refusals: RECEIPT_MALFORMED, RECEIPT_INVALID, NOTE_MALFORMED, NOTE_UNVERIFIED. */
export function verifyEpochChange(change: EpochChange, context: EpochContext): Result<ResultRecord> {
  const { genesis, epoch, validators } = context;
  const refuse = (fault: string): ReturnType<typeof reject> =>
    reject('RECEIPT_INVALID', `end of epoch ${epoch}: ${fault}`, `validatorHistory[${epoch}]`);
  const decoded = decodeResultRecord(change.resultRecord);
  if (!decoded.ok) return decoded;
  const record = decoded.value;
  const fault = findFault(record, change, context);
  if (fault !== undefined) return refuse(fault);
  const note = verifyCheckpointNote(change.checkpoint, genesis.origin, validators, ed25519Verifier);
  if (!note.ok) return note;
  if (note.value.height !== record.height)
    return refuse(`its checkpoint is that of height ${note.value.height}`);
  const isLastLeaf = verifyInclusion({
    leafHash: leafHash(change.resultRecord),
    index: record.height,
    size: record.height + 1,
    path: change.checkpointPath,
    root: hexToBytes(note.value.root),
  });
  return isLastLeaf ? accept(record) : refuse('its result record is not in the log of its checkpoint');
}
