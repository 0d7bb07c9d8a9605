/**
 * Opens a receipt offline (RCPT-3): the genesis file is all that is trusted. Steps, each with its own reason:
 * form, transaction, outcome, entries root, validator history, checkpoint, log. Every changed byte is refused.
 */
import { ed25519Verifier } from '../crypto/ed25519.js';
import { verifyInclusion } from '../crypto/merkle/verify-inclusion.js';
import { parseGenesis, type Genesis } from '../ledger/genesis.js';
import { decodeOutcome, entryLeafHash, type Outcome } from '../ledger/outcome.js';
import { decodeResultRecord, type ResultRecord } from '../ledger/result-record.js';
import {
  decodeSignedTransaction,
  verifyTransactionSignature,
  type Transaction,
} from '../ledger/transaction.js';
import { hexToBytes } from '../primitives/bytes.js';
import type {
  BlockHash,
  ChainId,
  Epoch,
  Height,
  TimestampMs,
  TransactionId,
} from '../primitives/identifiers.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import {
  verifyCountersignedResult,
  type Countersignatures,
  type ProofNaming,
} from './countersigned/verify-countersigned-result.js';
import { decodeReceipt, type Receipt } from './receipt.js';

/** Largest transaction that any parameters allow; the block that included it kept to those in force. */
const TRANSACTION_LIMITS = { transactionBytesMax: 1_048_576 };

const NAMING: ProofNaming = { noun: 'receipt', invalid: 'RECEIPT_INVALID' };

export interface VerifiedReceipt extends Countersignatures {
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
}

function invalid(message: string, field: string): ReturnType<typeof reject> {
  return reject('RECEIPT_INVALID', message, field);
}

function verifyTransaction(receipt: Receipt, genesis: Genesis): Result<Transaction> {
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
  return decoded;
}

function verifyEntry(receipt: Receipt, transaction: Transaction, record: ResultRecord): Result<Outcome> {
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
  const isIncluded = verifyInclusion({
    leafHash: entryLeafHash(transaction.id, entry.outcome),
    index: entry.index,
    size: entry.count,
    path: entry.path,
    root: hexToBytes(record.entriesRoot),
  });
  if (!isIncluded)
    return invalid('transaction and outcome are not in the entries root of the block', 'entry.path');
  return outcome;
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
  const signed = verifyCountersignedResult(receipt.value, record.value, genesis.value, NAMING);
  if (!signed.ok) return signed;
  const { height, epoch, timestampMs, blockHash } = record.value;
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
    ...signed.value,
  });
}
