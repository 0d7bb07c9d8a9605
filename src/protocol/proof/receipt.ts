/**
 * The receipt (RCPT-1): one file that shows, with the genesis file and nothing else, that a transaction is on the
 * ledger and what became of it. Bytes are base64, hashes and keys hex; the file is its own RFC 8785 form.
 */
import { bytesToBase64 } from '../primitives/base64.js';
import { bytesEqual, parseUtf8, utf8ToBytes } from '../primitives/bytes.js';
import { accept, reject, type Result } from '../primitives/rejection.js';
import { CanonicalJsonFlaw, formatCanonicalJson } from './canonical-json.js';
import { epochChangeToJson, hashesToJson, ProofReader, type EpochChange } from './epoch-change.js';

export const RECEIPT_FORMAT = 'countersign-receipt/v1';
/**
 * A transaction of 1 MiB in base64 fits, and beside it the validator history of some 400 epochs of 100 validators, or of 2,000
 * epochs of 7: about 35 KiB and 7 KiB each.
 */
export const RECEIPT_BYTES_MAX = 16 * 1024 * 1024;

export interface Receipt {
  readonly transaction: { readonly body: Uint8Array; readonly signature: Uint8Array };
  readonly entry: {
    /** Position in the block. */
    readonly index: number;
    /** Transactions of the block. */
    readonly count: number;
    readonly outcome: Uint8Array;
    /** Path to the entries root. */
    readonly path: readonly Uint8Array[];
  };
  /** Canonical bytes of the block's result record. */
  readonly resultRecord: Uint8Array;
  /** Path of the result record in the log of the checkpoint. */
  readonly logPath: readonly Uint8Array[];
  readonly checkpoint: string;
  /** Empty in epoch 0; one item for each epoch that ended before the checkpoint. */
  readonly validatorHistory: readonly EpochChange[];
}

/** The file. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const { transaction, entry } = receipt;
  return utf8ToBytes(
    formatCanonicalJson({
      format: RECEIPT_FORMAT,
      transaction: { body: bytesToBase64(transaction.body), signature: bytesToBase64(transaction.signature) },
      entry: {
        index: entry.index,
        count: entry.count,
        outcome: bytesToBase64(entry.outcome),
        path: hashesToJson(entry.path),
      },
      resultRecord: bytesToBase64(receipt.resultRecord),
      logPath: hashesToJson(receipt.logPath),
      checkpoint: receipt.checkpoint,
      validatorHistory: receipt.validatorHistory.map(epochChangeToJson),
    }),
  );
}

/** Reads the members in the one order that RFC 8785 gives them. */
class ReceiptReader extends ProofReader {
  receipt(): Receipt {
    this.literal('{"checkpoint":');
    const checkpoint = this.string();
    this.literal(',"entry":{"count":');
    const count = this.integer();
    this.literal(',"index":');
    const index = this.integer();
    this.literal(',"outcome":');
    const outcome = this.bytes('entry.outcome');
    this.literal(',"path":');
    const path = this.hashes('entry.path');
    this.literal(`},"format":"${RECEIPT_FORMAT}","logPath":`);
    const logPath = this.hashes('logPath');
    this.literal(',"resultRecord":');
    const resultRecord = this.bytes('resultRecord');
    this.literal(',"transaction":{"body":');
    const body = this.bytes('transaction.body');
    this.literal(',"signature":');
    const signature = this.bytes('transaction.signature');
    this.literal('},"validatorHistory":');
    const validatorHistory = this.list(() => this.epochChange());
    this.literal('}');
    this.end();
    const entry = { index, count, outcome, path };
    return { transaction: { body, signature }, entry, resultRecord, logPath, checkpoint, validatorHistory };
  }
}

/** Refusals: RECEIPT_MALFORMED (size, UTF-8), RECEIPT_NOT_CANONICAL with the place and what is expected there. */
export function decodeReceipt(bytes: Uint8Array): Result<Receipt> {
  if (bytes.length > RECEIPT_BYTES_MAX) {
    const message = `the receipt has ${bytes.length} bytes; a receipt has ${RECEIPT_BYTES_MAX} at most`;
    return reject('RECEIPT_MALFORMED', message);
  }
  const text = parseUtf8(bytes);
  if (text === undefined) return reject('RECEIPT_MALFORMED', 'the receipt is not UTF-8 text');
  let receipt: Receipt;
  try {
    receipt = new ReceiptReader(text).receipt();
  } catch (flaw) {
    if (!(flaw instanceof CanonicalJsonFlaw)) throw flaw;
    return reject(
      'RECEIPT_NOT_CANONICAL',
      `the file is not a ${RECEIPT_FORMAT} in its RFC 8785 form: ${flaw.message}; use it as it was issued`,
    );
  }
  if (!bytesEqual(encodeReceipt(receipt), bytes)) {
    return reject(
      'RECEIPT_NOT_CANONICAL',
      'the file differs from its RFC 8785 re-encoding; use it as it was issued',
    );
  }
  return accept(receipt);
}
