/**
 * From the genesis file to a result record (RCPT-3, steps 5 to 7): the validator sets one after the other, the checkpoint of the
 * last one, the record in its log. The same for every proof file.
 */
import { ed25519Verifier } from '../../crypto/ed25519.js';
import { leafHash } from '../../crypto/merkle/merkle-hash.js';
import { verifyInclusion } from '../../crypto/merkle/verify-inclusion.js';
import type { Genesis } from '../../ledger/genesis.js';
import type { ResultRecord } from '../../ledger/result-record.js';
import { validatorSetDigest, type ValidatorSet } from '../../ledger/validator-set.js';
import type { CheckpointCertificate } from '../../pbft/certificate.js';
import { bytesToHex, hexToBytes } from '../../primitives/bytes.js';
import type { Digest, Height, OrganisationName } from '../../primitives/identifiers.js';
import { accept, reject, type RejectionCode, type Result } from '../../primitives/rejection.js';
import { certificateDetails, verifyCheckpointNote } from '../checkpoint-certificate.js';
import { ProofTrace, type ProofStep } from '../proof-trace.js';
import { verifyEpochChange } from '../validator-history.js';
import type { CountersignedResult } from './countersigned-result.js';

export interface Countersignatures {
  readonly checkpoint: { readonly height: Height; readonly root: Digest };
  /** Organisations whose lines stand under the checkpoint, in validator order. */
  readonly signers: readonly OrganisationName[];
}

/** What the file is called, and the code for one that does not prove what it claims. */
export interface ProofNaming {
  readonly noun: string;
  readonly invalid: RejectionCode;
}

interface VerifiedChain {
  /** Validators of epoch 0, 1, …; the last ones signed the checkpoint. */
  readonly sets: readonly ValidatorSet[];
  readonly checkpoint: CheckpointCertificate;
  readonly signers: readonly OrganisationName[];
}

function isInLog(
  record: Uint8Array,
  height: Height,
  path: readonly Uint8Array[],
  checkpoint: { readonly height: Height; readonly root: Digest },
): boolean {
  return verifyInclusion({
    leafHash: leafHash(record),
    index: height,
    size: checkpoint.height + 1,
    path,
    root: hexToBytes(checkpoint.root),
  });
}

interface EndedRecord {
  readonly height: Height;
  readonly bytes: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Follows the validator sets from genesis to the one that signed the checkpoint. */
function verifyChain(
  result: CountersignedResult,
  genesis: Genesis,
  { invalid }: ProofNaming,
  trace: ProofTrace,
): Result<VerifiedChain> {
  const sets: ValidatorSet[] = [genesis.validators];
  const records: EndedRecord[] = [];
  let validators = genesis.validators;
  for (const change of result.validatorHistory) {
    const previousHeight = records.at(-1)?.height ?? 0;
    trace.enter('epochEnd');
    const context = { genesis, epoch: sets.length - 1, validators, previousHeight, invalid };
    const verified = verifyEpochChange(change, context, trace);
    if (!verified.ok) return verified;
    records.push({ height: verified.value.height, bytes: change.resultRecord, path: change.logPath });
    validators = change.validators;
    sets.push(validators);
  }
  trace.enter('checkpoint');
  const note = verifyCheckpointNote(result.checkpoint, genesis.origin, validators, ed25519Verifier);
  if (!note.ok) return note;
  const checkpoint = note.value;
  const signers = checkpoint.signatures.flatMap(({ signer }) => validators[signer]?.organisation ?? []);
  trace.hold(
    `${signers.join(', ')} have countersigned the log of height ${checkpoint.height}, as validators of epoch ${sets.length - 1}`,
    certificateDetails(checkpoint, validators),
  );
  const fault = findEndFault(records, checkpoint, trace);
  return fault === undefined
    ? accept({ sets, checkpoint, signers })
    : reject(invalid, fault, 'validatorHistory');
}

/** The ends of epochs are in the log that the last set has signed. */
function findEndFault(
  records: readonly EndedRecord[],
  checkpoint: CheckpointCertificate,
  trace: ProofTrace,
): string | undefined {
  for (const [epoch, { height, bytes, path }] of records.entries()) {
    trace.enter('epochEndInLog');
    // The set that signs the checkpoint is in force only after the epoch before it has ended.
    if (height >= checkpoint.height || !isInLog(bytes, height, path, checkpoint))
      return `the end of an epoch at height ${height} is not in the log of the checkpoint`;
    trace.hold(
      `the end of epoch ${epoch}, at height ${height}, is in that log`,
      logDetails(bytes, height, path, checkpoint),
    );
  }
  return undefined;
}

function logDetails(
  record: Uint8Array,
  height: Height,
  path: readonly Uint8Array[],
  { height: checkpointHeight, root }: { readonly height: Height; readonly root: Digest },
): ProofStep['details'] {
  const leaf = bytesToHex(leafHash(record));
  return { leaf, index: height, size: checkpointHeight + 1, path: path.map(bytesToHex), root };
}

function findRecordFault(
  record: ResultRecord,
  genesis: Genesis,
  sets: readonly ValidatorSet[],
  { noun }: ProofNaming,
): string | undefined {
  if (record.chainId !== genesis.chainId) return 'the result record is of another chain';
  const validators = sets[record.epoch];
  if (validators === undefined)
    return `the ${noun} has no validators of epoch ${record.epoch}, the block's own`;
  if (validatorSetDigest(validators) !== record.validatorsDigest) {
    return `the result record names other validators than those of epoch ${record.epoch}`;
  }
  return undefined;
}

/**
 * Who countersigned the result; `record` is its result record, decoded. Refusals: `invalid`, NOTE_MALFORMED, NOTE_UNVERIFIED,
 * and those of a malformed result record in the history. `trace` is told each step.
 */
export function verifyCountersignedResult(
  result: CountersignedResult,
  record: ResultRecord,
  genesis: Genesis,
  naming: ProofNaming,
  trace: ProofTrace = new ProofTrace(),
): Result<Countersignatures> {
  const chain = verifyChain(result, genesis, naming, trace);
  if (!chain.ok) return chain;
  const { checkpoint, sets, signers } = chain.value;
  trace.enter('recordInLog');
  const fault = findRecordFault(record, genesis, sets, naming);
  if (fault !== undefined) return reject(naming.invalid, fault, 'resultRecord');
  if (!isInLog(result.resultRecord, record.height, result.logPath, checkpoint)) {
    const message = `the result record of height ${record.height} is not in the log of checkpoint ${checkpoint.height}`;
    return reject(naming.invalid, message, 'logPath');
  }
  trace.hold(
    `the result record of the block is leaf ${record.height} of that log`,
    logDetails(result.resultRecord, record.height, result.logPath, checkpoint),
  );
  return accept({ checkpoint: { height: checkpoint.height, root: checkpoint.root }, signers });
}
