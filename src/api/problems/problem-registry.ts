/**
 * The one registry from codes to HTTP problems (RFC 9457). docs/ERRORS.md is this registry as a table; a test holds
 * both equal, and another holds that every code which the program can throw or return is here.
 */
import { REJECTION_CODES, type RejectionCode } from '../../protocol/primitives/rejection.js';
import { ACCESS_PROBLEMS, type AccessProblemCode } from './access-problems.js';
import { HTTP_PROBLEMS, type HttpProblemCode } from './http-problems.js';
import { LEDGER_ERROR_PROBLEMS, type LedgerErrorCode } from './ledger-error-problems.js';
import type { ProblemDefinition } from './problem-definition.js';
import { OUTCOME_PROBLEMS, REJECTION_PROBLEMS } from './rejection-problems.js';

export type ProblemCode =
  RejectionCode | keyof typeof OUTCOME_PROBLEMS | LedgerErrorCode | HttpProblemCode | AccessProblemCode;

export type ProblemSource = 'transaction' | 'node' | 'request';

export interface RegisteredProblem extends ProblemDefinition {
  readonly code: ProblemCode;
  readonly source: ProblemSource;
}

function register(
  source: ProblemSource,
  table: Readonly<Record<string, ProblemDefinition>>,
): readonly RegisteredProblem[] {
  return Object.entries(table).map(([code, definition]) => ({
    ...definition,
    code: code as ProblemCode,
    source,
  }));
}

/** By source, in the order of their tables. */
export const PROBLEM_REGISTRY: readonly RegisteredProblem[] = [
  ...register('request', HTTP_PROBLEMS),
  ...register('request', ACCESS_PROBLEMS),
  ...register(
    'transaction',
    Object.fromEntries(REJECTION_CODES.map((code) => [code, REJECTION_PROBLEMS[code]])),
  ),
  ...register('transaction', OUTCOME_PROBLEMS),
  ...register('node', LEDGER_ERROR_PROBLEMS),
];

const byCode = new Map<string, RegisteredProblem>(PROBLEM_REGISTRY.map((problem) => [problem.code, problem]));

export function findProblem(code: string): RegisteredProblem | undefined {
  return byCode.get(code);
}

export function problemOf(code: ProblemCode): ProblemDefinition {
  return byCode.get(code) ?? HTTP_PROBLEMS.INTERNAL_ERROR;
}

/** `type` of a problem: a name, not an address; the code at its end is what programs compare. */
export function problemType(code: ProblemCode): string {
  return `urn:countersign:problem:${code}`;
}
