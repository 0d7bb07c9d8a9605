/** Parameters of searches and traces, each with its check, its text in the document and its problem code. */
import { z } from 'zod';
import { timeToMs } from '../../node/use-cases.js';
import { isOrganisationName } from '../../protocol/primitives/identifiers.js';
import type { ParameterDeclaration } from '../openapi/operation.js';
import { HEIGHT_PARAMETER } from '../pages/parameters.js';

/** Longer texts stand in no parameter: the path and the query have bounds of their own. */
const TEXT_BYTES_MAX = 4_096;

const TIME_ERROR = 'must be an RFC 3339 date-time with its offset, such as 2026-03-02T07:30:00Z';

/** Compared byte for byte with what the record says. */
export function textParameter(description: string, example: string): ParameterDeclaration {
  const schema = z
    .string()
    .refine((text) => text !== '' && Buffer.byteLength(text) <= TEXT_BYTES_MAX, {
      error: `must have 1 to ${TEXT_BYTES_MAX} bytes`,
    })
    .optional();
  return { schema, description, example };
}

/** Milliseconds since 1970. */
export function timeParameter(description: string, example: string): ParameterDeclaration {
  const schema = z
    .string()
    .transform((text, context) => {
      const timeMs = timeToMs(text);
      if (timeMs !== undefined) return timeMs;
      context.addIssue({ code: 'custom', message: TIME_ERROR });
      return z.NEVER;
    })
    .optional()
    .meta({ type: 'string', format: 'date-time' });
  return { schema, description, example, problem: 'TIME_INVALID' };
}

/** One of the words; the first unless it is given. */
export function wordParameter(
  words: readonly [string, ...string[]],
  description: string,
): ParameterDeclaration {
  const schema = z.enum(words, { error: `must be one of ${words.join(', ')}` }).prefault(words[0]);
  return { schema: schema.meta({ default: words[0] }), description, example: words[0] };
}

export const ORGANISATION_FILTER: ParameterDeclaration = {
  schema: z.string().refine(isOrganisationName, { error: 'must match [a-z][a-z0-9-]{0,62}' }).optional(),
  description: 'Recorded by an identity of this organisation.',
  example: 'acme',
  problem: 'MEMBER_NAME_INVALID',
};

export const MIN_HEIGHT_PARAMETER: ParameterDeclaration = {
  ...HEIGHT_PARAMETER,
  schema: HEIGHT_PARAMETER.schema.optional().meta({ type: 'integer', format: 'int64', minimum: 0 }),
  description:
    'Refuse with INDEX_BEHIND while the index has not come to this height: the height of a committed transaction, to find what it has recorded.',
};
