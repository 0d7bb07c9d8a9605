/** Whatever was thrown on the way to an answer, as a problem: ours, those of Fastify and Nest, and everything else as a 500. */
import { HttpException, NotFoundException } from '@nestjs/common';
import { LedgerError } from '../../protocol/primitives/ledger-error.js';
import type { ProblemCode } from './problem-registry.js';
import { findProblem } from './problem-registry.js';
import { ProblemException } from './problem-exception.js';

/** Fastify's own refusals, which carry a code. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_BAD_URL: ['PERCENT_ENCODING_INVALID', 'the path is not valid percent-encoded UTF-8'],
  FST_ERR_MAX_PARAM_LENGTH: ['URL_TOO_LONG', 'an identifier in the path is too long'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'the Content-Type of the body is not supported'],
  FST_ERR_CTP_INVALID_CONTENT_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'the Content-Type header is not a media type'],
  FST_ERR_CTP_EMPTY_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'the body has no Content-Type'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is longer than the limit of this resource'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'REQUEST_MALFORMED',
    'Content-Length differs from the length of the body',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BODY_MISSING', 'the body is empty'],
};

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function internal(cause: unknown): ProblemException {
  return new ProblemException(
    'INTERNAL_ERROR',
    'an unexpected fault; the log has the cause',
    [],
    {},
    { cause },
  );
}

function fastifyToProblem(error: unknown): ProblemException | undefined {
  const known = FASTIFY_CODES[codeOf(error) ?? ''];
  return known === undefined ? undefined : new ProblemException(known[0], known[1], [], {}, { cause: error });
}

/** A surroundings failure shows its title only: its message may name hosts and paths, and is in the log. */
function ledgerErrorToProblem(error: LedgerError): ProblemException {
  const problem = findProblem(error.code);
  if (problem === undefined) return internal(error);
  return new ProblemException(problem.code, problem.title, [], {}, { cause: error });
}

/** `onUnmatchedRoute` decides between 404 and 405. */
export function exceptionToProblem(
  exception: unknown,
  onUnmatchedRoute: () => ProblemException,
): ProblemException {
  if (exception instanceof ProblemException) return exception;
  if (exception instanceof LedgerError) return ledgerErrorToProblem(exception);
  if (exception instanceof NotFoundException) return onUnmatchedRoute();
  // The files of the documentation page: what may not be read is not there.
  if (exception instanceof HttpException && exception.getStatus() === 403) return onUnmatchedRoute();
  const fromFastify = fastifyToProblem(exception instanceof HttpException ? exception.cause : exception);
  if (fromFastify !== undefined) return fromFastify;
  if (exception instanceof HttpException && exception.getStatus() < 500) {
    return new ProblemException('REQUEST_MALFORMED', exception.message, [], {}, { cause: exception });
  }
  return internal(exception);
}
