/** What the document says about status and health. */
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { EXAMPLE_STATUS, healthCheckSchema, nodeStatusSchema } from './status-schemas.js';

const CHECK_RESPONSE = {
  description: 'Yes.',
  content: {
    [JSON_MEDIA_TYPE]: { schema: healthCheckSchema, example: { status: 'ok', health: { state: 'ready' } } },
  },
};

export const STATUS_OPERATION: OperationDeclaration = {
  id: 'getStatus',
  method: 'GET',
  path: '/v1/status',
  tag: 'node',
  summary: 'See where the node stands and why',
  description:
    'Height, view, phase and primary; of each validator the last vote, the height, reachability and clock; the quorum needed ' +
    'and present; the heights in flight with the votes seen; and in one sentence why there is progress or none.',
  responses: {
    200: {
      description: 'As this node sees it now.',
      content: { [JSON_MEDIA_TYPE]: { schema: nodeStatusSchema, example: EXAMPLE_STATUS } },
    },
  },
  problems: [],
};

export const LIVE_OPERATION: OperationDeclaration = {
  id: 'checkLive',
  method: 'GET',
  path: '/health/live',
  tag: 'node',
  summary: 'Check that the process works',
  description: 'Fails only when the node has halted; a supervisor may then stop it.',
  responses: { 200: CHECK_RESPONSE },
  problems: ['NODE_HALTED'],
};

export const READY_OPERATION: OperationDeclaration = {
  id: 'checkReady',
  method: 'GET',
  path: '/health/ready',
  tag: 'node',
  summary: 'Check that the node takes transactions',
  description:
    'Recovered, database up, journal writable, quorum reachable, not shutting down; the problem says what is missing.',
  responses: { 200: CHECK_RESPONSE },
  problems: [
    'NODE_STARTING',
    'NODE_DRAINING',
    'QUORUM_UNREACHABLE',
    'NODE_QUARANTINED',
    'NODE_HALTED',
    'DATABASE_UNAVAILABLE',
    'JOURNAL_FULL',
    'SIGNER_UNAVAILABLE',
  ],
};
