/** What searches and traces answer. */
import { z } from 'zod';
import { digestSchema, heightSchema, nextCursorSchema, timestampSchema } from '../pages/value-schemas.js';

const placeFields = {
  height: heightSchema,
  transactionIndex: z.int().min(0),
  recordIndex: z.int().min(0).meta({ description: 'Position in the transaction' }),
};

const proofFields = {
  ...placeFields,
  transactionId: digestSchema,
  timestamp: timestampSchema.meta({ description: 'Time of the block' }),
  recordDigest: digestSchema.meta({ description: 'Digest over the exact bytes of the record' }),
  organisation: z.string().meta({ description: 'Of the identity that recorded it' }),
  receipt: z.string().meta({ description: 'Path of the receipt that proves the transaction' }),
};

const withheldSchema = z.object({ ...placeFields, withheld: z.literal(true) }).meta({
  id: 'WithheldRecord',
  description: 'The place of a record whose organisation does not let the caller read it.',
});

const foundSchema = z
  .object({
    ...proofFields,
    record: z
      .unknown()
      .meta({ description: 'The record; its text stands in the answer byte for byte as it was recorded' }),
  })
  .meta({ id: 'FoundRecord', description: 'A record that fits.' });

export type FoundRecordBody = z.output<typeof foundSchema>;

export const recordPageSchema = z
  .object({
    asOfHeight: heightSchema.meta({ description: 'Everything up to here was searched' }),
    nextCursor: nextCursorSchema,
    items: z.array(z.union([foundSchema, withheldSchema])),
  })
  .meta({
    id: 'RecordPage',
    description: 'A page of records; it may be short, or empty, and still have a next.',
  });

const nodeSchema = z.object({
  subject: z.string(),
  depth: z.int().min(0).meta({ description: 'Steps from the subject that was asked for' }),
  open: z.literal(true).optional().meta({ description: 'Not followed to its end: the trace may go on here' }),
});

const edgeSchema = z.object({
  kind: z.enum(['aggregation', 'disaggregation', 'association', 'dissociation', 'transformation']),
  from: z.string().meta({ description: 'Subject' }),
  to: z.string().meta({ description: 'Subject, later than from, whatever direction was asked for' }),
  events: z.array(z.int().min(0)).min(1).max(2).meta({
    description: 'Positions in events of what proves it; two of a transformation that was recorded in parts',
  }),
});

const eventSchema = z.object({
  ...proofFields,
  eventType: z.string().optional(),
  action: z.string().optional(),
  bizStep: z.string().optional(),
  eventTime: z.string().optional().meta({ description: 'As the event says it' }),
});

const withheldLinkSchema = z.object({ ...placeFields, subject: z.string(), withheld: z.literal(true) });

export const traceSchema = z
  .object({
    subject: z.string(),
    direction: z.enum(['back', 'forward']),
    asOfHeight: heightSchema,
    truncated: z
      .enum(['depth', 'limit', 'bytes'])
      .optional()
      .meta({ description: 'Which bound was reached first; absent when the trace is whole' }),
    nodes: z.array(nodeSchema),
    edges: z.array(edgeSchema),
    events: z.array(eventSchema),
    withheld: z.array(withheldLinkSchema).meta({
      description:
        'Records that link a subject, and that the caller may not read; the trace does not go on there',
    }),
  })
  .meta({
    id: 'Trace',
    description: 'Where a subject came from, or where it went, as far as records say it.',
  });

export type TraceBody = z.output<typeof traceSchema>;
