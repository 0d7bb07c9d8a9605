/** The body of application/problem+json (RFC 9457): schema for the document, and the writer for the filter. */
import { z } from 'zod';
import type { ProblemException } from './problem-exception.js';
import { problemOf, problemType } from './problem-registry.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

const problemErrorSchema = z
  .object({
    detail: z.string(),
    pointer: z.string().optional().meta({ description: 'JSON pointer (RFC 6901) into the body' }),
    parameter: z.string().optional().meta({ description: 'Query or path parameter' }),
    header: z.string().optional(),
    field: z
      .string()
      .optional()
      .meta({ description: 'Field of the transaction, as transaction.proto names it' }),
  })
  .meta({ id: 'ProblemError', description: 'One flaw of the request and its place.' });

export const problemSchema = z
  .object({
    type: z.string().meta({ format: 'uri' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What is particular about this case' }),
    code: z.string().meta({ description: 'Stable; listed in docs/ERRORS.md' }),
    fix: z.string().meta({ description: 'What to do about it' }),
    traceId: z.string().meta({ description: 'Also in the log of the node' }),
    errors: z.array(problemErrorSchema).optional(),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as RFC 9457 defines it.' });

export type ProblemBody = z.output<typeof problemSchema>;

export function createProblemBody(problem: ProblemException, traceId: string): ProblemBody {
  const { status, title, fix } = problemOf(problem.code);
  return {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.detail,
    code: problem.code,
    fix,
    traceId,
    ...(problem.errors.length === 0 ? {} : { errors: [...problem.errors] }),
  };
}
