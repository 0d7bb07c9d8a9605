/** What the document says about organisations and identities, and what requests may hold. */
import { z } from 'zod';
import { isIdentityName } from '../../protocol/ledger/identity.js';
import { isOrganisationName } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration, ParameterDeclaration } from '../openapi/operation.js';
import { CURSOR_PARAMETER, limitParameter } from '../pages/parameters.js';
import {
  EXAMPLE_IDENTITY,
  EXAMPLE_IDENTITY_HISTORY,
  EXAMPLE_ORGANISATION_HISTORY,
  EXAMPLE_ORGANISATIONS,
  identityHistorySchema,
  identityPageSchema,
  identitySchema,
  organisationHistorySchema,
  organisationListSchema,
} from './member-schemas.js';

const PAGE_MAX = 200;
const NAME_ERROR = 'must match [a-z][a-z0-9-]{0,62}';

const organisationText = z.string().refine(isOrganisationName, { error: NAME_ERROR });

const ORGANISATION_PARAMETER: ParameterDeclaration = {
  schema: organisationText,
  description: 'Name of the organisation.',
  example: 'acme',
  problem: 'MEMBER_NAME_INVALID',
};

const IDENTITY_PARAMETERS = {
  organisation: ORGANISATION_PARAMETER,
  name: {
    schema: z.string().refine(isIdentityName, { error: NAME_ERROR }),
    description: 'Name of the identity within its organisation.',
    example: 'scanner-1',
    problem: 'MEMBER_NAME_INVALID',
  },
} as const;

export interface IdentityPath {
  readonly organisation: string;
  readonly name: string;
}

export interface ListIdentitiesQuery {
  readonly organisation?: string;
  readonly cursor?: string;
  readonly limit: number;
}

export interface IdentityHistoryQuery {
  readonly cursor?: string;
  readonly limit: number;
}

export const LIST_ORGANISATIONS_OPERATION: OperationDeclaration = {
  id: 'listOrganisations',
  method: 'GET',
  path: '/v1/organisations',
  tag: 'members',
  summary: 'List the organisations',
  responses: {
    200: {
      description: 'All of them, removed ones included; at most 1,000.',
      content: { [JSON_MEDIA_TYPE]: { schema: organisationListSchema, example: EXAMPLE_ORGANISATIONS } },
    },
  },
  problems: ['DATABASE_UNAVAILABLE'],
};

export const ORGANISATION_HISTORY_OPERATION: OperationDeclaration = {
  id: 'getOrganisationHistory',
  method: 'GET',
  path: '/v1/organisations/{organisation}/history',
  tag: 'members',
  summary: 'Read what was done about an organisation',
  description:
    'Every command about the organisation as a whole, in the order of the ledger, with the admin that signed it: who reads its records, where its node is reached, and what the members have decided about it.',
  parameters: { organisation: ORGANISATION_PARAMETER },
  query: { cursor: CURSOR_PARAMETER, limit: limitParameter(PAGE_MAX, 50) },
  responses: {
    200: {
      description: 'A page; empty for an organisation that is as genesis founded it.',
      content: {
        [JSON_MEDIA_TYPE]: { schema: organisationHistorySchema, example: EXAMPLE_ORGANISATION_HISTORY },
      },
    },
  },
  problems: [
    'MEMBER_NAME_INVALID',
    'ORGANISATION_NOT_FOUND',
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'DATABASE_UNAVAILABLE',
  ],
};

export const LIST_IDENTITIES_OPERATION: OperationDeclaration = {
  id: 'listIdentities',
  method: 'GET',
  path: '/v1/identities',
  tag: 'members',
  summary: 'List the identities',
  query: {
    organisation: { ...ORGANISATION_PARAMETER, schema: organisationText.optional() },
    cursor: CURSOR_PARAMETER,
    limit: limitParameter(PAGE_MAX, 50),
  },
  responses: {
    200: {
      description: 'A page; shorter names come first.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: identityPageSchema,
          example: { asOfHeight: 12, items: [EXAMPLE_IDENTITY] },
        },
      },
    },
  },
  problems: ['MEMBER_NAME_INVALID', 'CURSOR_INVALID', 'LIMIT_INVALID', 'DATABASE_UNAVAILABLE'],
};

export const GET_IDENTITY_OPERATION: OperationDeclaration = {
  id: 'getIdentity',
  method: 'GET',
  path: '/v1/identities/{organisation}/{name}',
  tag: 'members',
  summary: 'Read an identity',
  parameters: IDENTITY_PARAMETERS,
  responses: {
    200: {
      description: 'The identity as the newest block has it.',
      content: { [JSON_MEDIA_TYPE]: { schema: identitySchema, example: EXAMPLE_IDENTITY } },
    },
  },
  problems: ['MEMBER_NAME_INVALID', 'IDENTITY_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const IDENTITY_HISTORY_OPERATION: OperationDeclaration = {
  id: 'getIdentityHistory',
  method: 'GET',
  path: '/v1/identities/{organisation}/{name}/history',
  tag: 'members',
  summary: 'Read what was done about an identity',
  description:
    'Every command that registered or changed it, in the order of the ledger, with the admin that signed it. The history is part of the state, so its completeness can be proven like that of a subject.',
  parameters: IDENTITY_PARAMETERS,
  query: { cursor: CURSOR_PARAMETER, limit: limitParameter(PAGE_MAX, 50) },
  responses: {
    200: {
      description: 'A page; empty for an identity that is as genesis founded it.',
      content: { [JSON_MEDIA_TYPE]: { schema: identityHistorySchema, example: EXAMPLE_IDENTITY_HISTORY } },
    },
  },
  problems: [
    'MEMBER_NAME_INVALID',
    'IDENTITY_NOT_FOUND',
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'DATABASE_UNAVAILABLE',
  ],
};
