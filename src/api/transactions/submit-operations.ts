/** What the document says about submitting, and what requests may hold; the handlers are in submit.controller.ts. */
import { z } from 'zod';
import { JSON_MEDIA_TYPE, PROTOBUF_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import type { ProblemCode } from '../problems/problem-registry.js';
import {
  batchResultSchema,
  EXAMPLE_COMMITTED,
  EXAMPLE_ID,
  EXAMPLE_PENDING,
  EXAMPLE_SIGNED,
  receiptSchema,
  signedTransactionSchema,
  transactionBatchSchema,
  transactionStatusSchema,
} from './transaction-schemas.js';

export const WAIT_MS_MAX = 30_000;

const TIMEOUT_ERROR = `must be a duration such as 500ms or 10s, at most ${WAIT_MS_MAX / 1000}s`;

const timeoutSchema = z
  .string({ error: TIMEOUT_ERROR })
  .regex(/^[0-9]{1,5}(ms|s)$/, { error: TIMEOUT_ERROR })
  .transform((text) => (text.endsWith('ms') ? Number(text.slice(0, -2)) : Number(text.slice(0, -1)) * 1000))
  .refine((milliseconds) => milliseconds <= WAIT_MS_MAX, { error: TIMEOUT_ERROR })
  .prefault('10s');

export interface SubmitQuery {
  readonly wait?: 'commit' | 'receipt';
  readonly timeout: number;
}

const FORM_PROBLEMS: readonly ProblemCode[] = [
  'BODY_MISSING',
  'BODY_INVALID',
  'JSON_MALFORMED',
  'JSON_DUPLICATE_KEY',
  'JSON_TOO_DEEP',
  'JSON_NUMBER_OUT_OF_RANGE',
  'JSON_LONE_SURROGATE',
  'TRANSACTION_MALFORMED',
  'BODY_TOO_LARGE',
  'MEDIA_TYPE_UNSUPPORTED',
];

const NODE_PROBLEMS: readonly ProblemCode[] = [
  'NODE_IS_OBSERVER',
  'MEMPOOL_FULL',
  'NODE_STARTING',
  'NODE_DRAINING',
  'QUORUM_UNREACHABLE',
  'NODE_QUARANTINED',
  'NODE_HALTED',
  'DATABASE_UNAVAILABLE',
  'JOURNAL_FULL',
  'SIGNER_UNAVAILABLE',
];

const CONTENT_PROBLEMS: readonly ProblemCode[] = [
  'TRANSACTION_NOT_CANONICAL',
  'TRANSACTION_TOO_LARGE',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'SIGNER_UNKNOWN',
  'SIGNER_NOT_PERMITTED',
  'CHAIN_ID_MISMATCH',
  'TRANSACTION_EXPIRED',
  'EXPIRY_TOO_FAR',
  'IDEMPOTENCY_KEY_INVALID',
  'IDEMPOTENCY_KEY_MISMATCH',
  'COMMAND_UNKNOWN',
  'ORGANISATION_SHARE_FULL',
];

const LOCATION = { Location: 'Where the status of the transaction is' };
const STATUS_CONTENT = { schema: transactionStatusSchema, example: EXAMPLE_COMMITTED };

export const SUBMIT_OPERATION: OperationDeclaration = {
  id: 'submitTransaction',
  method: 'POST',
  path: '/v1/transactions',
  tag: 'transactions',
  summary: 'Submit a signed transaction',
  description:
    'Takes the bytes that the client signed, as protobuf SignedTransaction or as JSON with base64 members. Sending the same transaction again is harmless: the answer is its status.',
  query: {
    wait: {
      schema: z.enum(['commit', 'receipt'], { error: 'must be commit or receipt' }).optional(),
      description: 'Answer when the transaction is durable at this node, or when its receipt is ready.',
      example: 'commit',
    },
    timeout: {
      schema: timeoutSchema.meta({ type: 'string', pattern: '^[0-9]{1,5}(ms|s)$', default: '10s' }),
      description: 'How long to wait; the answer is 202 when the time is over.',
      example: '10s',
    },
  },
  headers: {
    'Idempotency-Key': {
      schema: z.string().min(1).max(128),
      description: 'When given, must equal the signed idempotency key.',
      example: 'shipment-4711-departed',
    },
  },
  body: {
    [PROTOBUF_MEDIA_TYPE]: {},
    [JSON_MEDIA_TYPE]: { schema: signedTransactionSchema, example: EXAMPLE_SIGNED },
  },
  responses: {
    200: {
      description: 'It was on the ledger already.',
      headers: LOCATION,
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: z.union([transactionStatusSchema, receiptSchema]),
          example: EXAMPLE_COMMITTED,
        },
      },
    },
    201: {
      description: 'Committed while waiting: its status, or with wait=receipt its receipt.',
      headers: LOCATION,
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: z.union([transactionStatusSchema, receiptSchema]),
          example: EXAMPLE_COMMITTED,
        },
      },
    },
    202: {
      description: 'Accepted and waiting for a block.',
      headers: LOCATION,
      content: { [JSON_MEDIA_TYPE]: { ...STATUS_CONTENT, example: EXAMPLE_PENDING } },
    },
  },
  problems: [...FORM_PROBLEMS, ...CONTENT_PROBLEMS, ...NODE_PROBLEMS],
};

export const SUBMIT_BATCH_OPERATION: OperationDeclaration = {
  id: 'submitTransactionBatch',
  method: 'POST',
  path: '/v1/transactions:batch',
  tag: 'transactions',
  summary: 'Submit up to 500 signed transactions',
  description: 'Each is judged on its own; the results stand in the order of the request. Not atomic.',
  body: {
    [PROTOBUF_MEDIA_TYPE]: {},
    [JSON_MEDIA_TYPE]: { schema: transactionBatchSchema, example: { transactions: [EXAMPLE_SIGNED] } },
  },
  bodyLimit: 'batch',
  responses: {
    200: {
      description: 'A result for each transaction; refused ones carry a problem.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: batchResultSchema,
          example: { results: [{ status: 'PENDING', id: EXAMPLE_ID }] },
        },
      },
    },
  },
  problems: [...FORM_PROBLEMS, ...NODE_PROBLEMS],
};
