/**
 * Opens a receipt offline (RCPT-3): the genesis file is all that is trusted. Steps, each with its own reason:
 * form, transaction, outcome, entries root, validator history, checkpoint, log. Every changed byte is refused.
 */
import { ed25519Verifier } from '../crypto/ed25519.js';
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { verifyInclusion } from '../crypto/merkle/verify-inclusion.js';
import { parseGenesis, type Genesis } from '../ledger/genesis.js';
import { decodeOutcome, entryLeafHash, type Outcome } from '../ledger/outcome.js';
import { decodeResultRecord, type ResultRecord } from '../ledger/result-record.js';
import {
  decodeSignedTransaction,
  verifyTransactionSignature,
  type Transaction,
} from '../ledger/transaction.js';
import { validatorSetDigest, type ValidatorSet } from '../ledger/validator-set.js';
import type { CheckpointCertificate } from '../pbft/certificate.js';
import { bytesToHex, hexToBytes } from '../primitives/bytes.js';
import type {
  BlockHash,
  ChainId,
  Digest,
  Epoch,
  Height,
  OrganisationName,
  TimestampMs,
  TransactionId,
} from '../primitives/identifiers.js';
import { quorumSize } from '../primitives/quorum.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { certificateDetails, verifyCheckpointNote } from './checkpoint-certificate.js';
import { ProofTrace, type ProofStep } from './proof-trace.js';
import { decodeReceipt, RECEIPT_FORMAT, type Receipt } from './receipt.js';
import { verifyEpochChange } from './validator-history.js';

/** Largest transaction that any parameters allow; the block that included it kept to those in force. */
const TRANSACTION_LIMITS = { transactionBytesMax: 1_048_576 };

export interface VerifiedReceipt {
  readonly chainId: ChainId;
  readonly transactionId: TransactionId;
  readonly transaction: Transaction;
  readonly outcome: Outcome;
  readonly epoch: Epoch;
  readonly height: Height;
  /** Position of the transaction in its block. */
  readonly index: number;
  /** The block's time. */
  readonly timestampMs: TimestampMs;
  readonly blockHash: BlockHash;
  readonly checkpoint: { readonly height: Height; readonly root: Digest };
  /** Organisations whose lines stand under the checkpoint, in validator order. */
  readonly signers: readonly OrganisationName[];
}

function invalid(message: string, field: string): ReturnType<typeof reject> {
  return reject('RECEIPT_INVALID', message, field);
}

function openFiles(
  receiptBytes: Uint8Array,
  genesisBytes: Uint8Array,
  trace: ProofTrace,
): Result<{ readonly genesis: Genesis; readonly receipt: Receipt }> {
  trace.enter('genesis');
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const { chainId, name, origin, validators } = genesis.value;
  trace.hold(
    `the genesis file names the ${validators.length} founders of ${name}; ${quorumSize(validators.length)} of them are a quorum`,
    { chainId, origin, validators: validators.map(({ organisation }) => organisation) },
  );
  trace.enter('form');
  const receipt = decodeReceipt(receiptBytes);
  if (!receipt.ok) return receipt;
  trace.hold(`the file is a ${RECEIPT_FORMAT} in its one spelling`, { bytes: receiptBytes.length });
  return accept({ genesis: genesis.value, receipt: receipt.value });
}

function verifyTransaction(receipt: Receipt, genesis: Genesis, trace: ProofTrace): Result<Transaction> {
  trace.enter('transaction');
  const { body, signature } = receipt.transaction;
  const decoded = decodeSignedTransaction(body, signature, TRANSACTION_LIMITS);
  if (!decoded.ok) return decoded;
  const transaction = decoded.value;
  if (transaction.chainId !== genesis.chainId) {
    const message = `the transaction is for chain ${transaction.chainId}, the genesis file is of ${genesis.chainId}`;
    return invalid(message, 'transaction.body');
  }
  if (!verifyTransactionSignature(transaction, ed25519Verifier)) {
    return invalid(
      'the signature is not that of the key which the transaction names',
      'transaction.signature',
    );
  }
  const { id, publicKey, idempotencyKey, command } = transaction;
  const details = { id, publicKey, idempotencyKey, command: command.type, bytes: body.length };
  trace.hold('the key that the transaction names has signed it, for this chain', details);
  return decoded;
}

function openRecord(receipt: Receipt, trace: ProofTrace): Result<ResultRecord> {
  trace.enter('record');
  const record = decodeResultRecord(receipt.resultRecord);
  if (!record.ok) return record;
  const { height, epoch, timestampMs, blockHash, entryCount, stateRoot } = record.value;
  const details = { height, epoch, timestampMs, blockHash, entryCount, stateRoot };
  trace.hold(`the result record is that of block ${height}, with ${entryCount} transactions`, details);
  return record;
}

function describeOutcome(outcome: Outcome): string {
  if (outcome.code === 'FAILED') return `FAILED (${outcome.failure})`;
  return outcome.code === 'REPLAYED' ? `REPLAYED of ${outcome.firstId}` : outcome.code;
}

function verifyEntry(
  receipt: Receipt,
  transaction: Transaction,
  record: ResultRecord,
  trace: ProofTrace,
): Result<Outcome> {
  trace.enter('entry');
  const { entry } = receipt;
  const outcome = decodeOutcome(entry.outcome);
  if (!outcome.ok) return outcome;
  if (outcome.value.signer !== transaction.publicKey) {
    return invalid('the outcome names another signer than the transaction', 'entry.outcome');
  }
  if (entry.count !== record.entryCount) {
    const message = `the result record counts ${record.entryCount} entries, the receipt says ${entry.count}`;
    return invalid(message, 'entry.count');
  }
  const entryLeaf = entryLeafHash(transaction.id, entry.outcome);
  const isIncluded = verifyInclusion({
    leafHash: entryLeaf,
    index: entry.index,
    size: entry.count,
    path: entry.path,
    root: hexToBytes(record.entriesRoot),
  });
  if (!isIncluded)
    return invalid('transaction and outcome are not in the entries root of the block', 'entry.path');
  const { identity, custody } = outcome.value;
  trace.hold(
    `it was executed as entry ${entry.index + 1} of ${entry.count} of the block, for ${identity || 'a key of no identity'}`,
    {
      outcome: describeOutcome(outcome.value),
      identity,
      custody,
      leaf: bytesToHex(entryLeaf),
      index: entry.index,
      path: entry.path.map(bytesToHex),
      entriesRoot: record.entriesRoot,
    },
  );
  return outcome;
}

function verifyRecord(
  record: ResultRecord,
  genesis: Genesis,
  sets: readonly ValidatorSet[],
): string | undefined {
  if (record.chainId !== genesis.chainId) return 'the result record is of another chain';
  const validators = sets[record.epoch];
  if (validators === undefined)
    return `the receipt has no validators of epoch ${record.epoch}, the block's own`;
  if (validatorSetDigest(validators) !== record.validatorsDigest) {
    return `the result record names other validators than those of epoch ${record.epoch}`;
  }
  return undefined;
}

interface VerifiedChain {
  /** Validators of epoch 0, 1, …; the last ones signed the checkpoint. */
  readonly sets: readonly ValidatorSet[];
  readonly checkpoint: CheckpointCertificate;
  readonly signers: readonly OrganisationName[];
}

interface EndedRecord {
  readonly height: Height;
  readonly bytes: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Follows the validator sets from genesis to the one that signed the checkpoint. */
function verifyChain(receipt: Receipt, genesis: Genesis, trace: ProofTrace): Result<VerifiedChain> {
  const sets: ValidatorSet[] = [genesis.validators];
  const records: EndedRecord[] = [];
  let validators = genesis.validators;
  for (const change of receipt.validatorHistory) {
    const previousHeight = records.at(-1)?.height ?? 0;
    trace.enter('epochEnd');
    const context = { genesis, epoch: sets.length - 1, validators, previousHeight };
    const verified = verifyEpochChange(change, context, trace);
    if (!verified.ok) return verified;
    records.push({ height: verified.value.height, bytes: change.resultRecord, path: change.logPath });
    validators = change.validators;
    sets.push(validators);
  }
  trace.enter('checkpoint');
  const note = verifyCheckpointNote(receipt.checkpoint, genesis.origin, validators, ed25519Verifier);
  if (!note.ok) return note;
  const checkpoint = note.value;
  const signers = checkpoint.signatures.flatMap(({ signer }) => validators[signer]?.organisation ?? []);
  trace.hold(
    `${signers.join(', ')} have countersigned the log of height ${checkpoint.height}, as validators of epoch ${sets.length - 1}`,
    certificateDetails(checkpoint, validators),
  );
  const ends = verifyEnds(records, checkpoint, trace);
  return ends.ok ? accept({ sets, checkpoint, signers }) : ends;
}

/** The ends of epochs are in the log that the last set has signed. */
function verifyEnds(
  records: readonly EndedRecord[],
  checkpoint: CheckpointCertificate,
  trace: ProofTrace,
): Result<undefined> {
  for (const [epoch, { height, bytes, path }] of records.entries()) {
    trace.enter('epochEndInLog');
    // The set that signs the checkpoint is in force only after the epoch before it has ended.
    if (height >= checkpoint.height || !isInLog(bytes, height, path, checkpoint)) {
      return invalid(
        `the end of an epoch at height ${height} is not in the log of the checkpoint`,
        'validatorHistory',
      );
    }
    trace.hold(
      `the end of epoch ${epoch}, at height ${height}, is in that log`,
      logDetails(bytes, height, path, checkpoint),
    );
  }
  return accept(undefined);
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

/** The block's own record, with the set of its epoch, in the log. */
function verifyRecordInLog(
  receipt: Receipt,
  record: ResultRecord,
  genesis: Genesis,
  { checkpoint, sets }: VerifiedChain,
  trace: ProofTrace,
): Result<undefined> {
  trace.enter('recordInLog');
  const fault = verifyRecord(record, genesis, sets);
  if (fault !== undefined) return invalid(fault, 'resultRecord');
  const { height } = record;
  if (!isInLog(receipt.resultRecord, height, receipt.logPath, checkpoint)) {
    return invalid(
      `the result record of height ${height} is not in the log of checkpoint ${checkpoint.height}`,
      'logPath',
    );
  }
  const details = logDetails(receipt.resultRecord, height, receipt.logPath, checkpoint);
  trace.hold(`the result record of the block is leaf ${height} of that log`, details);
  return accept(undefined);
}

/**
 * Verifies the bytes of a receipt against the bytes of the genesis file; `trace` is told each step. Refusals: GENESIS_INVALID,
 * RECEIPT_MALFORMED, RECEIPT_NOT_CANONICAL, RECEIPT_INVALID, NOTE_MALFORMED, NOTE_UNVERIFIED, and those of a malformed transaction.
 */
export function verifyReceipt(
  receiptBytes: Uint8Array,
  genesisBytes: Uint8Array,
  trace: ProofTrace = new ProofTrace(),
): Result<VerifiedReceipt> {
  const files = openFiles(receiptBytes, genesisBytes, trace);
  if (!files.ok) return files;
  const { genesis, receipt } = files.value;
  const transaction = verifyTransaction(receipt, genesis, trace);
  if (!transaction.ok) return transaction;
  const record = openRecord(receipt, trace);
  if (!record.ok) return record;
  const outcome = verifyEntry(receipt, transaction.value, record.value, trace);
  if (!outcome.ok) return outcome;
  const chain = verifyChain(receipt, genesis, trace);
  if (!chain.ok) return chain;
  const inLog = verifyRecordInLog(receipt, record.value, genesis, chain.value, trace);
  if (!inLog.ok) return inLog;
  const { checkpoint, signers } = chain.value;
  const { height, epoch, timestampMs, blockHash } = record.value;
  return accept({
    chainId: genesis.chainId,
    transactionId: transaction.value.id,
    transaction: transaction.value,
    outcome: outcome.value,
    epoch,
    height,
    index: receipt.entry.index,
    timestampMs,
    blockHash,
    checkpoint: { height: checkpoint.height, root: checkpoint.root },
    signers,
  });
}
