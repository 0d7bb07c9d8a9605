/**
 * Checks a request against the declaration of its operation before the body is read: accepted media type, path
 * parameters, query parameters (an unknown one is an error), percent-encoding. The handler sees checked values only.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { OperationDeclaration, Parameters } from '../openapi/operation.js';
import { producedMediaTypes } from '../openapi/operation.js';
import { ProblemException, type ProblemError } from '../problems/problem-exception.js';
import type { ProblemCode } from '../problems/problem-registry.js';
import { acceptsMediaType } from './accepts-media-type.js';

interface CompiledParameters {
  readonly declared: Parameters;
  readonly schema: z.ZodObject;
  /** Values when the request gives none; `undefined` when something is required. */
  readonly absent: unknown;
}

interface CompiledOperation {
  readonly produces: readonly string[];
  readonly path: CompiledParameters;
  readonly query: CompiledParameters;
}

const VALUE_SHOWN_MAX = 64;

function compileParameters(declared: Parameters): CompiledParameters {
  const shape = Object.fromEntries(Object.entries(declared).map(([name, { schema }]) => [name, schema]));
  const schema = z.strictObject(shape);
  return { declared, schema, absent: Object.freeze(schema.safeParse({}).data) };
}

function compile(declaration: OperationDeclaration): CompiledOperation {
  return {
    produces: producedMediaTypes(declaration),
    path: compileParameters(declaration.parameters ?? {}),
    query: compileParameters(declaration.query ?? {}),
  };
}

function unknownParameters(keys: readonly string[], declared: Parameters): ProblemException {
  const known = Object.keys(declared);
  const permitted = known.length === 0 ? 'this resource takes none' : `known: ${known.join(', ')}`;
  const errors = keys.map((key): ProblemError => {
    const parameter = key.slice(0, VALUE_SHOWN_MAX);
    return { detail: `unknown query parameter; ${permitted}`, parameter };
  });
  return new ProblemException('QUERY_PARAMETER_UNKNOWN', errors[0]?.detail ?? permitted, errors);
}

function issuesToProblem(
  issues: readonly z.core.$ZodIssue[],
  { declared }: CompiledParameters,
): ProblemException {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  if (unknown.length > 0) return unknownParameters(unknown, declared);
  let code: ProblemCode | undefined;
  const errors = issues.map((issue): ProblemError => {
    const parameter = String(issue.path[0] ?? '');
    code ??= declared[parameter]?.problem ?? 'QUERY_PARAMETER_INVALID';
    const repeated = Array.isArray(issue.input);
    return { detail: repeated ? 'is given more than once' : issue.message, parameter };
  });
  const [first] = errors;
  return new ProblemException(
    code ?? 'QUERY_PARAMETER_INVALID',
    `${first?.parameter}: ${first?.detail}`,
    errors,
  );
}

function checkParameters(values: unknown, compiled: CompiledParameters): unknown {
  const parsed = compiled.schema.safeParse(values, { reportInput: true });
  if (!parsed.success) throw issuesToProblem(parsed.error.issues, compiled);
  return parsed.data;
}

/** Fastify leaves a broken escape in the query as it is; here it is an error like in the path. */
function checkPercentEncoding(query: string): void {
  if (!query.includes('%')) return;
  try {
    decodeURIComponent(query);
  } catch {
    throw new ProblemException('PERCENT_ENCODING_INVALID', 'the query is not valid percent-encoded UTF-8');
  }
}

function check(request: FastifyRequest, operation: CompiledOperation): void {
  const { produces, path, query } = operation;
  if (!produces.some((mediaType) => acceptsMediaType(request.headers.accept, mediaType))) {
    throw new ProblemException('NOT_ACCEPTABLE', `this resource is ${produces.join(' or ')}`);
  }
  const queryStart = request.url.indexOf('?');
  if (queryStart < 0 && query.absent !== undefined) {
    request.query = query.absent;
  } else {
    checkPercentEncoding(queryStart < 0 ? '' : request.url.slice(queryStart));
    request.query = checkParameters(request.query, query);
  }
  if (path.absent === undefined) request.params = checkParameters(request.params, path);
}

/** Must be called before the routes are registered. */
export function registerRequestChecks(instance: FastifyInstance): void {
  const compiled = new WeakMap<OperationDeclaration, CompiledOperation>();
  instance.addHook('onRequest', (request, _reply, done) => {
    const { operation } = request.routeOptions.config as { operation?: OperationDeclaration };
    if (operation === undefined) {
      done();
      return;
    }
    let ready = compiled.get(operation);
    if (ready === undefined) compiled.set(operation, (ready = compile(operation)));
    try {
      check(request, ready);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
}
