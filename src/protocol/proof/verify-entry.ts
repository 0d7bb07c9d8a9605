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
import { hexToBytes } from '../primitives/bytes.js';
import { reject, type Result } from '../primitives/rejection.js';
import type { Receipt } from './receipt.js';

type ReceiptContent = Pick<Receipt, 'transaction' | 'entry'>;

/** Largest transaction that any parameters allow; the block that included it kept to those in force. */
const TRANSACTION_LIMITS = { transactionBytesMax: 1_048_576 };

export function invalidReceipt(message: string, field: string): ReturnType<typeof reject> {
  return reject('RECEIPT_INVALID', message, field);
}

/** The transaction as its signer signed it, for this chain. */
export function verifyTransaction(receipt: ReceiptContent, genesis: Genesis): Result<Transaction> {
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
  return decoded;
}

/** What became of it, by the record's entries root. */
export function verifyEntry(
  receipt: ReceiptContent,
  transaction: Transaction,
  record: ResultRecord,
): Result<Outcome> {
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
  const isIncluded = verifyInclusion({
    leafHash: entryLeafHash(transaction.id, entry.outcome),
    index: entry.index,
    size: entry.count,
    path: entry.path,
    root: hexToBytes(record.entriesRoot),
  });
  if (!isIncluded)
    return invalidReceipt('transaction and outcome are not in the entries root of the block', 'entry.path');
  return outcome;
}
