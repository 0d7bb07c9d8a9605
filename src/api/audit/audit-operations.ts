/** What the document says about auditing a whole ledger, and what requests may hold. */
import { z } from 'zod';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration, ParameterDeclaration } from '../openapi/operation.js';
import { HEIGHT_PARAMETER, limitParameter } from '../pages/parameters.js';
import { base64Schema, digestSchema, heightSchema } from '../pages/value-schemas.js';

export const BUNDLE_MEDIA_TYPE = 'application/x-ndjson';
const STATE_PAGE_MAX = 1_000;

export interface ExportQuery {
  readonly from: Height;
  readonly to?: Height;
}

export interface StateQuery {
  readonly after?: string;
  readonly limit: number;
}

const TO_PARAMETER: ParameterDeclaration = {
  schema: HEIGHT_PARAMETER.schema.optional().meta({ type: 'integer', format: 'int64', minimum: 1 }),
  description: 'Last height; the highest countersigned one unless given.',
  example: 12,
  problem: 'HEIGHT_INVALID',
};

const FROM_PARAMETER: ParameterDeclaration = {
  ...HEIGHT_PARAMETER,
  description: 'First height, 1 or more.',
  example: 1,
};

const resultSchema = z
  .object({
    height: heightSchema,
    header: base64Schema
      .optional()
      .meta({ description: 'Canonical bytes of the header; absent for genesis' }),
    resultRecord: base64Schema.meta({ description: 'Canonical bytes: the leaf of the result log' }),
    logRoot: digestSchema.meta({ description: 'Root of the result log of height + 1 records' }),
  })
  .meta({
    id: 'AuditResult',
    description: 'Header, result and log root of a height as this node holds them.',
  });

export type AuditResultBody = z.output<typeof resultSchema>;

const stateSchema = z
  .object({
    asOfHeight: heightSchema,
    items: z.array(
      z.object({
        keyDigest: digestSchema.meta({ description: 'Place in the state tree' }),
        key: z.string().meta({ description: 'Bytes of the key (STATE-1) in hexadecimal digits' }),
        valueDigest: digestSchema.meta({ description: 'Of the value as it is stored' }),
      }),
    ),
  })
  .meta({ id: 'AuditState', description: 'Entries of the state by digests.' });

export type AuditStateBody = z.output<typeof stateSchema>;

const DIGEST = '9f3c5a7d1b2e4f60'.repeat(4);

export const EXPORT_BUNDLE_OPERATION: OperationDeclaration = {
  id: 'exportBundle',
  method: 'GET',
  path: '/v1/audit/export',
  tag: 'audit',
  summary: 'Export blocks with everything that proves them',
  description:
    'A bundle (docs/BUNDLE.md): NDJSON that anybody verifies offline with the genesis file. For auditors who may read the records of every organisation. The answer is as long as the range; one that ends without its last line was cut, and can be continued. A caller who stops reading for 30 seconds is cut off.',
  query: { from: FROM_PARAMETER, to: TO_PARAMETER },
  responses: {
    200: {
      description: 'The bundle, written while the ledger is read.',
      content: { [BUNDLE_MEDIA_TYPE]: { schema: z.string(), example: '{"bundle":{"chainId":"…"}}\n' } },
    },
  },
  problems: [
    ...([
      'HEIGHT_INVALID',
      'HEIGHT_NOT_REACHED',
      'EXPORT_RANGE_INVALID',
      'EXPORT_NOT_COUNTERSIGNED',
    ] as const),
    ...(['LEDGER_WITHHELD', 'EXPORTS_BUSY', 'NODE_DRAINING', 'DATABASE_UNAVAILABLE'] as const),
  ],
};

export const AUDIT_RESULT_OPERATION: OperationDeclaration = {
  id: 'getAuditResult',
  method: 'GET',
  path: '/v1/audit/results/{height}',
  tag: 'audit',
  summary: 'Read what two organisations compare of a height',
  description:
    'As it lies in the database of this node: equal log roots say that everything up to the height was agreed alike.',
  parameters: { height: HEIGHT_PARAMETER },
  responses: {
    200: {
      description: 'The result of the height.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: resultSchema,
          example: { height: 12, header: 'AAE=', resultRecord: 'AAE=', logRoot: DIGEST },
        },
      },
    },
  },
  problems: ['HEIGHT_INVALID', 'BLOCK_NOT_FOUND', 'LEDGER_WITHHELD', 'DATABASE_UNAVAILABLE'],
};

export const LIST_AUDIT_STATE_OPERATION: OperationDeclaration = {
  id: 'listAuditState',
  method: 'GET',
  path: '/v1/audit/state',
  tag: 'audit',
  summary: 'List the entries of the state by digests',
  description:
    'In the order of key digests, at the durable head that asOfHeight names. Digests are computed of the values that are stored, so that a value that was changed in the database shows. A page with fewer entries than its limit is the last one.',
  query: {
    after: {
      schema: z
        .string()
        .regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hexadecimal digits' })
        .optional(),
      description: 'Key digest after which the page begins.',
      example: DIGEST,
    },
    limit: limitParameter(STATE_PAGE_MAX, STATE_PAGE_MAX),
  },
  responses: {
    200: {
      description: 'A page.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: stateSchema,
          example: { asOfHeight: 12, items: [{ keyDigest: DIGEST, key: '01', valueDigest: DIGEST }] },
        },
      },
    },
  },
  problems: ['QUERY_PARAMETER_INVALID', 'LIMIT_INVALID', 'LEDGER_WITHHELD', 'DATABASE_UNAVAILABLE'],
};
