/** What both forms of a receipt show alike: the transaction, its outcome, and the path of the two to the entries root of the block. */
import { ed25519Verifier } from '../crypto/ed25519.js';
import { verifyInclusion } from '../crypto/merkle/verify-inclusion.js';
import type { Genesis } from '../ledger/genesis.js';
import { decodeOutcome, entryLeafHash, type Outcome } from '../ledger/outcome.js';
import type { ResultRecord } from '../ledger/result-record.js';
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
import { reject, type Result } from '../primitives/rejection.js';
import { ProofTrace } from './proof-trace.js';
import type { Receipt } from './receipt.js';

/** What a receipt of either form proves, once it is verified. */
export interface VerifiedTransaction {
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

type ReceiptContent = Pick<Receipt, 'transaction' | 'entry'>;

/** Largest transaction that any parameters allow; the block that included it kept to those in force. */
const TRANSACTION_LIMITS = { transactionBytesMax: 1_048_576 };

export function invalidReceipt(message: string, field: string): ReturnType<typeof reject> {
  return reject('RECEIPT_INVALID', message, field);
}

/** The transaction as its signer signed it, for this chain. */
export function verifyTransaction(
  receipt: ReceiptContent,
  genesis: Genesis,
  trace: ProofTrace = new ProofTrace(),
): Result<Transaction> {
  trace.enter('transaction');
  const { body, signature } = receipt.transaction;
  const decoded = decodeSignedTransaction(body, signature, TRANSACTION_LIMITS);
  if (!decoded.ok) return decoded;
  const transaction = decoded.value;
  if (transaction.chainId !== genesis.chainId) {
    const message = `the transaction is for chain ${transaction.chainId}, the genesis file is of ${genesis.chainId}`;
    return invalidReceipt(message, 'transaction.body');
  }
  if (!verifyTransactionSignature(transaction, ed25519Verifier)) {
    return invalidReceipt(
      'the signature is not that of the key which the transaction names',
      'transaction.signature',
    );
  }
  const { id, publicKey, idempotencyKey, command } = transaction;
  const details = { id, publicKey, idempotencyKey, command: command.type, bytes: body.length };
  trace.hold('the key that the transaction names has signed it, for this chain', details);
  return decoded;
}

function describeOutcome(outcome: Outcome): string {
  if (outcome.code === 'FAILED') return `FAILED (${outcome.failure})`;
  return outcome.code === 'REPLAYED' ? `REPLAYED of ${outcome.firstId}` : outcome.code;
}

/** What became of it, by the record's entries root. */
export function verifyEntry(
  receipt: ReceiptContent,
  transaction: Transaction,
  record: ResultRecord,
  trace: ProofTrace = new ProofTrace(),
): Result<Outcome> {
  trace.enter('entry');
  const { entry } = receipt;
  const outcome = decodeOutcome(entry.outcome);
  if (!outcome.ok) return outcome;
  if (outcome.value.signer !== transaction.publicKey) {
    return invalidReceipt('the outcome names another signer than the transaction', 'entry.outcome');
  }
  if (entry.count !== record.entryCount) {
    const message = `the result record counts ${record.entryCount} entries, the receipt says ${entry.count}`;
    return invalidReceipt(message, 'entry.count');
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
    return invalidReceipt('transaction and outcome are not in the entries root of the block', 'entry.path');
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
