/**
 * How often one identity may call, and whoever has none from one address: RateLimit headers tell what is left, 429 that it is
 * nothing. What is refused for want of a role counts too.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemException } from '../problems/problem-exception.js';
import { callerOf } from './caller.js';

export interface RateLimitSettings {
  readonly requestsMax: number;
  readonly windowMs: number;
}

/** Callers that are counted at a time; the one that was quiet the longest is forgotten first. */
const CALLERS_MAX = 20_000;

/** Sets the RateLimit headers. Throws ProblemException RATE_LIMITED. */
export type RateLimiter = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export async function createRateLimiter(
  instance: FastifyInstance,
  settings: RateLimitSettings,
): Promise<RateLimiter> {
  await instance.register(rateLimit, {
    // The guard asks, as soon as it knows who calls.
    global: false,
    max: settings.requestsMax,
    timeWindow: settings.windowMs,
    cache: CALLERS_MAX,
    enableDraftSpec: true,
    keyGenerator: (request) => callerOf(request)?.identity ?? `address ${request.ip}`,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new ProblemException(
        'RATE_LIMITED',
        `${max} requests in ${settings.windowMs} ms are permitted; the next one in ${ttl} ms`,
        [],
        { 'retry-after': String(Math.ceil(ttl / 1_000)) },
      ),
  });
  const limit = instance.rateLimit();
  return async (request, reply) => {
    await limit.call(instance, request, reply);
  };
}
