/** What the document says about motions and validators, and what requests may hold. */
import { z } from 'zod';
import type { MembershipStep } from '../../node/use-cases.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { CURSOR_PARAMETER, limitParameter, MOTION_ID_PARAMETER } from '../pages/parameters.js';
import {
  EXAMPLE_MOTION,
  EXAMPLE_MOTION_HISTORY,
  EXAMPLE_PREFLIGHT,
  EXAMPLE_VALIDATORS,
  MOTION_STATUS_NAMES,
  motionAnswerSchema,
  motionHistorySchema,
  motionPageSchema,
  preflightSchema,
  validatorListSchema,
} from './motion-schemas.js';

const PAGE_MAX = 200;

export interface ListMotionsQuery {
  readonly status?: (typeof MOTION_STATUS_NAMES)[number];
  readonly cursor?: string;
  readonly limit: number;
}

export const LIST_MOTIONS_OPERATION: OperationDeclaration = {
  id: 'listMotions',
  method: 'GET',
  path: '/v1/motions',
  tag: 'members',
  summary: 'List the motions',
  description:
    'In the order of their ids. With a status a page may hold fewer than its limit, or none, and still have a next.',
  query: {
    status: {
      schema: z.enum(MOTION_STATUS_NAMES).optional(),
      description: 'Only motions that have this status now.',
      example: 'open',
    },
    cursor: CURSOR_PARAMETER,
    limit: limitParameter(PAGE_MAX, 50),
  },
  responses: {
    200: {
      description: 'A page.',
      content: {
        [JSON_MEDIA_TYPE]: { schema: motionPageSchema, example: { asOfHeight: 12, items: [EXAMPLE_MOTION] } },
      },
    },
  },
  problems: ['QUERY_PARAMETER_INVALID', 'CURSOR_INVALID', 'LIMIT_INVALID', 'DATABASE_UNAVAILABLE'],
};

export const GET_MOTION_OPERATION: OperationDeclaration = {
  id: 'getMotion',
  method: 'GET',
  path: '/v1/motions/{id}',
  tag: 'members',
  summary: 'Read a motion',
  description: 'What it would do, who has said what, and how many are needed.',
  parameters: { id: MOTION_ID_PARAMETER },
  responses: {
    200: {
      description: 'The motion as the newest block has it.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: motionAnswerSchema,
          example: { asOfHeight: 12, motion: EXAMPLE_MOTION },
        },
      },
    },
  },
  problems: ['TRANSACTION_ID_INVALID', 'MOTION_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const MOTION_HISTORY_OPERATION: OperationDeclaration = {
  id: 'getMotionHistory',
  method: 'GET',
  path: '/v1/motions/{id}/history',
  tag: 'members',
  summary: 'Read what was done about a motion',
  description: 'Every command about it, in the order of the ledger, with the admin that signed it.',
  parameters: { id: MOTION_ID_PARAMETER },
  query: { cursor: CURSOR_PARAMETER, limit: limitParameter(PAGE_MAX, 50) },
  responses: {
    200: {
      description: 'A page.',
      content: { [JSON_MEDIA_TYPE]: { schema: motionHistorySchema, example: EXAMPLE_MOTION_HISTORY } },
    },
  },
  problems: [
    'TRANSACTION_ID_INVALID',
    'MOTION_NOT_FOUND',
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'DATABASE_UNAVAILABLE',
  ],
};

export interface PreflightQuery {
  readonly change: MembershipStep;
  readonly organisation: string;
}

export const PREFLIGHT_OPERATION: OperationDeclaration = {
  id: 'preflightChange',
  method: 'GET',
  path: '/v1/validators/preflight',
  tag: 'members',
  summary: 'Ask what a change of the validators would do',
  description:
    'By what this node sees now: who is reachable, how many are needed before and after, and how far a new one is behind. The ledger itself refuses only what everybody can see alike.',
  query: {
    change: {
      schema: z.enum(['promote', 'demote', 'remove', 'rotateKey']),
      description: 'What is to be decided.',
      example: 'promote',
    },
    organisation: {
      schema: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
      description: 'Whom it is about.',
      example: 'hooli',
    },
  },
  responses: {
    200: {
      description: 'What is seen, and what speaks against it.',
      content: { [JSON_MEDIA_TYPE]: { schema: preflightSchema, example: EXAMPLE_PREFLIGHT } },
    },
  },
  problems: ['QUERY_PARAMETER_INVALID'],
};

export const LIST_VALIDATORS_OPERATION: OperationDeclaration = {
  id: 'listValidators',
  method: 'GET',
  path: '/v1/validators',
  tag: 'members',
  summary: 'Tell who votes: now, soon, and not',
  responses: {
    200: {
      description: 'The epoch in force, what is scheduled, and the members without a vote.',
      content: { [JSON_MEDIA_TYPE]: { schema: validatorListSchema, example: EXAMPLE_VALIDATORS } },
    },
  },
  problems: ['DATABASE_UNAVAILABLE'],
};
