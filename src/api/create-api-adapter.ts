/** The HTTP server under Nest, with every bound that the operator can set; use it with `bodyParser: false`. */
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerBrokenConnection } from './http/broken-connection.js';
import { exceptionToProblem } from './problems/exception-to-problem.js';
import { createProblemBody, PROBLEM_MEDIA_TYPE } from './problems/problem-body.js';
import { ProblemException } from './problems/problem-exception.js';
import { traceIdOf } from './http/trace-id.js';

export interface ApiServerSettings {
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  readonly requestTimeoutMs: number;
}

/** Percent-encoding triples what an identifier of 4,096 bytes needs. */
const PATH_PARAMETER_LENGTH_MAX = 12_288;
/** No hook runs for these answers. */
const FRAMEWORK_ERROR_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const KEEP_ALIVE_MS = 65_000;

/** What the router refuses before any hook runs: a malformed or too long path. */
function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const problem = exceptionToProblem(
    error,
    () => new ProblemException('RESOURCE_NOT_FOUND', 'nothing is there'),
  );
  const body = createProblemBody(problem, traceIdOf(request.headers.traceparent));
  void reply
    .status(problem.status)
    .headers(FRAMEWORK_ERROR_HEADERS)
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(body));
}

export function createApiAdapter(settings: ApiServerSettings): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    bodyLimit: settings.bodyBytesMax,
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // ApiDrain answers with a problem while connections come to their end.
    return503OnClosing: false,
    http: { maxHeaderSize: settings.headerBytesMax },
    routerOptions: { maxParamLength: PATH_PARAMETER_LENGTH_MAX, ignoreTrailingSlash: false },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerBrokenConnection,
    multipart: false,
    skipMiddie: true,
  });
}
