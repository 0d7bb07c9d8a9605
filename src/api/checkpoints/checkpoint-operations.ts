/** What the document says about checkpoints and genesis. */
import { z } from 'zod';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration, ResponseDeclaration } from '../openapi/operation.js';
import { HEIGHT_PARAMETER } from '../pages/parameters.js';

const EXAMPLE_NOTE = [
  'countersign/supply/9f3c5a7d1b2e4f60',
  '13',
  'nND/nLcvkkO3ZXc4dxTUVUqKvfg6+RRyzJcUkQyvRvw=',
  '',
  '— acme EjRWeGFjbWU=',
  '',
].join('\n');

const NOTE_RESPONSE: ResponseDeclaration = {
  description: 'C2SP signed note: origin, tree size, root, and a line of each countersigning organisation.',
  headers: { ETag: 'Strong' },
  content: { 'text/plain': { schema: z.string(), example: EXAMPLE_NOTE } },
};

const genesisSchema = z.looseObject({}).meta({
  id: 'Genesis',
  description: 'Founding organisations, keys and parameters; RFC 8785 canonical JSON.',
});

export const LATEST_CHECKPOINT_OPERATION: OperationDeclaration = {
  id: 'getLatestCheckpoint',
  method: 'GET',
  path: '/v1/checkpoint',
  tag: 'checkpoints',
  summary: 'Read the latest countersigned checkpoint',
  responses: { 200: NOTE_RESPONSE },
  problems: ['CHECKPOINT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const CHECKPOINT_AT_OPERATION: OperationDeclaration = {
  id: 'getCheckpoint',
  method: 'GET',
  path: '/v1/checkpoints/{height}',
  tag: 'checkpoints',
  summary: 'Read the countersigned checkpoint of a height',
  description: 'The log then has height + 1 results, genesis being the first.',
  parameters: { height: HEIGHT_PARAMETER },
  responses: { 200: NOTE_RESPONSE },
  problems: ['HEIGHT_INVALID', 'CHECKPOINT_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
};

export const GENESIS_OPERATION: OperationDeclaration = {
  id: 'getGenesis',
  method: 'GET',
  path: '/v1/genesis',
  tag: 'checkpoints',
  summary: 'Download the genesis document',
  description:
    'SHA-256 of these bytes is the chain id. Whoever verifies receipts should have it from another source.',
  responses: {
    200: {
      description: 'The document, byte for byte.',
      headers: { ETag: 'Strong' },
      content: {
        [JSON_MEDIA_TYPE]: { schema: genesisSchema, example: { format: 'countersign-genesis/v1' } },
      },
    },
  },
  problems: [],
};
