/** What the document says about proofs of the result log and the history of validators. */
import { z } from 'zod';
import type { Epoch, Height } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { FROM_EPOCH_PARAMETER, HEIGHT_PARAMETER } from '../pages/parameters.js';
import { base64Schema, digestSchema, heightSchema } from '../pages/value-schemas.js';

const EXAMPLE_DIGEST = '9f'.repeat(32);

const logStateSchema = z
  .object({ height: heightSchema, root: digestSchema })
  .meta({ id: 'LogState', description: 'The result log up to a height: height + 1 leaves, and their root.' });

const pathSchema = z.array(digestSchema).meta({ description: 'Hashes of the proof, at most 64.' });

const consistencySchema = z
  .object({ from: logStateSchema, to: logStateSchema, path: pathSchema })
  .meta({ id: 'ConsistencyProof' });

const inclusionSchema = z
  .object({ height: heightSchema, leafHash: digestSchema, at: logStateSchema, path: pathSchema })
  .meta({ id: 'InclusionProof' });

const epochEndSchema = z
  .object({
    epoch: z.int().min(0),
    height: heightSchema.meta({ description: 'Last height of the epoch.' }),
    checkpoint: z
      .string()
      .meta({ description: 'C2SP signed note of that height, by the validators of the epoch.' }),
    checkpointPath: pathSchema,
    resultRecord: base64Schema,
    validators: z
      .array(z.object({ organisation: z.string(), ledgerKey: digestSchema }))
      .meta({ description: 'Those of the next epoch, whose digest the record states.' }),
  })
  .meta({ id: 'EpochEnd' });

const validatorHistorySchema = z
  .object({
    items: z.array(epochEndSchema),
    nextFrom: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Ask again with this epoch; absent on the last page.' }),
  })
  .meta({ id: 'ValidatorHistory' });

export type ConsistencyBody = z.infer<typeof consistencySchema>;
export type InclusionBody = z.infer<typeof inclusionSchema>;
export type ValidatorHistoryBody = z.infer<typeof validatorHistorySchema>;

export interface ConsistencyQuery {
  readonly from: Height;
  readonly to: Height;
}

export interface InclusionQuery {
  readonly height: Height;
  readonly at: Height;
}

export interface ValidatorHistoryQuery {
  readonly from: Epoch;
}

const EXAMPLE_AT = { height: 12, root: EXAMPLE_DIGEST };

export const CONSISTENCY_OPERATION: OperationDeclaration = {
  id: 'getConsistencyProof',
  method: 'GET',
  path: '/v1/log/consistency',
  tag: 'checkpoints',
  summary: 'Prove that one log is the beginning of another',
  description:
    'RFC 6962 section 2.1.2, between the logs of two heights; the second, or a later one, is countersigned. Whoever checks it takes both roots from checkpoints that it has verified. May be kept for ever.',
  query: {
    from: { ...HEIGHT_PARAMETER, description: 'Height of the smaller log.', example: 7 },
    to: { ...HEIGHT_PARAMETER, description: 'Height of the larger log.', example: 12 },
  },
  responses: {
    200: {
      description: 'The proof.',
      headers: { ETag: 'Strong' },
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: consistencySchema,
          example: {
            from: { height: 7, root: EXAMPLE_DIGEST },
            to: EXAMPLE_AT,
            path: [EXAMPLE_DIGEST],
          } satisfies ConsistencyBody,
        },
      },
    },
  },
  problems: ['HEIGHT_INVALID', 'HEIGHTS_REVERSED', 'CHECKPOINT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const INCLUSION_OPERATION: OperationDeclaration = {
  id: 'getInclusionProof',
  method: 'GET',
  path: '/v1/log/inclusion',
  tag: 'checkpoints',
  summary: 'Prove that the result of a block is in a log',
  description:
    'RFC 6962 section 2.1.1: the result record of `height` is leaf `height` of the log of height `at`, which, or a later one, is countersigned. May be kept for ever.',
  query: {
    height: { ...HEIGHT_PARAMETER, description: 'Height of the block; 0 is genesis.', example: 5 },
    at: { ...HEIGHT_PARAMETER, description: 'Height of the log.', example: 12 },
  },
  responses: {
    200: {
      description: 'The proof.',
      headers: { ETag: 'Strong' },
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: inclusionSchema,
          example: {
            height: 5,
            leafHash: EXAMPLE_DIGEST,
            at: EXAMPLE_AT,
            path: [EXAMPLE_DIGEST],
          } satisfies InclusionBody,
        },
      },
    },
  },
  problems: ['HEIGHT_INVALID', 'HEIGHTS_REVERSED', 'CHECKPOINT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const VALIDATOR_HISTORY_OPERATION: OperationDeclaration = {
  id: 'getValidatorHistory',
  method: 'GET',
  path: '/v1/validator-history',
  tag: 'checkpoints',
  summary: 'Read how the validators changed, with proof',
  description:
    'The ends of epochs in order, as receipts hold them: each is certified by the validators that ended and names the next, so whoever knows one set learns the others. At most 32 in an answer; those that are not countersigned yet are left out.',
  query: { from: FROM_EPOCH_PARAMETER },
  responses: {
    200: {
      description: 'The ends of epochs; empty when the first one still lasts.',
      headers: { ETag: 'Strong' },
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: validatorHistorySchema,
          example: {
            items: [
              {
                epoch: 0,
                height: 7,
                checkpoint: 'countersign/supply/9f3c5a7d1b2e4f60\n8\n…\n\n— acme …\n',
                checkpointPath: [EXAMPLE_DIGEST],
                resultRecord: 'AAE=',
                validators: [{ organisation: 'acme', ledgerKey: EXAMPLE_DIGEST }],
              },
            ],
          } satisfies ValidatorHistoryBody,
        },
      },
    },
  },
  problems: ['EPOCH_INVALID', 'DATABASE_UNAVAILABLE'],
};
