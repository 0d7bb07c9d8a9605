/** What goes out at /v1/motions and /v1/validators. */
import { z } from 'zod';
import { PREFLIGHT_PROBLEMS } from '../../node/use-cases.js';
import { APPROVAL_RULES } from '../../protocol/ledger/genesis-parameters.js';
import { entryFields, historyFields } from '../members/member-schemas.js';
import { digestSchema, heightSchema, nextCursorSchema } from '../pages/value-schemas.js';

export const MOTION_STATUS_NAMES = ['open', 'accepted', 'rejected', 'withdrawn', 'expired'] as const;

const actionSchema = z
  .object({
    type: z.enum([
      'admitOrganisation',
      'promoteValidator',
      'demoteValidator',
      'removeOrganisation',
      'rotateLedgerKey',
      'setParameters',
    ]),
    organisation: z.string().optional().meta({ description: 'Whom it is about; absent for parameters' }),
    ledgerKey: digestSchema.optional().meta({ description: 'Ledger key that the organisation gets' }),
    address: z.string().optional().meta({ description: '"host:port" of the node of a new organisation' }),
    admin: z
      .object({ name: z.string(), publicKey: digestSchema })
      .optional()
      .meta({ description: 'First admin of a new organisation' }),
    parameters: z
      .array(z.object({ name: z.string(), value: z.int().min(0) }))
      .optional()
      .meta({ description: 'Parameters that change; the others stay' }),
  })
  .meta({ id: 'MotionAction', description: 'What is done when the motion is accepted.' });

export const motionSchema = z
  .object({
    id: digestSchema.meta({ description: 'That of the transaction that proposed it' }),
    proposer: z.string().meta({ description: 'Organisation that has proposed it' }),
    action: actionSchema,
    status: z.enum(MOTION_STATUS_NAMES).meta({ description: 'As of the next block' }),
    proposedHeight: heightSchema,
    expiresHeight: heightSchema.meta({ description: 'Last height at which a ballot counts' }),
    closedHeight: heightSchema
      .optional()
      .meta({ description: 'Block that accepted, rejected or withdrew it' }),
    rule: z.enum(APPROVAL_RULES).optional().meta({ description: 'Who must approve; of an open motion' }),
    validators: z.int().min(1).meta({ description: 'Organisations that have a ballot' }),
    needed: z.int().min(1).meta({ description: 'How many of them must approve' }),
    approvals: z.int().min(0).meta({ description: 'Approving ballots that count' }),
    rejections: z.int().min(0).meta({ description: 'Refusing ballots that count' }),
    ballots: z
      .array(z.object({ organisation: z.string(), approve: z.boolean(), height: heightSchema }))
      .meta({
        description:
          'All that were cast, by organisation; those of organisations without a vote count nothing',
      }),
  })
  .meta({ id: 'Motion', description: 'What an organisation has laid before the others.' });

export type MotionBody = z.output<typeof motionSchema>;

export const motionAnswerSchema = z
  .object({ asOfHeight: heightSchema, motion: motionSchema })
  .meta({ id: 'MotionAnswer', description: 'A motion as the newest block has it.' });

export type MotionAnswerBody = z.output<typeof motionAnswerSchema>;

export const motionPageSchema = z
  .object({ asOfHeight: heightSchema, items: z.array(motionSchema), nextCursor: nextCursorSchema })
  .meta({ id: 'MotionPage', description: 'Motions in the order of their ids.' });

export type MotionPageBody = z.output<typeof motionPageSchema>;

export const motionHistorySchema = z
  .object({
    motion: digestSchema,
    ...historyFields,
    items: z.array(
      z.object({
        ...entryFields,
        command: z
          .object({
            type: z.enum(['proposeMotion', 'castBallot', 'withdrawMotion']),
            approve: z.boolean().optional().meta({ description: 'Of a ballot' }),
          })
          .meta({ id: 'MotionCommand', description: 'What was done about the motion.' }),
      }),
    ),
  })
  .meta({ id: 'MotionHistory', description: 'Every command about a motion, oldest first.' });

export type MotionHistoryBody = z.output<typeof motionHistorySchema>;

const termsSchema = z
  .object({
    epoch: z.int().min(0),
    firstHeight: heightSchema.meta({ description: 'First height that these validators agree on' }),
    validators: z
      .array(z.object({ organisation: z.string(), ledgerKey: digestSchema }))
      .meta({ description: 'In the order of their indices' }),
    parameters: z
      .record(z.string(), z.int().min(0))
      .meta({ description: 'Those of governance are absent while they have their default' }),
  })
  .meta({ id: 'EpochTerms', description: 'Who votes in an epoch, and under which parameters.' });

export const validatorListSchema = z
  .object({
    asOfHeight: heightSchema,
    inForce: termsSchema,
    pending: termsSchema.optional().meta({ description: 'What is scheduled; absent when nothing is' }),
    learners: z
      .array(z.object({ organisation: z.string(), ledgerKey: digestSchema, address: z.string().optional() }))
      .meta({ description: 'Members without a vote' }),
  })
  .meta({ id: 'ValidatorList', description: 'Who votes: now, soon, and not.' });

const seenQuorumSchema = z
  .object({
    validators: z.int().min(0),
    needed: z.int().min(0).meta({ description: 'Q of them' }),
    reachable: z.int().min(0).meta({ description: 'Those that this node has a stream to, itself included' }),
  })
  .meta({ id: 'SeenQuorum', description: 'How many validators there are, are needed, and are reachable.' });

export const preflightSchema = z
  .object({
    before: seenQuorumSchema,
    after: seenQuorumSchema,
    mustStayUp: z.array(z.string()).meta({
      description: 'Of the new validators, those of whom none may go down; empty while one can be spared',
    }),
    lagBlocks: z.int().min(0).optional().meta({ description: 'Blocks that a new validator is behind' }),
    problems: z
      .array(z.object({ code: z.enum(PREFLIGHT_PROBLEMS), message: z.string() }))
      .meta({ description: 'What speaks against the change; empty when nothing does' }),
  })
  .meta({ id: 'Preflight', description: 'What a change of the validators would do to progress.' });

export type PreflightBody = z.output<typeof preflightSchema>;

export const EXAMPLE_PREFLIGHT: PreflightBody = {
  before: { validators: 4, needed: 3, reachable: 4 },
  after: { validators: 5, needed: 4, reachable: 5 },
  mustStayUp: [],
  lagBlocks: 0,
  problems: [],
};

export type ValidatorListBody = z.output<typeof validatorListSchema>;

const EXAMPLE_ID = '5f0c1d9e4a7b2c3d'.repeat(4);

export const EXAMPLE_MOTION = {
  id: EXAMPLE_ID,
  proposer: 'acme',
  action: { type: 'promoteValidator', organisation: 'hooli' },
  status: 'open',
  proposedHeight: 12,
  expiresHeight: 10_012,
  rule: 'quorum',
  validators: 4,
  needed: 3,
  approvals: 1,
  rejections: 0,
  ballots: [{ organisation: 'acme', approve: true, height: 12 }],
} as const;

export const EXAMPLE_MOTION_HISTORY = {
  motion: EXAMPLE_ID,
  total: 1,
  asOfHeight: 12,
  items: [
    {
      sequence: 0,
      height: 12,
      transactionIndex: 0,
      transactionId: EXAMPLE_ID,
      timestamp: '2026-01-31T12:00:00.000Z',
      by: 'acme/admin',
      command: { type: 'proposeMotion' },
    },
  ],
} as const;

const EXAMPLE_KEY = '07273df27f41d9cb'.repeat(4);

export const EXAMPLE_VALIDATORS = {
  asOfHeight: 12,
  inForce: {
    epoch: 0,
    firstHeight: 1,
    validators: [{ organisation: 'acme', ledgerKey: EXAMPLE_KEY }],
    parameters: { pipelineDepth: 8 },
  },
  learners: [{ organisation: 'hooli', ledgerKey: EXAMPLE_KEY, address: 'hooli.example:7050' }],
} as const;
