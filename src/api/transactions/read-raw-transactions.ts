/** The transactions in a request's body, in either media type, as the bytes that the client signed. */
import type { z } from 'zod';
import type { RawTransaction } from '../../node/ports.js';
import { SUBMIT_BATCH_MAX } from '../../node/use-cases.js';
import { parseTransactionBatch } from '../../protocol/encoding/transaction-batch.js';
import { formatJsonPointer } from '../../protocol/ledger/json/json-pointer.js';
import { parseSignedTransaction } from '../../protocol/ledger/transaction.js';
import { ProblemException, rejectionToProblem, type ProblemError } from '../problems/problem-exception.js';
import {
  signedTransactionSchema,
  transactionBatchSchema,
  type SignedTransactionJson,
} from './transaction-schemas.js';

const ERRORS_MAX = 20;

function invalidBody(errors: readonly ProblemError[]): ProblemException {
  const [first] = errors;
  return new ProblemException(
    'BODY_INVALID',
    `${first?.pointer || 'the body'}: ${first?.detail}`,
    errors.slice(0, ERRORS_MAX),
  );
}

function issueToErrors(issue: z.core.$ZodIssue): readonly ProblemError[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code !== 'unrecognized_keys')
    return [{ detail: issue.message, pointer: formatJsonPointer(path) }];
  return issue.keys.map((key) => ({ detail: 'unknown member', pointer: formatJsonPointer([...path, key]) }));
}

/** Throws ProblemException BODY_INVALID. */
export function readJson<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error.issues.flatMap(issueToErrors));
  return parsed.data;
}

/** Strict: what decodes to the same bytes from another text is refused. */
function decodeBase64(text: string, pointer: readonly (string | number)[]): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') === text) return bytes;
  throw invalidBody([
    { detail: 'is not canonical base64 with padding (RFC 4648, 4)', pointer: formatJsonPointer(pointer) },
  ]);
}

function jsonToRaw(json: SignedTransactionJson, path: readonly (string | number)[]): RawTransaction {
  return {
    body: decodeBase64(json.body, [...path, 'body']),
    signature: decodeBase64(json.signature, [...path, 'signature']),
  };
}

/** Throws ProblemException BODY_MISSING. */
export function requireBody(body: unknown): void {
  if (body === undefined || body === null || (Buffer.isBuffer(body) && body.length === 0)) {
    throw new ProblemException('BODY_MISSING', 'the body is empty');
  }
}

/** Throws TRANSACTION_MALFORMED, TRANSACTION_NOT_CANONICAL, BODY_INVALID, BODY_MISSING. */
export function readRawTransaction(body: unknown): RawTransaction {
  requireBody(body);
  if (!Buffer.isBuffer(body)) return jsonToRaw(readJson(signedTransactionSchema, body), []);
  const parsed = parseSignedTransaction(body);
  if (!parsed.ok) throw rejectionToProblem(parsed.rejection);
  return parsed.value;
}

/** 1 to SUBMIT_BATCH_MAX transactions. Throws TRANSACTION_MALFORMED, BODY_INVALID, BODY_MISSING. */
export function readRawBatch(body: unknown): readonly RawTransaction[] {
  requireBody(body);
  if (!Buffer.isBuffer(body)) {
    const { transactions } = readJson(transactionBatchSchema, body);
    return transactions.map((json, index) => jsonToRaw(json, ['transactions', index]));
  }
  const parsed = parseTransactionBatch(body);
  if (!parsed.ok) throw rejectionToProblem(parsed.rejection);
  const count = parsed.value.length;
  if (count >= 1 && count <= SUBMIT_BATCH_MAX) return parsed.value;
  throw invalidBody([
    { detail: `${count} transactions; 1 to ${SUBMIT_BATCH_MAX} are accepted`, field: 'transactions' },
  ]);
}
