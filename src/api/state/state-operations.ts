/** What the document says about single entries of the state, and what requests may hold. */
import { z } from 'zod';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { AT_HEIGHT_PARAMETER, PROOF_PARAMETER } from '../pages/parameters.js';
import { base64Schema, heightSchema } from '../pages/value-schemas.js';

const stateEntrySchema = z
  .object({
    key: z.string(),
    height: heightSchema.meta({ description: 'The entry is as of this height' }),
    present: z.boolean(),
    value: base64Schema.optional().meta({ description: 'Canonical bytes; absent when there is no entry' }),
  })
  .meta({ id: 'StateEntry', description: 'One entry of the world state, or its absence.' });

export type StateEntryBody = z.output<typeof stateEntrySchema>;

const stateProofSchema = z.looseObject({ format: z.literal('countersign-state/v1') }).meta({
  id: 'StateProof',
  description: 'Canonical JSON that "countersign verify" checks with the genesis file alone.',
});

export interface StateQuery {
  readonly atHeight?: Height;
  readonly proof?: 'true' | 'false';
}

export const GET_STATE_OPERATION: OperationDeclaration = {
  id: 'getState',
  method: 'GET',
  path: '/v1/state/{key}',
  tag: 'checkpoints',
  summary: 'Read one entry of the state, with proof if wanted',
  description:
    'The value as of a recent height, or that there is none. With proof=true one file that proves either to anyone who has the genesis file. What the values hold says docs/PROTOCOL.md (STATE-1). An entry of the kind idempotency is withheld from whoever may not read the records of its organisation; all others hold nothing that the lists do not tell everybody with one of these roles.',
  parameters: {
    key: {
      schema: z.string().min(1).max(12_288),
      description:
        'kind/part/part, percent-encoded as one path segment: "/" is %2F, "%" is %25. Names are percent-encoded UTF-8 in themselves, keys and ids are 64 lower-case hexadecimal digits: subject/urn:epc:id:sgtin:0614141.107346.2018, identity/acme/scanner-1, signer/{key}, parameters, validators/in-force, motion/{id}.',
      example: 'identity/acme/scanner-1',
      problem: 'STATE_KEY_MALFORMED',
    },
  },
  query: { atHeight: AT_HEIGHT_PARAMETER, proof: PROOF_PARAMETER },
  responses: {
    200: {
      description: 'The entry, or its proof.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: z.union([stateEntrySchema, stateProofSchema]),
          example: { key: 'readers/acme', height: 12, present: true, value: 'AQABASo=' },
        },
      },
    },
  },
  problems: [
    'STATE_KEY_MALFORMED',
    'STATE_KIND_UNKNOWN',
    'HEIGHT_INVALID',
    'HEIGHT_NOT_REACHED',
    'HEIGHT_NOT_KEPT',
    'HEIGHT_NOT_COUNTERSIGNED',
    'RECORD_WITHHELD',
    'DATABASE_UNAVAILABLE',
  ],
};
