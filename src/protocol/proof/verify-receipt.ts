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
import { bytesToHex, hexToBytes } from '../primitives/bytes.js';
import type {
  BlockHash,
  ChainId,
  Epoch,
  Height,
  TimestampMs,
  TransactionId,
} from '../primitives/identifiers.js';
import { quorumSize } from '../primitives/quorum.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import {
  verifyCountersignedResult,
  type Countersignatures,
  type ProofNaming,
} from './countersigned/verify-countersigned-result.js';
import { ProofTrace } from './proof-trace.js';
import { decodeReceipt, RECEIPT_FORMAT, type Receipt } from './receipt.js';

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
  const signed = verifyCountersignedResult(receipt, record.value, genesis, NAMING, trace);
  if (!signed.ok) return signed;
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
    ...signed.value,
  });
}
