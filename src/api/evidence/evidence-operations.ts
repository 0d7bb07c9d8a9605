/** What the document says about evidence, and what requests may hold. */
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { CURSOR_PARAMETER, limitParameter } from '../pages/parameters.js';
import { evidencePageSchema, EXAMPLE_EVIDENCE } from './evidence-schemas.js';

const PAGE_MAX = 100;

export interface ListEvidenceQuery {
  readonly cursor?: string;
  readonly limit: number;
}

export const LIST_EVIDENCE_OPERATION: OperationDeclaration = {
  id: 'listEvidence',
  method: 'GET',
  path: '/v1/evidence',
  tag: 'evidence',
  summary: 'List the proofs of misbehaviour that this node holds',
  description:
    'Two statements under one ledger key that no correct node signs both: a faulty node, or a key that others have. Each proves itself to whoever has the genesis file. What follows from it is for the members to decide.',
  query: { cursor: CURSOR_PARAMETER, limit: limitParameter(PAGE_MAX, 50) },
  responses: {
    200: {
      description: 'A page; empty when nobody was seen to misbehave.',
      content: { [JSON_MEDIA_TYPE]: { schema: evidencePageSchema, example: { items: [EXAMPLE_EVIDENCE] } } },
    },
  },
  problems: ['CURSOR_INVALID', 'LIMIT_INVALID', 'DATABASE_UNAVAILABLE'],
};
