/** What the document says about records in plain JSON, which the node signs for the caller. */
import { z } from 'zod';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { SUBMIT_OPERATION } from '../transactions/submit-operations.js';

const DOCUMENTS_MAX = 500;
const SUBJECTS_MAX = 64;
const JSON_VALUE_DESCRIPTION = 'Any JSON value; recorded in its canonical form (RFC 8785)';

export const recordsSchema = z
  .strictObject({
    documents: z
      .array(
        z.strictObject({
          kind: z
            .string()
            .regex(/^[\x21-\x7e]{1,128}$/, {
              error: 'must be 1 to 128 printable ASCII characters without space',
            })
            .meta({ description: 'What kind of record it is' }),
          content: z.unknown().meta({ description: JSON_VALUE_DESCRIPTION }),
          subjects: z
            .array(z.string().max(1_024))
            .max(SUBJECTS_MAX)
            .default([])
            .meta({ description: 'JSON pointers (RFC 6901) to what the record is about' }),
        }),
      )
      .min(1)
      .max(DOCUMENTS_MAX),
  })
  .meta({ id: 'RecordsToSign', description: 'Documents that are recorded together, all or none.' });

export const CREATE_RECORDS_OPERATION: OperationDeclaration = {
  id: 'createRecords',
  method: 'POST',
  path: '/v1/records',
  tag: 'transactions',
  summary: 'Record documents with a key that the node holds',
  description:
    'For identities with custody "node": the caller proves who it is, and the node signs the transaction with the key of that identity. The outcome says so. The same request with the same key again has no further effect.',
  ...(SUBMIT_OPERATION.query === undefined ? {} : { query: SUBMIT_OPERATION.query }),
  headers: {
    'Idempotency-Key': {
      schema: z.string().regex(/^[\x21-\x7e]{1,128}$/),
      description: 'Name of this request; required, and signed.',
      example: 'shipment-4711-departed',
    },
  },
  body: {
    [JSON_MEDIA_TYPE]: {
      schema: recordsSchema,
      example: {
        documents: [{ kind: 'inspection', content: { lot: 'LOT-A7', passed: true }, subjects: ['/lot'] }],
      },
    },
  },
  responses: SUBMIT_OPERATION.responses,
  problems: [
    ...SUBMIT_OPERATION.problems.filter((code) => code !== 'IDEMPOTENCY_KEY_MISMATCH'),
    'CUSTODY_NOT_HELD',
    'CUSTODIAL_KEY_MISSING',
  ],
};
