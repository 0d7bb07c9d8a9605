/** What the document says about blocks, and what requests may hold. */
import { z } from 'zod';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import {
  AT_HEIGHT_PARAMETER,
  CURSOR_PARAMETER,
  HEIGHT_PARAMETER,
  limitParameter,
} from '../pages/parameters.js';
import { blockPageSchema, blockSchema, EXAMPLE_BLOCK } from './block-schemas.js';

const PAGE_MAX = 200;

export interface ListBlocksQuery {
  readonly cursor?: string;
  readonly limit: number;
  readonly order: 'ascending' | 'descending';
  readonly atHeight?: Height;
}

export const LIST_BLOCKS_OPERATION: OperationDeclaration = {
  id: 'listBlocks',
  method: 'GET',
  path: '/v1/blocks',
  tag: 'blocks',
  summary: 'List blocks',
  query: {
    cursor: CURSOR_PARAMETER,
    limit: limitParameter(PAGE_MAX, 50),
    order: {
      schema: z
        .enum(['ascending', 'descending'], { error: 'must be ascending or descending' })
        .prefault('ascending')
        .meta({ default: 'ascending' }),
      description: 'By height.',
      example: 'descending',
    },
    atHeight: AT_HEIGHT_PARAMETER,
  },
  responses: {
    200: {
      description: 'A page.',
      content: {
        [JSON_MEDIA_TYPE]: { schema: blockPageSchema, example: { items: [EXAMPLE_BLOCK], asOfHeight: 12 } },
      },
    },
  },
  problems: [
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'HEIGHT_INVALID',
    'HEIGHT_NOT_REACHED',
    'DATABASE_UNAVAILABLE',
  ],
};

export const GET_BLOCK_OPERATION: OperationDeclaration = {
  id: 'getBlock',
  method: 'GET',
  path: '/v1/blocks/{height}',
  tag: 'blocks',
  summary: 'Read a block',
  description:
    'Its transactions are at /v1/transactions?height=. May be kept for ever once it is countersigned.',
  parameters: { height: HEIGHT_PARAMETER },
  responses: {
    200: {
      description: 'The block.',
      headers: { ETag: 'Strong' },
      content: { [JSON_MEDIA_TYPE]: { schema: blockSchema, example: EXAMPLE_BLOCK } },
    },
  },
  problems: ['HEIGHT_INVALID', 'BLOCK_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};
