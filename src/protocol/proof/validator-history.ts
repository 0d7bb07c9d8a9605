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
import { certificateDetails, verifyCheckpointNote } from './checkpoint-certificate.js';
import { ProofTrace } from './proof-trace.js';
import { accept, reject, type RejectionCode, type Result } from '../primitives/rejection.js';
import type { EpochEnd } from './countersigned/countersigned-result.js';

export interface EpochContext {
  readonly genesis: Pick<Genesis, 'chainId' | 'origin'>;
  /** The epoch that the change ends. */
  readonly epoch: Epoch;
  /** The set in force in it. */
  readonly validators: ValidatorSet;
  /** Last height of the epoch before it; 0 for epoch 0. */
  readonly previousHeight: Height;
  /** Code of a file whose history does not hold. */
  readonly invalid: RejectionCode;
}

function isSortedByName(validators: ValidatorSet): boolean {
  return validators.every(({ organisation }, index) => {
    const previous = validators[index - 1];
    return previous === undefined || compareStrings(previous.organisation, organisation) < 0;
  });
}

function findFault(record: ResultRecord, change: EpochEnd, context: EpochContext): string | undefined {
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

/** The epoch's last result record. Refusals: RECEIPT_MALFORMED, `context.invalid`, NOTE_MALFORMED, NOTE_UNVERIFIED. */
export function verifyEpochChange(
  change: EpochEnd,
  context: EpochContext,
  trace: ProofTrace = new ProofTrace(),
): Result<ResultRecord> {
  const { genesis, epoch, validators } = context;
  const refuse = (fault: string): ReturnType<typeof reject> =>
    reject(context.invalid, `end of epoch ${epoch}: ${fault}`, `validatorHistory[${epoch}]`);
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
  if (!isLastLeaf) return refuse('its result record is not in the log of its checkpoint');
  const names = (set: ValidatorSet): string => set.map(({ organisation }) => organisation).join(', ');
  trace.hold(
    `epoch ${epoch} ended at height ${record.height}; its validators name ${names(change.validators)} as the next`,
    {
      epoch,
      ...certificateDetails(note.value, validators),
      nextValidators: change.validators.map(({ organisation, ledgerKey }) => `${organisation} ${ledgerKey}`),
      nextValidatorsDigest: record.nextValidatorsDigest,
    },
  );
  return accept(record);
}
