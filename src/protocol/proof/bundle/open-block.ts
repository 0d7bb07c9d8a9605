/**
 * One block of a bundle while its transactions pass by: each is checked and forgotten, and what is kept are two frontiers. The
 * roots that they come to must be those of the header and of the result record.
 */
import { appendLeaf, EMPTY_FRONTIER, frontierRoot } from '../../crypto/merkle/merkle-frontier.js';
import { ed25519Verifier } from '../../crypto/ed25519.js';
import { hashHeader, decodeHeader, type BlockHeader } from '../../ledger/block-header.js';
import { decodeOutcome, entryLeafHash } from '../../ledger/outcome.js';
import { decodeResultRecord, type ResultRecord } from '../../ledger/result-record.js';
import { transactionLeafHash } from '../../ledger/transaction-tree.js';
import {
  decodeSignedTransaction,
  transactionBytes,
  verifyTransactionSignature,
} from '../../ledger/transaction.js';
import { bytesToHex } from '../../primitives/bytes.js';
import { ZERO_DIGEST, type BlockHash } from '../../primitives/identifiers.js';
import { accept, reject, type Result } from '../../primitives/rejection.js';
import type { BundleBlock, BundleTransaction } from './bundle-lines.js';
import { recordCountOf } from './record-count.js';

/** Largest transaction that any parameters allow; the block that included it kept to those in force. */
const TRANSACTION_LIMITS = { transactionBytesMax: 1_048_576 };

/** What a result record says of its block that the header says as well. */
function disagreement(header: BlockHeader, record: ResultRecord, hash: BlockHash): string | undefined {
  const next = header.epochFinal ? header.nextValidatorsDigest : header.validatorsDigest;
  if (record.height !== header.height) return `is of height ${record.height}`;
  if (record.blockHash !== hash) return `is of block ${record.blockHash}, and the header's hash is ${hash}`;
  if (record.epoch !== header.epoch) return `is of epoch ${record.epoch}, and the header of ${header.epoch}`;
  if (record.timestampMs !== header.timestampMs) return 'has another time than the header';
  if (record.entryCount !== header.transactionCount)
    return `counts ${record.entryCount} entries, and the header ${header.transactionCount} transactions`;
  if (record.validatorsDigest !== header.validatorsDigest) return 'names other validators than the header';
  if (record.nextValidatorsDigest !== next) return 'names other next validators than the header';
  if (!header.epochFinal && header.nextValidatorsDigest !== ZERO_DIGEST)
    return 'belongs to a header that names next validators without ending the epoch';
  return undefined;
}

export class OpenBlock {
  readonly hash: BlockHash;
  transactions = 0;
  /** Of the transactions with outcome OK. */
  records = 0;
  private bodyBytes = 0;
  private transactionTree = EMPTY_FRONTIER;
  private entries = EMPTY_FRONTIER;

  private constructor(
    readonly line: BundleBlock,
    readonly header: BlockHeader,
    private readonly record: ResultRecord,
  ) {
    this.hash = hashHeader(header);
  }

  /** Refusal: BUNDLE_BLOCK_INVALID. */
  static open(line: BundleBlock): Result<OpenBlock> {
    const header = decodeHeader(line.header);
    if (!header.ok) return reject('BUNDLE_BLOCK_INVALID', header.rejection.message, 'header');
    const record = decodeResultRecord(line.resultRecord);
    if (!record.ok) return reject('BUNDLE_BLOCK_INVALID', record.rejection.message, 'resultRecord');
    return accept(new OpenBlock(line, header.value, record.value));
  }

  get isComplete(): boolean {
    return this.transactions === this.header.transactionCount;
  }

  /** Header and result record say the same. Refusal: BUNDLE_BLOCK_INVALID. */
  checkRecord(): Result<undefined> {
    const fault = disagreement(this.header, this.record, this.hash);
    return fault === undefined
      ? accept(undefined)
      : reject('BUNDLE_BLOCK_INVALID', `the result record ${fault}`, 'resultRecord');
  }

  /** Refusals: BUNDLE_TRANSACTION_INVALID. */
  add(line: BundleTransaction): Result<undefined> {
    const index = this.transactions;
    const refuse = (what: string, field: string) =>
      reject('BUNDLE_TRANSACTION_INVALID', `transaction ${index} of the block: ${what}`, field);
    const decoded = decodeSignedTransaction(line.body, line.signature, TRANSACTION_LIMITS);
    if (!decoded.ok) return refuse(decoded.rejection.message, decoded.rejection.field ?? 'body');
    const transaction = decoded.value;
    const { chainId, height } = this.header;
    if (transaction.chainId !== chainId)
      return refuse(`it was signed for chain ${transaction.chainId}`, 'body');
    if (transaction.validUntilHeight < height)
      return refuse(`it was valid until height ${transaction.validUntilHeight}`, 'body');
    if (!verifyTransactionSignature(transaction, ed25519Verifier))
      return refuse('the signature is not that of the key which it names', 'signature');
    const outcome = decodeOutcome(line.outcome);
    if (!outcome.ok) return refuse(outcome.rejection.message, 'outcome');
    if (outcome.value.signer !== transaction.publicKey)
      return refuse('the outcome names another signer than the transaction', 'outcome');
    this.transactions += 1;
    this.records += recordCountOf(transaction.command, outcome.value);
    this.bodyBytes += transactionBytes(transaction);
    this.transactionTree = appendLeaf(this.transactionTree, transactionLeafHash(transaction)).frontier;
    this.entries = appendLeaf(this.entries, entryLeafHash(transaction.id, line.outcome)).frontier;
    return accept(undefined);
  }

  /** All transactions are there. Refusal: BUNDLE_BLOCK_INVALID. */
  close(): Result<undefined> {
    const { header, record } = this;
    const refuse = (what: string, field: string) => reject('BUNDLE_BLOCK_INVALID', what, field);
    if (bytesToHex(frontierRoot(this.transactionTree)) !== header.transactionRoot)
      return refuse(
        'the transactions are not those of the header: one was changed, added, removed or moved',
        'header',
      );
    if (this.bodyBytes !== header.bodyBytes)
      return refuse(
        `the transactions have ${this.bodyBytes} bytes, the header says ${header.bodyBytes}`,
        'header',
      );
    if (bytesToHex(frontierRoot(this.entries)) !== record.entriesRoot)
      return refuse('the outcomes are not those of the result record', 'resultRecord');
    return accept(undefined);
  }
}
