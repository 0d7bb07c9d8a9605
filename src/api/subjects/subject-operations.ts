/** What the document says about the history of a subject, and what requests may hold. */
import { z } from 'zod';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import {
  AT_HEIGHT_PARAMETER,
  CURSOR_PARAMETER,
  limitParameter,
  PROOF_PARAMETER,
} from '../pages/parameters.js';
import { digestSchema, heightSchema, nextCursorSchema, timestampSchema } from '../pages/value-schemas.js';

const PAGE_MAX = 200;
/** Genesis may permit subjects up to this size. */
const SUBJECT_BYTES_MAX = 4_096;

const SUBJECT_ERROR = `must have 1 to ${SUBJECT_BYTES_MAX} bytes`;

const placeFields = {
  sequence: z.int().min(0).meta({ description: 'Position in the history of the subject, 0 first' }),
  height: heightSchema,
  transactionIndex: z.int().min(0),
  recordIndex: z.int().min(0).meta({ description: 'Position in the transaction' }),
};

const withheldSchema = z.object({ ...placeFields, withheld: z.literal(true) }).meta({
  id: 'WithheldEntry',
  description: 'The place of a record whose organisation does not let the caller read it.',
});

const entrySchema = z
  .object({
    ...placeFields,
    transactionId: digestSchema,
    timestamp: timestampSchema.meta({ description: 'Time of the block' }),
    recordDigest: digestSchema.meta({ description: 'Digest over the exact bytes of the record' }),
    record: z
      .unknown()
      .meta({ description: 'The record; its text stands in the answer byte for byte as it was recorded' }),
  })
  .meta({ id: 'SubjectEntry', description: 'One record that names the subject.' });

export type SubjectEntryBody = z.output<typeof entrySchema>;

export const subjectHistorySchema = z
  .object({
    subject: z.string(),
    total: z.int().min(0).meta({ description: 'Records that named the subject when the page was read' }),
    asOfHeight: heightSchema,
    nextCursor: nextCursorSchema,
    items: z.array(z.union([entrySchema, withheldSchema])),
  })
  .meta({ id: 'SubjectHistory', description: 'Records that name a subject, oldest first.' });

const historyProofSchema = z.looseObject({ format: z.literal('countersign-history/v1') }).meta({
  id: 'SubjectHistoryProof',
  description: 'Canonical JSON that "countersign verify" checks with the genesis file alone.',
});

export interface SubjectHistoryQuery {
  readonly atHeight?: Height;
  readonly proof?: 'true' | 'false';
  readonly cursor?: string;
  readonly limit: number;
}

const EXAMPLE_SUBJECT = 'urn:epc:id:sgtin:0614141.107346.2018';

const EXAMPLE_HISTORY = {
  subject: EXAMPLE_SUBJECT,
  total: 1,
  asOfHeight: 12,
  items: [
    {
      sequence: 0,
      height: 12,
      transactionIndex: 0,
      recordIndex: 0,
      transactionId: '5f0c1d9e4a7b2c3d'.repeat(4),
      timestamp: '2026-01-31T12:00:00.000Z',
      recordDigest: '9f3c5a7d1b2e4f60'.repeat(4),
      record: { type: 'ObjectEvent', action: 'OBSERVE', epcList: [EXAMPLE_SUBJECT] },
    },
  ],
};

export const SUBJECT_HISTORY_OPERATION: OperationDeclaration = {
  id: 'getSubjectHistory',
  method: 'GET',
  path: '/v1/subjects/{subject}/history',
  tag: 'subjects',
  summary: 'Read the history of a subject',
  description:
    'Every record that names the subject, in the order of the ledger. Subjects are compared byte for byte: the URN and the Digital Link form of an identifier are different subjects. A page ends before its records have more than 4 MiB. With proof=true the answer is one file that proves to anyone who has the genesis file that the page is complete, as of a countersigned height that the node still keeps the state of; its next page, at the same height, is the Link with rel="next". A record that the caller may not read stands there as its digest.',
  parameters: {
    subject: {
      schema: z.string().refine((text) => text !== '' && Buffer.byteLength(text) <= SUBJECT_BYTES_MAX, {
        error: SUBJECT_ERROR,
      }),
      description: 'The subject, percent-encoded as one path segment: "/" is %2F.',
      example: EXAMPLE_SUBJECT,
      problem: 'SUBJECT_ID_INVALID',
    },
  },
  query: {
    cursor: CURSOR_PARAMETER,
    limit: limitParameter(PAGE_MAX, 50),
    atHeight: AT_HEIGHT_PARAMETER,
    proof: PROOF_PARAMETER,
  },
  responses: {
    200: {
      description: 'A page, or its proof; empty for a subject that no record names.',
      headers: { Link: 'With proof=true: the page after this one, as long as the height is kept' },
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: z.union([subjectHistorySchema, historyProofSchema]),
          example: EXAMPLE_HISTORY,
        },
      },
    },
  },
  problems: [
    'SUBJECT_ID_INVALID',
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'HEIGHT_INVALID',
    'HEIGHT_NOT_REACHED',
    'HEIGHT_NOT_KEPT',
    'HEIGHT_NOT_COUNTERSIGNED',
    'DATABASE_UNAVAILABLE',
  ],
};
