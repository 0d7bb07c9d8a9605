/** What /v1/blocks answers: the header as agreed, the result as executed, and the signatures that made it final. */
import { z } from 'zod';
import {
  base64Schema,
  digestSchema,
  heightSchema,
  nextCursorSchema,
  timestampSchema,
} from '../pages/value-schemas.js';

export const commitCertificateSchema = z
  .object({
    view: z.int().min(0),
    signatures: z.array(
      z.object({
        validator: z.int().min(0).meta({ description: 'Position in the validator set of the epoch' }),
        signature: base64Schema,
      }),
    ),
  })
  .meta({ id: 'CommitCertificate', description: 'COMMIT votes of a quorum.' });

const resultSchema = z
  .object({
    entryCount: z.int().min(0).meta({ description: 'Transactions with an outcome' }),
    entriesRoot: digestSchema.meta({ description: 'RFC 6962 root over transaction ids and outcomes' }),
    stateRoot: digestSchema.meta({ description: 'Root of the state after the block' }),
    record: base64Schema.meta({ description: 'Canonical bytes: the leaf of the result log' }),
  })
  .meta({
    id: 'BlockResult',
    description: 'What the execution of a block gave, the same at every organisation.',
  });

export const blockSchema = z
  .object({
    height: heightSchema,
    hash: digestSchema,
    parentHash: digestSchema,
    timestamp: timestampSchema,
    epoch: z.int().min(0),
    epochFinal: z.boolean(),
    originView: z.int().min(0).meta({ description: 'View in which it was first proposed' }),
    proposer: z.int().min(0).meta({ description: 'Validator that first proposed it' }),
    transactionCount: z.int().min(0),
    transactionRoot: digestSchema.meta({ description: 'RFC 6962 root over the transactions' }),
    bodyBytes: z.int().min(0),
    resultRoot: digestSchema.meta({ description: 'Root of the result log that the header carries' }),
    validatorsDigest: digestSchema,
    nextValidatorsDigest: digestSchema,
    header: base64Schema.meta({ description: 'Canonical bytes of the header' }),
    result: resultSchema,
    certified: z.boolean().meta({ description: 'Whether a quorum countersigned the result' }),
    certificate: commitCertificateSchema.optional(),
  })
  .meta({ id: 'Block', description: 'A committed block without its transactions.' });

export type CommitCertificateBody = z.output<typeof commitCertificateSchema>;

export type BlockBodyView = z.output<typeof blockSchema>;

export const blockPageSchema = z
  .object({ items: z.array(blockSchema), asOfHeight: heightSchema, nextCursor: nextCursorSchema })
  .meta({ id: 'BlockPage', description: 'Blocks by height.' });

export type BlockPageBody = z.output<typeof blockPageSchema>;

const ROOT = '9f3c5a7d1b2e4f60'.repeat(4);

export const EXAMPLE_BLOCK: BlockBodyView = {
  height: 12,
  hash: '1c2d3e4f5a6b7c8d'.repeat(4),
  parentHash: '0b1c2d3e4f5a6b7c'.repeat(4),
  timestamp: '2026-01-31T12:00:00.000Z',
  epoch: 0,
  epochFinal: false,
  originView: 0,
  proposer: 1,
  transactionCount: 1,
  transactionRoot: ROOT,
  bodyBytes: 412,
  resultRoot: ROOT,
  validatorsDigest: ROOT,
  nextValidatorsDigest: '0'.repeat(64),
  header: 'AAE=',
  result: { entryCount: 1, entriesRoot: ROOT, stateRoot: ROOT, record: 'AAE=' },
  certified: true,
};
