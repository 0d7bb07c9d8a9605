/** What /v1/status and the health checks answer. */
import { z } from 'zod';
import { heightSchema, timestampSchema } from '../pages/value-schemas.js';

const namesSchema = z.array(z.string());
const phaseSchema = z.enum(['active', 'changing']);
const standingSchema = z.enum(['voting', 'waking', 'observing', 'quarantined', 'halted']).meta({
  id: 'Standing',
  description:
    'Whether a node votes. waking: it waits for the echo of its own last words, or for its database to come back to where it was.',
});

const lastVoteSchema = z.object({
  kind: z.enum(['prepare', 'commit']),
  view: z.int().min(0),
  height: heightSchema,
  ageMs: z.number().min(0),
});

const validatorSchema = z
  .object({
    organisation: z.string(),
    self: z.boolean().meta({ description: 'The validator of the node that answers' }),
    reachable: z.boolean(),
    voting: z
      .boolean()
      .meta({ description: 'Counts towards the quorum: reachable, and not known to be voteless' }),
    reachableSince: timestampSchema.optional(),
    unreachableSince: timestampSchema
      .optional()
      .meta({ description: 'When the connection was lost, or the start of this node if there was none' }),
    silentSince: timestampSchema
      .optional()
      .meta({ description: 'Reachable, and without a sign of life for too long' }),
    standing: standingSchema.optional(),
    view: z.int().min(0).optional(),
    phase: phaseSchema.optional(),
    height: heightSchema.optional().meta({ description: 'Executed height that it told last' }),
    lastVote: lastVoteSchema.optional().meta({ description: 'Its newest vote since this node started' }),
    lastVoteHeight: heightSchema.optional().meta({ description: 'That of its newest vote' }),
    clockOffsetMs: z.number().optional().meta({ description: 'Its clock minus the clock of this node' }),
  })
  .meta({
    id: 'ValidatorStatus',
    description: 'What this node knows of a validator; what it has not heard since its start is absent.',
  });

const inFlightSchema = z
  .object({
    height: heightSchema,
    stage: z
      .enum(['awaited', 'proposed', 'accepted', 'prepared', 'committed'])
      .meta({ description: 'awaited: others have voted for it, and its proposal has not come' }),
    prepares: namesSchema.meta({ description: 'Whose PREPAREs are held; none once it is committed' }),
    commits: namesSchema.meta({ description: 'Whose COMMITs are held; none once it is committed' }),
  })
  .meta({
    id: 'InFlightHeight',
    description: 'A height above the executed one of which something is known.',
  });

const viewChangeSchema = z
  .object({
    since: timestampSchema.optional().meta({ description: 'Only while the view is being changed to' }),
    held: namesSchema.meta({ description: 'Whose view changes for this view are held' }),
    suspectedBy: namesSchema.meta({ description: 'Who wants another primary than that of this view' }),
  })
  .meta({ id: 'ViewChange', description: 'How far the change to this view, or away from it, has come.' });

const catchUpSchema = z
  .object({
    at: heightSchema,
    target: heightSchema,
    blocksPerSecond: z.number().min(0).optional(),
    from: z.string().optional(),
  })
  .meta({ id: 'CatchUp', description: 'Blocks that are being fetched, and from whom.' });

const findingSchema = z
  .object({
    table: z.string(),
    row: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .meta({ description: 'Columns that name the row, or what is known of it' }),
    heights: z.array(heightSchema),
    problem: z.string(),
    expected: z.string(),
    found: z.string(),
  })
  .meta({ id: 'ScrubFinding', description: 'A row of the database that the ledger did not write.' });

const scrubSchema = z
  .object({
    height: heightSchema.meta({ description: 'Audited in the present pass' }),
    passes: z.int().min(0).meta({ description: 'Whole audits since the node started' }),
    lastPass: timestampSchema.optional().meta({ description: 'End of the last whole audit' }),
    findingCount: z.int().min(0).meta({ description: 'In the last whole audit and since' }),
    findings: z.array(findingSchema).meta({ description: 'The first of them' }),
  })
  .meta({
    id: 'Scrub',
    description: 'How far the node has audited its own database, and what it has found.',
  });

const healthSchema = z
  .object({
    state: z.enum(['starting', 'ready', 'degraded', 'quarantined', 'halted']),
    reason: z.string().optional(),
  })
  .meta({ id: 'NodeHealth', description: 'How the node is doing.' });

export const nodeStatusSchema = z
  .object({
    role: z.enum(['validator', 'member', 'observer']).meta({
      description:
        'A member has no vote in this epoch; an observer follows and verifies without a ledger key',
    }),
    organisation: z.string(),
    standing: standingSchema,
    cause: z.string().meta({ description: 'One sentence: why there is progress, or why there is none' }),
    height: heightSchema,
    certifiedHeight: heightSchema,
    epoch: z.int().min(0),
    view: z.int().min(0),
    phase: phaseSchema,
    primary: z.string(),
    quorum: z.object({
      needed: z.int(),
      reachable: z.int(),
      present: z.int().meta({ description: 'Reachable and voting' }),
      validators: z.int(),
    }),
    validators: z.array(validatorSchema),
    inFlight: z.array(inFlightSchema),
    viewChange: viewChangeSchema,
    catchUp: catchUpSchema.nullable().meta({ description: 'Null while nothing is being fetched' }),
    mempool: z.object({ transactions: z.int().min(0), bytes: z.int().min(0) }),
    scrub: scrubSchema.nullable().meta({ description: 'Null when it is turned off' }),
    index: z
      .object({
        height: heightSchema,
        problem: z.string().optional().meta({ description: 'Why it does not go on; absent while it does' }),
      })
      .meta({ description: 'The search index, which follows behind the height' }),
    health: healthSchema,
  })
  .meta({ id: 'NodeStatus', description: 'Where the node stands and, in words, why.' });

export type NodeStatusBody = z.output<typeof nodeStatusSchema>;

export const healthCheckSchema = z
  .object({ status: z.literal('ok'), health: healthSchema })
  .meta({ id: 'HealthCheck', description: 'The check passed.' });

export type HealthCheckBody = z.output<typeof healthCheckSchema>;

export const EXAMPLE_STATUS: NodeStatusBody = {
  role: 'validator',
  organisation: 'acme',
  standing: 'voting',
  cause:
    'no progress: 2 of 4 validators reachable, 3 needed: globex and initech do not answer since 2026-03-02T09:14:05Z',
  height: 12,
  certifiedHeight: 12,
  epoch: 0,
  view: 0,
  phase: 'active',
  primary: 'acme',
  quorum: { needed: 3, reachable: 2, present: 2, validators: 4 },
  validators: [
    {
      organisation: 'acme',
      self: true,
      reachable: true,
      voting: true,
      reachableSince: '2026-03-02T08:00:00.512Z',
      standing: 'voting',
      view: 0,
      phase: 'active',
      height: 12,
      lastVote: { kind: 'prepare', view: 0, height: 13, ageMs: 4_210 },
      lastVoteHeight: 13,
      clockOffsetMs: 0,
    },
    {
      organisation: 'globex',
      self: false,
      reachable: false,
      voting: false,
      unreachableSince: '2026-03-02T09:14:05.120Z',
      standing: 'voting',
      view: 0,
      phase: 'active',
      height: 12,
      lastVote: { kind: 'commit', view: 0, height: 12, ageMs: 9_872 },
      lastVoteHeight: 12,
      clockOffsetMs: -3,
    },
  ],
  inFlight: [{ height: 13, stage: 'accepted', prepares: ['acme', 'umbrella'], commits: [] }],
  viewChange: { held: [], suspectedBy: [] },
  catchUp: null,
  mempool: { transactions: 1, bytes: 312 },
  scrub: { height: 8, passes: 4, lastPass: '2026-03-02T09:10:00.004Z', findingCount: 0, findings: [] },
  index: { height: 12 },
  health: {
    state: 'degraded',
    reason:
      '2 of 4 validators reachable, 3 needed: globex and initech do not answer since 2026-03-02T09:14:05Z',
  },
};
