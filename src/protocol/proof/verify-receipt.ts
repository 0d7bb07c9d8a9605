/**
 * Opens a receipt offline (RCPT-3): the genesis file is all that is trusted. Steps, each with its own reason:
 * form, transaction, outcome, entries root, validator history, checkpoint, log. Every changed byte is refused.
 */
import { ed25519Verifier } from '../crypto/ed25519.js';
import { leafHash } from '../crypto/merkle/merkle-hash.js';
import { verifyInclusion } from '../crypto/merkle/verify-inclusion.js';
import { parseGenesis, type Genesis } from '../ledger/genesis.js';
import type { Outcome } from '../ledger/outcome.js';
import { decodeResultRecord, type ResultRecord } from '../ledger/result-record.js';
import type { Transaction } from '../ledger/transaction.js';
import { validatorSetDigest, type ValidatorSet } from '../ledger/validator-set.js';
import type { CheckpointCertificate } from '../pbft/certificate.js';
import { hexToBytes } from '../primitives/bytes.js';
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
import { accept, type Result } from '../primitives/rejection.js';
import { verifyCheckpointNote } from './checkpoint-certificate.js';
import { decodeReceipt, type Receipt } from './receipt.js';
import { verifyEpochChange } from './validator-history.js';
import { invalidReceipt as invalid, verifyEntry, verifyTransaction } from './verify-entry.js';

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

/** Follows the validator sets from genesis to the one that signed the checkpoint. */
function verifyChain(receipt: Receipt, genesis: Genesis): Result<VerifiedChain> {
  const sets: ValidatorSet[] = [genesis.validators];
  const records: {
    readonly height: Height;
    readonly bytes: Uint8Array;
    readonly path: readonly Uint8Array[];
  }[] = [];
  let validators = genesis.validators;
  for (const change of receipt.validatorHistory) {
    const previousHeight = records.at(-1)?.height ?? 0;
    const verified = verifyEpochChange(change, {
      genesis,
      epoch: sets.length - 1,
      validators,
      previousHeight,
    });
    if (!verified.ok) return verified;
    records.push({ height: verified.value.height, bytes: change.resultRecord, path: change.logPath });
    validators = change.validators;
    sets.push(validators);
  }
  const note = verifyCheckpointNote(receipt.checkpoint, genesis.origin, validators, ed25519Verifier);
  if (!note.ok) return note;
  const checkpoint = note.value;
  for (const { height, bytes, path } of records) {
    // The set that signs the checkpoint is in force only after the epoch before it has ended.
    if (height >= checkpoint.height || !isInLog(bytes, height, path, checkpoint)) {
      return invalid(
        `the end of an epoch at height ${height} is not in the log of the checkpoint`,
        'validatorHistory',
      );
    }
  }
  const signers = checkpoint.signatures.flatMap(({ signer }) => validators[signer]?.organisation ?? []);
  return accept({ sets, checkpoint, signers });
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

/**
 * Verifies the bytes of a receipt against the bytes of the genesis file. Refusals: GENESIS_INVALID, RECEIPT_MALFORMED,
 * RECEIPT_NOT_CANONICAL, RECEIPT_INVALID, NOTE_MALFORMED, NOTE_UNVERIFIED, and those of a malformed transaction.
 */
export function verifyReceipt(receiptBytes: Uint8Array, genesisBytes: Uint8Array): Result<VerifiedReceipt> {
  const genesis = parseGenesis(genesisBytes);
  if (!genesis.ok) return genesis;
  const receipt = decodeReceipt(receiptBytes);
  if (!receipt.ok) return receipt;
  const transaction = verifyTransaction(receipt.value, genesis.value);
  if (!transaction.ok) return transaction;
  const record = decodeResultRecord(receipt.value.resultRecord);
  if (!record.ok) return record;
  const outcome = verifyEntry(receipt.value, transaction.value, record.value);
  if (!outcome.ok) return outcome;
  const chain = verifyChain(receipt.value, genesis.value);
  if (!chain.ok) return chain;
  const { checkpoint, sets, signers } = chain.value;
  const fault = verifyRecord(record.value, genesis.value, sets);
  if (fault !== undefined) return invalid(fault, 'resultRecord');
  const { height, epoch, timestampMs, blockHash } = record.value;
  if (!isInLog(receipt.value.resultRecord, height, receipt.value.logPath, checkpoint)) {
    return invalid(
      `the result record of height ${height} is not in the log of checkpoint ${checkpoint.height}`,
      'logPath',
    );
  }
  return accept({
    chainId: genesis.value.chainId,
    transactionId: transaction.value.id,
    transaction: transaction.value,
    outcome: outcome.value,
    epoch,
    height,
    index: receipt.value.entry.index,
    timestampMs,
    blockHash,
    checkpoint: { height: checkpoint.height, root: checkpoint.root },
    signers,
  });
}
