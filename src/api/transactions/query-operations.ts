/** What the document says about reading transactions, and what requests may hold. */
import { CBOR_MEDIA_TYPE, JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import {
  AT_HEIGHT_PARAMETER,
  CURSOR_PARAMETER,
  HEIGHT_PARAMETER,
  limitParameter,
  TRANSACTION_ID_PARAMETER,
} from '../pages/parameters.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import {
  EXAMPLE_COMMITTED,
  EXAMPLE_PAGE,
  receiptSchema,
  transactionPageSchema,
  transactionStatusSchema,
} from './transaction-schemas.js';

const PAGE_MAX = 500;

export interface ListTransactionsQuery {
  readonly cursor?: string;
  readonly limit: number;
  readonly height?: Height;
  readonly atHeight?: Height;
}

export const LIST_OPERATION: OperationDeclaration = {
  id: 'listTransactions',
  method: 'GET',
  path: '/v1/transactions',
  tag: 'transactions',
  summary: 'List committed transactions',
  description: 'In the order of the ledger: by height, then by position in the block.',
  query: {
    cursor: CURSOR_PARAMETER,
    limit: limitParameter(PAGE_MAX, 100),
    height: {
      ...HEIGHT_PARAMETER,
      schema: AT_HEIGHT_PARAMETER.schema,
      description: 'Only the transactions of this block.',
    },
    atHeight: AT_HEIGHT_PARAMETER,
  },
  responses: {
    200: {
      description: 'A page.',
      content: { [JSON_MEDIA_TYPE]: { schema: transactionPageSchema, example: EXAMPLE_PAGE } },
    },
  },
  problems: [
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'HEIGHT_INVALID',
    'HEIGHT_NOT_REACHED',
    'DATABASE_UNAVAILABLE',
  ],
};

export const GET_OPERATION: OperationDeclaration = {
  id: 'getTransaction',
  method: 'GET',
  path: '/v1/transactions/{id}',
  tag: 'transactions',
  summary: 'Read the status of a transaction',
  description:
    'A committed transaction never changes: the answer then has a strong ETag and may be kept for ever.',
  parameters: { id: TRANSACTION_ID_PARAMETER },
  responses: {
    200: {
      description: 'Its status; with COMMITTED its outcome.',
      headers: { ETag: 'Strong; with COMMITTED only' },
      content: { [JSON_MEDIA_TYPE]: { schema: transactionStatusSchema, example: EXAMPLE_COMMITTED } },
    },
  },
  problems: ['TRANSACTION_ID_INVALID', 'TRANSACTION_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const RECEIPT_OPERATION: OperationDeclaration = {
  id: 'getReceipt',
  method: 'GET',
  path: '/v1/transactions/{id}/receipt',
  tag: 'transactions',
  summary: 'Download the receipt of a transaction',
  description:
    'One file that proves to anyone who has the genesis file, without asking a node, that a quorum of the organisations countersigned the transaction and its outcome. As application/cbor: the same with COSE receipts (RFC 9942) of a quorum of the organisations, which are asked for them now; docs/COSE-RECEIPT.md.',
  parameters: { id: TRANSACTION_ID_PARAMETER },
  responses: {
    200: {
      description:
        'The receipt, as JSON in its canonical bytes; as CBOR other bytes each time, since signatures differ.',
      headers: { ETag: 'Strong; of JSON alone' },
      content: {
        [JSON_MEDIA_TYPE]: { schema: receiptSchema, example: { format: 'countersign-receipt/v1' } },
        [CBOR_MEDIA_TYPE]: {},
      },
    },
  },
  problems: [
    'TRANSACTION_ID_INVALID',
    'TRANSACTION_NOT_FOUND',
    'TRANSACTION_NOT_COMMITTED',
    'RECEIPT_NOT_READY',
    'RECEIPT_SIGNATURES_MISSING',
    'DATABASE_UNAVAILABLE',
  ],
};
