/**
 * What a call of the client throws: one class, told apart by `code`. Codes of the ledger come from the node's answer
 * (problem+json, RFC 9457; listed in docs/ERRORS.md), the others name what failed on the way.
 */

/** Failures that no node reported. */
export type TransportCode = 'NODE_UNREACHABLE' | 'REQUEST_TIMEOUT' | 'RESPONSE_MALFORMED' | 'WAIT_TIMEOUT';

/** Members of a problem+json answer that a caller may rely on. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly traceId?: string;
  readonly errors?: readonly { readonly pointer?: string; readonly detail?: string }[];
}

export class CountersignError extends Error {
  override readonly name = 'CountersignError';

  constructor(
    /** A TransportCode, or the code of the problem that the node answered with. */
    readonly code: string,
    message: string,
    /** The answer, when there was one. */
    readonly problem?: Problem,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

function textMember(value: object, key: string): string | undefined {
  const member: unknown = Reflect.get(value, key);
  return typeof member === 'string' ? member : undefined;
}

function problemErrors(value: object): Problem['errors'] {
  const errors: unknown = Reflect.get(value, 'errors');
  if (!Array.isArray(errors)) return undefined;
  return errors
    .filter((item: unknown): item is object => typeof item === 'object' && item !== null)
    .map((item) => {
      const pointer = textMember(item, 'pointer');
      const detail = textMember(item, 'detail') ?? textMember(item, 'message');
      return { ...(pointer === undefined ? {} : { pointer }), ...(detail === undefined ? {} : { detail }) };
    });
}

/** The problem in an answer's body; a body that is none still gives a problem with the status as its code. */
export function parseProblem(status: number, body: string): Problem {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return { status, code: `HTTP_${status}`, title: `the node answered with status ${status}` };
  }
  const detail = textMember(value, 'detail');
  const traceId = textMember(value, 'traceId');
  const errors = problemErrors(value);
  return {
    status,
    code: textMember(value, 'code') ?? `HTTP_${status}`,
    title: textMember(value, 'title') ?? `the node answered with status ${status}`,
    ...(detail === undefined ? {} : { detail }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(errors === undefined ? {} : { errors }),
  };
}

export function problemToError(problem: Problem): CountersignError {
  return new CountersignError(problem.code, problem.detail ?? problem.title, problem);
}
