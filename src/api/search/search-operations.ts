/** What the document says about searching and tracing, and what requests may hold. */
import { z } from 'zod';
import type { TraceDirection } from '../../node/use-cases.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { CURSOR_PARAMETER, integerText, limitParameter } from '../pages/parameters.js';
import { SUBJECT_HISTORY_OPERATION } from '../subjects/subject-operations.js';
import {
  MIN_HEIGHT_PARAMETER,
  ORGANISATION_FILTER,
  textParameter,
  timeParameter,
  wordParameter,
} from './search-parameters.js';
import { recordPageSchema, traceSchema } from './search-schemas.js';

const PAGE_MAX = 200;
const EDGES_MAX = 500;
const DEPTH_MAX = 50;
const DEPTH_BY_DEFAULT = 10;

export interface SearchRecordsQuery {
  readonly subject?: string;
  readonly kind?: string;
  readonly eventType?: string;
  readonly action?: string;
  readonly bizStep?: string;
  readonly disposition?: string;
  readonly readPoint?: string;
  readonly bizLocation?: string;
  readonly eventId?: string;
  readonly transformationId?: string;
  readonly organisation?: string;
  readonly eventTimeFrom?: number;
  readonly eventTimeTo?: number;
  readonly recordedFrom?: number;
  readonly recordedTo?: number;
  readonly order: 'newest' | 'oldest';
  readonly orderBy: 'recorded' | 'eventTime';
  readonly minHeight?: number;
  readonly cursor?: string;
  readonly limit: number;
}

export interface TraceSubjectQuery {
  readonly direction: TraceDirection;
  readonly depth: number;
  readonly limit: number;
  readonly minHeight?: number;
}

const EXAMPLE_ITEM = 'urn:epc:id:sgtin:9521321.012345.1002';
const EXAMPLE_CASE = 'urn:epc:id:sscc:9521321.1000000001';
const EXAMPLE_ID = '5f0c1d9e4a7b2c3d'.repeat(4);
const EXAMPLE_PROOF = {
  height: 12,
  transactionIndex: 0,
  recordIndex: 0,
  transactionId: EXAMPLE_ID,
  timestamp: '2026-03-02T10:00:02.114Z',
  recordDigest: '9f3c5a7d1b2e4f60'.repeat(4),
  organisation: 'acme',
  receipt: `/v1/transactions/${EXAMPLE_ID}/receipt`,
};

export const SEARCH_OPERATION: OperationDeclaration = {
  id: 'searchRecords',
  method: 'GET',
  path: '/v1/records',
  tag: 'subjects',
  summary: 'Search records',
  description:
    'Records of transactions that had their effect and fit every filter. Texts are compared byte for byte; a time span holds its beginning and not its end. With nothing but a subject and the time of recording, what the caller may not read leaves its place; every other filter finds only what the caller may read. A page looks at a bounded number of records, so it may be short, or empty, and still have a next.',
  query: {
    subject: textParameter('Names this subject, in whatever role.', EXAMPLE_ITEM),
    bizStep: textParameter('Business step of the event.', 'shipping'),
    readPoint: textParameter('Read point of the event.', 'urn:epc:id:sgln:9521321.00001.0'),
    bizLocation: textParameter('Business location of the event.', 'urn:epc:id:sgln:9521324.00001.0'),
    disposition: textParameter('Disposition of the event.', 'in_transit'),
    eventType: textParameter('Type of the event.', 'AggregationEvent'),
    action: textParameter('Action of the event.', 'ADD'),
    eventId: textParameter('eventID of the event.', 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e'),
    transformationId: textParameter('transformationID of the event.', 'urn:epc:id:gdti:9521321.00077.MIX-1'),
    kind: textParameter('Kind of the document; "epcis" for an event of an EPCIS document.', 'inspection'),
    organisation: ORGANISATION_FILTER,
    eventTimeFrom: timeParameter('Event time of this moment or later.', '2026-03-02T00:00:00Z'),
    eventTimeTo: timeParameter('Event time before this moment.', '2026-03-03T00:00:00Z'),
    recordedFrom: timeParameter('In a block of this moment or later.', '2026-03-02T00:00:00Z'),
    recordedTo: timeParameter('In a block before this moment.', '2026-03-03T00:00:00Z'),
    orderBy: wordParameter(
      ['recorded', 'eventTime'],
      'What is ordered by: the ledger, or the event time; records without an event time have no place in the latter.',
    ),
    order: wordParameter(['newest', 'oldest'], 'What comes first.'),
    minHeight: MIN_HEIGHT_PARAMETER,
    cursor: CURSOR_PARAMETER,
    limit: limitParameter(PAGE_MAX, 50),
  },
  responses: {
    200: {
      description: 'A page.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: recordPageSchema,
          example: {
            asOfHeight: 12,
            items: [{ ...EXAMPLE_PROOF, record: { type: 'ObjectEvent', epcList: [EXAMPLE_ITEM] } }],
          },
        },
      },
    },
  },
  problems: [
    'QUERY_PARAMETER_INVALID',
    'TIME_INVALID',
    'MEMBER_NAME_INVALID',
    'HEIGHT_INVALID',
    'CURSOR_INVALID',
    'LIMIT_INVALID',
    'INDEX_BEHIND',
    'DATABASE_UNAVAILABLE',
  ],
};

export const TRACE_OPERATION: OperationDeclaration = {
  id: 'traceSubject',
  method: 'GET',
  path: '/v1/subjects/{subject}/trace',
  tag: 'subjects',
  summary: 'Trace where a subject came from, or where it went',
  description:
    'Follows aggregations, associations and transformations from record to record, EPCs and classes alike, with the record that proves each step. What else lay in a container of the subject is not followed. Bounded by depth and edges: nodes that are open can be traced on.',
  ...(SUBJECT_HISTORY_OPERATION.parameters === undefined
    ? {}
    : { parameters: SUBJECT_HISTORY_OPERATION.parameters }),
  query: {
    direction: {
      schema: z.enum(['back', 'forward'], { error: 'must be back or forward' }),
      description:
        'back: what it was made of and came out of; forward: what became of it, and where it went.',
      example: 'back',
      problem: 'TRACE_DIRECTION_INVALID',
    },
    depth: {
      schema: integerText(1, DEPTH_MAX)
        .prefault(String(DEPTH_BY_DEFAULT))
        .meta({ type: 'integer', minimum: 1, maximum: DEPTH_MAX, default: DEPTH_BY_DEFAULT }),
      description: 'Most steps from the subject.',
      example: DEPTH_BY_DEFAULT,
      problem: 'TRACE_DEPTH_INVALID',
    },
    limit: {
      ...limitParameter(EDGES_MAX, EDGES_MAX),
      description: 'Most edges, withheld ones included.',
    },
    minHeight: MIN_HEIGHT_PARAMETER,
  },
  responses: {
    200: {
      description: 'The trace; the subject alone when no record links it.',
      content: {
        [JSON_MEDIA_TYPE]: {
          schema: traceSchema,
          example: {
            subject: EXAMPLE_ITEM,
            direction: 'forward',
            asOfHeight: 12,
            nodes: [
              { subject: EXAMPLE_ITEM, depth: 0 },
              { subject: EXAMPLE_CASE, depth: 1 },
            ],
            edges: [{ kind: 'aggregation', from: EXAMPLE_ITEM, to: EXAMPLE_CASE, events: [0] }],
            events: [
              {
                ...EXAMPLE_PROOF,
                eventType: 'AggregationEvent',
                action: 'ADD',
                bizStep: 'packing',
                eventTime: '2026-03-02T10:00:00.000Z',
              },
            ],
            withheld: [],
          },
        },
      },
    },
  },
  problems: [
    'SUBJECT_ID_INVALID',
    'TRACE_DIRECTION_INVALID',
    'TRACE_DEPTH_INVALID',
    'LIMIT_INVALID',
    'HEIGHT_INVALID',
    'INDEX_BEHIND',
    'DATABASE_UNAVAILABLE',
  ],
};
