/** What goes in and out at /v1/transactions. */
import { z } from 'zod';
import { CUSTODIES } from '../../protocol/ledger/identity.js';
import { FAILURE_CODES } from '../../protocol/ledger/outcome.js';
import { SUBMIT_BATCH_MAX } from '../../node/use-cases.js';
import {
  base64Schema,
  digestSchema,
  heightSchema,
  nextCursorSchema,
  timestampSchema,
} from '../pages/value-schemas.js';
import { problemSchema } from '../problems/problem-body.js';

export const signedTransactionSchema = z
  .strictObject({
    body: base64Schema.meta({ description: 'Encoded TransactionBody, exactly as signed' }),
    signature: base64Schema.meta({ description: 'Ed25519 signature, 64 bytes' }),
  })
  .meta({
    id: 'SignedTransaction',
    description: 'SignedTransaction of transaction.proto with its bytes as base64.',
  });

export type SignedTransactionJson = z.output<typeof signedTransactionSchema>;

export const transactionBatchSchema = z
  .strictObject({ transactions: z.array(signedTransactionSchema).min(1).max(SUBMIT_BATCH_MAX) })
  .meta({
    id: 'TransactionBatch',
    description: 'Transactions that are submitted together and judged one by one.',
  });

export const outcomeSchema = z
  .object({
    code: z.enum(['OK', 'REPLAYED', 'FAILED']),
    failure: z.enum(FAILURE_CODES).optional().meta({ description: 'Why it had no effect; with FAILED only' }),
    firstId: digestSchema
      .optional()
      .meta({ description: 'The transaction that had the effect; with REPLAYED only' }),
    signer: digestSchema.meta({ description: 'Public key' }),
    identity: z.string().meta({ description: 'organisation/name of the key; empty when it belongs to none' }),
    custody: z.enum(CUSTODIES).meta({
      description: 'Who held the key: the identity itself, or the node of its organisation for it',
    }),
  })
  .meta({ id: 'Outcome', description: 'What became of a transaction when its block was executed.' });

const committedFields = {
  height: heightSchema,
  index: z.int().min(0).meta({ description: 'Position in the block' }),
  outcome: outcomeSchema,
};

const pendingSchema = z
  .object({ id: digestSchema, status: z.literal('PENDING') })
  .meta({ id: 'PendingTransaction', description: 'Waits for a block.' });

const committedSchema = z
  .object({
    id: digestSchema,
    status: z.literal('COMMITTED'),
    ...committedFields,
    timestamp: timestampSchema,
  })
  .meta({ id: 'CommittedTransaction', description: 'On the ledger for ever.' });

const expiredSchema = z
  .object({ id: digestSchema, status: z.literal('EXPIRED') })
  .meta({ id: 'ExpiredTransaction', description: 'Was never included and never will be.' });

export const transactionStatusSchema = z
  .discriminatedUnion('status', [pendingSchema, committedSchema, expiredSchema])
  .meta({ id: 'TransactionStatus', description: 'Moves forward only: PENDING, then COMMITTED or EXPIRED.' });

export type TransactionStatusBody = z.output<typeof transactionStatusSchema>;

export const receiptSchema = z.looseObject({}).meta({
  id: 'Receipt',
  description: 'Canonical JSON that "countersign verify" checks with the genesis file alone.',
});

export const batchResultSchema = z
  .object({
    results: z.array(
      z.object({
        status: z.enum(['PENDING', 'COMMITTED', 'REFUSED']),
        id: digestSchema.optional(),
        transaction: transactionStatusSchema.optional(),
        problem: problemSchema.optional(),
      }),
    ),
  })
  .meta({ id: 'BatchResult', description: 'One result for each transaction, in the order of the request.' });

export type BatchResultBody = z.output<typeof batchResultSchema>;

const listedSchema = z
  .object({ id: digestSchema, ...committedFields })
  .meta({ id: 'ListedTransaction', description: 'A transaction that the caller may read.' });

const withheldSchema = z
  .object({ height: heightSchema, index: committedFields.index, withheld: z.literal(true) })
  .meta({
    id: 'WithheldTransaction',
    description: 'The place of a transaction whose organisation does not let the caller read it.',
  });

export const transactionPageSchema = z
  .object({
    items: z.array(z.union([listedSchema, withheldSchema])),
    asOfHeight: heightSchema,
    nextCursor: nextCursorSchema,
  })
  .meta({ id: 'TransactionPage', description: 'Transactions in the order of the ledger.' });

export type TransactionPageBody = z.output<typeof transactionPageSchema>;

export const EXAMPLE_ID = '5f0c1d9e4a7b2c3d'.repeat(4);

const EXAMPLE_OUTCOME = {
  code: 'OK',
  signer: 'd75a980182b10ab7'.repeat(4),
  identity: 'acme/scanner-1',
  custody: 'self',
} as const;

export const EXAMPLE_PENDING = { id: EXAMPLE_ID, status: 'PENDING' } as const;

export const EXAMPLE_COMMITTED = {
  id: EXAMPLE_ID,
  status: 'COMMITTED',
  height: 12,
  index: 0,
  outcome: EXAMPLE_OUTCOME,
  timestamp: '2026-01-31T12:00:00.000Z',
} as const;

export const EXAMPLE_PAGE = {
  items: [{ id: EXAMPLE_ID, height: 12, index: 0, outcome: EXAMPLE_OUTCOME }],
  asOfHeight: 12,
} as const;

export const EXAMPLE_SIGNED = {
  body: 'CiDIYWxsIGJ5dGVzIGFyZSBzaWduZWQgYXMgc2VudA==',
  signature: 'A'.repeat(86).concat('=='),
} as const;
