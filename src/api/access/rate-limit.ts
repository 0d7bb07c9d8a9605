/**
 * How often one identity may call, and whoever has none from one address: RateLimit headers tell what is left, 429 that it is
 * nothing. Transactions are bounded by the mempool, which knows their organisations, and health must always answer.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemException } from '../problems/problem-exception.js';
import { operationOf } from './access-guard.js';
import { accessOf } from './access-table.js';
import { callerOf } from './caller.js';

export interface RateLimitSettings {
  readonly requestsMax: number;
  readonly windowMs: number;
}

/** Callers that are counted at a time; the one that was quiet the longest is forgotten first. */
const CALLERS_MAX = 20_000;

function isUnlimited(request: FastifyRequest): boolean {
  const operation = operationOf(request);
  if (operation === undefined) return false;
  return accessOf(operation.id).kind === 'signedTransactions' || operation.path.startsWith('/health/');
}

/** Must be called after the guard and before the routes are registered. */
export async function registerRateLimit(
  instance: FastifyInstance,
  settings: RateLimitSettings,
): Promise<void> {
  await instance.register(rateLimit, {
    global: true,
    max: settings.requestsMax,
    timeWindow: settings.windowMs,
    cache: CALLERS_MAX,
    // After the guard, which says who calls.
    hook: 'preParsing',
    enableDraftSpec: true,
    keyGenerator: (request) => callerOf(request)?.identity ?? `address ${request.ip}`,
    allowList: isUnlimited,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new ProblemException(
        'RATE_LIMITED',
        `${max} requests in ${settings.windowMs} ms are permitted; the next one in ${ttl} ms`,
        [],
        { 'retry-after': String(Math.ceil(ttl / 1_000)) },
      ),
  });
}
