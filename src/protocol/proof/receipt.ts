/**
 * The receipt (RCPT-1): one file that shows, with the genesis file and nothing else, that a transaction is on the
 * ledger and what became of it. Bytes are base64, hashes and keys hex; the file is its own RFC 8785 form.
 */
import { bytesToBase64 } from '../primitives/base64.js';
import { utf8ToBytes } from '../primitives/bytes.js';
import type { Result } from '../primitives/rejection.js';
import { formatCanonicalJson } from './canonical-json.js';
import { pathToJson, resultToJson, type CountersignedResult } from './countersigned/countersigned-result.js';
import { readProofFile, type ProofFileForm, type ProofFileReader } from './countersigned/proof-file.js';

export const RECEIPT_FORMAT = 'countersign-receipt/v1';
/**
 * A transaction of 1 MiB in base64 fits, and beside it the validator history of some 400 epochs of 100 validators, or of 2,000
 * epochs of 7: about 35 KiB and 7 KiB each.
 */
export const RECEIPT_BYTES_MAX = 16 * 1024 * 1024;

const RECEIPT_FORM: ProofFileForm = {
  format: RECEIPT_FORMAT,
  noun: 'receipt',
  bytesMax: RECEIPT_BYTES_MAX,
  malformed: 'RECEIPT_MALFORMED',
  notCanonical: 'RECEIPT_NOT_CANONICAL',
};

export interface Receipt extends CountersignedResult {
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
        path: pathToJson(entry.path),
      },
      ...resultToJson(receipt),
    }),
  );
}

function readReceipt(reader: ProofFileReader): Receipt {
  reader.literal('{"checkpoint":');
  const checkpoint = reader.string();
  reader.literal(',"entry":{"count":');
  const count = reader.integer();
  reader.literal(',"index":');
  const index = reader.integer();
  reader.literal(',"outcome":');
  const outcome = reader.bytes('entry.outcome');
  reader.literal(',"path":');
  const path = reader.path('entry.path');
  reader.literal(`},"format":"${RECEIPT_FORMAT}","logPath":`);
  const logPath = reader.path('logPath');
  reader.literal(',"resultRecord":');
  const resultRecord = reader.bytes('resultRecord');
  reader.literal(',"transaction":{"body":');
  const body = reader.bytes('transaction.body');
  reader.literal(',"signature":');
  const signature = reader.bytes('transaction.signature');
  reader.literal('},"validatorHistory":');
  const validatorHistory = reader.list(() => reader.epochChange());
  reader.literal('}');
  reader.end();
  const entry = { index, count, outcome, path };
  return { transaction: { body, signature }, entry, resultRecord, logPath, checkpoint, validatorHistory };
}

/** Refusals: RECEIPT_MALFORMED (size, UTF-8), RECEIPT_NOT_CANONICAL with the place and what is expected there. */
export function decodeReceipt(bytes: Uint8Array): Result<Receipt> {
  return readProofFile(bytes, RECEIPT_FORM, readReceipt, encodeReceipt);
}
