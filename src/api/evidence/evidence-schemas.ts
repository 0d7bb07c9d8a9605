/** What /v1/evidence answers: who signed what, byte for byte, so that any Ed25519 library can check it. */
import { z } from 'zod';
import { commitCertificateSchema } from '../blocks/block-schemas.js';
import {
  base64Schema,
  digestSchema,
  heightSchema,
  nextCursorSchema,
  timestampSchema,
} from '../pages/value-schemas.js';

const viewSchema = z.int().min(0);
const VOTE_KINDS = ['propose', 'prepare', 'commit', 'viewChange', 'newView'] as const;

const statementSchema = z
  .object({
    kind: z.enum([...VOTE_KINDS, 'checkpoint']),
    digest: digestSchema.meta({
      description: 'Block hash, root of the result log, or digest of what was said of a view',
    }),
    signedBytes: base64Schema.meta({ description: 'Exactly what was signed' }),
    signature: base64Schema.meta({ description: 'Ed25519 (RFC 8032) over signedBytes' }),
    publicKey: digestSchema.meta({ description: "The organisation's ledger key" }),
  })
  .meta({ id: 'SignedStatement', description: 'One thing that a validator signed.' });

export type SignedStatementBody = z.output<typeof statementSchema>;

const blockPointSchema = z.object({ height: heightSchema, blockHash: digestSchema });

const claimSchema = z
  .object({
    view: viewSchema.meta({ description: 'View that was to be entered' }),
    base: blockPointSchema.meta({ description: 'Highest block that it called committed' }),
    tips: z
      .array(blockPointSchema.extend({ view: viewSchema }))
      .meta({ description: 'Blocks above that it called prepared' }),
  })
  .meta({ id: 'ViewChangeClaim', description: 'What a validator said when it left a view.' });

const common = {
  sequence: z.int().min(1).meta({ description: 'Order in which this node saved them' }),
  organisation: z.string().meta({ description: 'Whose key signed both' }),
  epoch: z.int().min(0),
  savedAt: timestampSchema.meta({ description: 'By the clock of the database' }),
  meaning: z.string().meta({ description: 'One sentence for people' }),
  statements: z
    .array(statementSchema)
    .length(2)
    .meta({ description: 'What no correct validator signs both' }),
};

const conflictingVotesSchema = z
  .object({
    ...common,
    kind: z.literal('conflictingVotes'),
    voteKind: z.enum(VOTE_KINDS),
    view: viewSchema,
    height: heightSchema.optional().meta({ description: 'Absent when the vote is about a view alone' }),
  })
  .meta({ id: 'ConflictingVotes', description: 'Two votes of one kind for one view and height.' });

const conflictingCheckpointsSchema = z
  .object({ ...common, kind: z.literal('conflictingCheckpoints'), height: heightSchema })
  .meta({ id: 'ConflictingCheckpoints', description: 'Two results of one height.' });

const concealedCommitSchema = z
  .object({
    ...common,
    kind: z.literal('concealedCommit'),
    view: viewSchema.meta({ description: 'Of the COMMIT' }),
    height: heightSchema.meta({ description: 'Of the COMMIT' }),
    claim: claimSchema,
    baseCertificate: commitCertificateSchema
      .optional()
      .meta({ description: 'Proves the base of the claim; absent when that is genesis' }),
  })
  .meta({
    id: 'ConcealedCommit',
    description: 'A COMMIT, and a view change for a later view that does not tell of it.',
  });

const evidenceSchema = z
  .discriminatedUnion('kind', [conflictingVotesSchema, conflictingCheckpointsSchema, concealedCommitSchema])
  .meta({
    id: 'Evidence',
    description: 'Two statements under one key that no correct validator signs both.',
  });

export type EvidenceBody = z.output<typeof evidenceSchema>;

export const evidencePageSchema = z
  .object({ items: z.array(evidenceSchema), nextCursor: nextCursorSchema })
  .meta({ id: 'EvidencePage', description: 'Evidence in the order in which this node saved it.' });

export type EvidencePageBody = z.output<typeof evidencePageSchema>;

function exampleStatement(digest: string): SignedStatementBody {
  return {
    kind: 'prepare',
    digest,
    signedBytes: 'UEJGVDEC',
    signature: 'q83vEjQ=',
    publicKey: 'd75a980182b10ab7'.repeat(4),
  };
}

export const EXAMPLE_EVIDENCE: EvidenceBody = {
  sequence: 1,
  organisation: 'globex',
  kind: 'conflictingVotes',
  voteKind: 'prepare',
  epoch: 0,
  view: 2,
  height: 12,
  savedAt: '2026-01-31T12:00:00.000Z',
  meaning: 'globex voted to prepare two different blocks at height 12 in view 2.',
  statements: [
    exampleStatement('1c2d3e4f5a6b7c8d'.repeat(4)),
    exampleStatement('9f3c5a7d1b2e4f60'.repeat(4)),
  ],
};
