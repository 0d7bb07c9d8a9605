/** What the document says about the caller itself. */
import { z } from 'zod';
import { CUSTODIES, ROLES } from '../../protocol/ledger/identity.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { digestSchema, heightSchema } from '../pages/value-schemas.js';

export const callerSchema = z
  .object({
    identity: z.string().meta({ description: 'organisation/name' }),
    proof: z.enum(['signature', 'token']).meta({ description: 'How the request has proven it' }),
    publicKey: digestSchema.meta({ description: 'Key of the identity' }),
    roles: z.array(z.enum(ROLES)),
    custody: z.enum(CUSTODIES),
    validUntilHeight: heightSchema
      .optional()
      .meta({ description: 'Last height at which it may sign; absent when there is no end' }),
    operations: z.array(z.string()).meta({
      description: 'Operations of this document that it may call at this node, in alphabetical order',
    }),
  })
  .meta({ id: 'Caller', description: 'Who calls, as this node knows it.' });

export type CallerBody = z.output<typeof callerSchema>;

export const GET_CALLER_OPERATION: OperationDeclaration = {
  id: 'getCaller',
  method: 'GET',
  path: '/v1/caller',
  tag: 'members',
  summary: 'See who you are to this node',
  description: 'The identity that the signature or the token stands for, and what it may call here.',
  responses: {
    200: {
      description: 'The caller.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: callerSchema,
          example: {
            identity: 'acme/auditor',
            proof: 'signature',
            publicKey: 'd75a980182b10ab7'.repeat(4),
            roles: ['auditor'],
            custody: 'self',
            operations: ['getBlock', 'getCaller'],
          },
        },
      },
    },
  },
  problems: [],
};
