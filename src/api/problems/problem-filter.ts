/** The last stop of every failure: writes it as application/problem+json, and logs those that are the node's own. */
import { Catch, Inject } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { AllowedMethods } from '../http/allowed-methods.js';
import { exceptionToProblem } from './exception-to-problem.js';
import { createProblemBody, PROBLEM_MEDIA_TYPE } from './problem-body.js';
import { ProblemException } from './problem-exception.js';
import { problemOf } from './problem-registry.js';
import { traceIdOf } from '../http/trace-id.js';

/** 404, or 405 when another method would have found the resource. */
function unmatchedRoute(request: FastifyRequest, allowed: AllowedMethods): ProblemException {
  const methods = allowed.of(request.url);
  const path = request.url.split('?', 1)[0] ?? '';
  if (methods.length === 0 || methods.includes(request.method)) {
    return new ProblemException('RESOURCE_NOT_FOUND', `nothing is at ${path.slice(0, 200)}`);
  }
  const allow = methods.join(', ');
  return new ProblemException('METHOD_NOT_ALLOWED', `${request.method} is not one of ${allow}`, [], {
    allow,
  });
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    private readonly allowed: AllowedMethods,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): FastifyReply {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    return this.send(exception, request, reply);
  }

  send(exception: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const problem = exceptionToProblem(exception, () => unmatchedRoute(request, this.allowed));
    const traceId = traceIdOf(request.headers.traceparent);
    if (problem.status >= 500 && problem.cause !== undefined) {
      const fields = {
        traceId,
        code: problem.code,
        method: request.method,
        url: request.url,
        err: problem.cause,
      };
      this.ports.log('error', 'a request failed', fields);
    }
    if (reply.sent) return reply;
    const { retryAfterSeconds } = problemOf(problem.code);
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
    return reply
      .status(problem.status)
      .headers(problem.headers)
      .header('cache-control', 'no-store')
      .type(PROBLEM_MEDIA_TYPE)
      .send(JSON.stringify(createProblemBody(problem, traceId)));
  }
}
