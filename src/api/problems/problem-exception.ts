/** A problem on its way to the caller; the filter writes it as application/problem+json. */
import type { Rejection } from '../../protocol/primitives/rejection.js';
import { problemOf, type ProblemCode } from './problem-registry.js';

/** One flaw of the request; exactly one place is given. */
export interface ProblemError {
  readonly detail: string;
  /** JSON pointer (RFC 6901) into the body. */
  readonly pointer?: string;
  /** Name of a query or path parameter. */
  readonly parameter?: string;
  readonly header?: string;
  /** Field of the transaction or its command, as transaction.proto names it. */
  readonly field?: string;
}

export class ProblemException extends Error {
  override readonly name = 'ProblemException';

  constructor(
    readonly code: ProblemCode,
    /** What is particular about this case. */
    readonly detail: string,
    readonly errors: readonly ProblemError[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
    options?: { cause?: unknown },
  ) {
    super(detail, options);
  }

  get status(): number {
    return problemOf(this.code).status;
  }
}

/** A field that starts with "/" is a JSON pointer; every other names a field of the transaction. */
export function rejectionErrors({ field, message }: Rejection): readonly ProblemError[] {
  if (field === undefined) return [];
  return [
    field === '' || field.startsWith('/') ? { detail: message, pointer: field } : { detail: message, field },
  ];
}

export function rejectionToProblem(rejection: Rejection): ProblemException {
  return new ProblemException(rejection.code, rejection.message, rejectionErrors(rejection));
}
