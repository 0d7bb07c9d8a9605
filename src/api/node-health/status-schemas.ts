/** What /v1/status and the health checks answer. */
import { z } from 'zod';
import { heightSchema } from '../pages/value-schemas.js';

const validatorSchema = z
  .object({
    organisation: z.string(),
    self: z.boolean(),
    reachable: z.boolean(),
    height: heightSchema.optional().meta({ description: 'Executed height that it told last' }),
    lastVoteHeight: heightSchema.optional(),
    clockOffsetMs: z.number().optional().meta({ description: 'Its clock minus the clock of this node' }),
  })
  .meta({ id: 'ValidatorStatus', description: 'What this node knows of a validator.' });

const healthSchema = z
  .object({
    state: z.enum(['starting', 'ready', 'degraded', 'quarantined', 'halted']),
    reason: z.string().optional(),
  })
  .meta({ id: 'NodeHealth', description: 'How the node is doing.' });

export const nodeStatusSchema = z
  .object({
    organisation: z.string(),
    cause: z.string().meta({ description: 'One sentence: why there is progress, or why there is none' }),
    height: heightSchema,
    certifiedHeight: heightSchema,
    epoch: z.int().min(0),
    view: z.int().min(0),
    phase: z.enum(['active', 'changing']),
    primary: z.string(),
    quorum: z.object({ needed: z.int(), reachable: z.int(), validators: z.int() }),
    validators: z.array(validatorSchema),
    inFlightHeights: z.array(heightSchema),
    mempool: z.object({ transactions: z.int().min(0), bytes: z.int().min(0) }),
    health: healthSchema,
  })
  .meta({ id: 'NodeStatus', description: 'Where the node stands and, in words, why.' });

export type NodeStatusBody = z.output<typeof nodeStatusSchema>;

export const healthCheckSchema = z
  .object({ status: z.literal('ok'), health: healthSchema })
  .meta({ id: 'HealthCheck', description: 'The check passed.' });

export type HealthCheckBody = z.output<typeof healthCheckSchema>;

export const EXAMPLE_STATUS: NodeStatusBody = {
  organisation: 'acme',
  cause: 'Idle: every transaction is committed.',
  height: 12,
  certifiedHeight: 12,
  epoch: 0,
  view: 0,
  phase: 'active',
  primary: 'acme',
  quorum: { needed: 3, reachable: 4, validators: 4 },
  validators: [
    { organisation: 'acme', self: true, reachable: true, height: 12, lastVoteHeight: 12, clockOffsetMs: 0 },
    {
      organisation: 'globex',
      self: false,
      reachable: true,
      height: 12,
      lastVoteHeight: 12,
      clockOffsetMs: -3,
    },
  ],
  inFlightHeights: [],
  mempool: { transactions: 0, bytes: 0 },
  health: { state: 'ready' },
};
