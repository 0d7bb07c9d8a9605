/**
 * The one guard: who calls, and whether the table lets them. It runs before anything of the request is looked at, so that a
 * stranger learns nothing but that; the body of a signed request is compared with its digest when it has arrived (content-digest.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { compareStrings } from '../../protocol/primitives/bytes.js';
import type { OrganisationName } from '../../protocol/primitives/identifiers.js';
import type { OperationDeclaration } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import { ACCESS_TABLE, accessOf, describeAccess, type Access, type OperationId } from './access-table.js';
import type { BearerTokens } from './bearer-tokens.js';
import { setCaller, type Caller } from './caller.js';
import type { RateLimiter } from './rate-limit.js';
import type { RequestSignatures } from './request-signatures.js';

export interface AccessCheckers {
  /** Whose node this is. */
  readonly organisation: OrganisationName;
  readonly signatures: RequestSignatures;
  /** Absent where the organisation has no provider. */
  readonly tokens: BearerTokens | undefined;
  readonly limit: RateLimiter;
}

const BEARER = /^bearer +/i;
const DOCUMENTATION = /^\/(docs|openapi\.json)([/?]|$)/;
/** What a signed request must cover, in the syntax of RFC 9421, 5.1. */
const ACCEPT_SIGNATURE =
  'countersign=("@method" "@target-uri");created;nonce;keyid;tag="countersign-request"';

export function operationOf(request: FastifyRequest): OperationDeclaration | undefined {
  return (request.routeOptions.config as { operation?: OperationDeclaration }).operation;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function challenge({ tokens }: AccessCheckers): Readonly<Record<string, string>> {
  return {
    'accept-signature': ACCEPT_SIGNATURE,
    ...(tokens === undefined ? {} : { 'www-authenticate': 'Bearer realm="countersign"' }),
  };
}

async function authenticate(request: FastifyRequest, checkers: AccessCheckers): Promise<Caller> {
  const { authorization, signature } = request.headers;
  const signed = signature !== undefined || request.headers['signature-input'] !== undefined;
  if (authorization !== undefined && signed)
    throw new ProblemException(
      'CREDENTIALS_AMBIGUOUS',
      'the request has both an Authorization header and a signature; send one of them',
    );
  if (signed) return checkers.signatures.verify(request, hasBody(request));
  if (authorization === undefined)
    throw new ProblemException('CREDENTIALS_MISSING', 'the request is not signed and has no token');
  if (!BEARER.test(authorization))
    throw new ProblemException(
      'CREDENTIALS_MISSING',
      'the Authorization header has another scheme than Bearer',
    );
  if (checkers.tokens === undefined)
    throw new ProblemException('TOKENS_NOT_ACCEPTED', 'this node knows no OpenID provider; sign the request');
  return checkers.tokens.verify(authorization.replace(BEARER, ''));
}

/** Why the table does not let the caller do it at a node of `organisation`; `undefined` when it does. */
function refusalOf(
  caller: Caller,
  access: Access,
  organisation: OrganisationName,
): 'ROLE_MISSING' | 'CALLER_OF_ANOTHER_ORGANISATION' | undefined {
  if (access.kind !== 'roles') return undefined;
  const granting = caller.roles.filter((role) => access.roles.includes(role));
  if (granting.length === 0) return 'ROLE_MISSING';
  const isHome = caller.organisation === organisation;
  const isForAll = access.at === 'anyNode' && granting.some((role) => role !== 'operator');
  return isHome || isForAll ? undefined : 'CALLER_OF_ANOTHER_ORGANISATION';
}

/** What the caller may call at a node of `organisation`, in alphabetical order. */
export function permittedOperations(caller: Caller, organisation: OrganisationName): readonly OperationId[] {
  const ids = Object.keys(ACCESS_TABLE) as OperationId[];
  return ids.filter((id) => refusalOf(caller, accessOf(id), organisation) === undefined).sort(compareStrings);
}

function authorise(caller: Caller, access: Access, id: string, organisation: OrganisationName): void {
  const { identity, refusal, roles } = caller;
  if (refusal !== undefined)
    throw new ProblemException(
      'CALLER_NOT_IN_FORCE',
      `${identity} may not sign at this height of the ledger: ${refusal}`,
    );
  switch (refusalOf(caller, access, organisation)) {
    case undefined:
      return;
    case 'ROLE_MISSING':
      throw new ProblemException(
        'ROLE_MISSING',
        `${identity} has the roles ${roles.join(', ')}; ${id} is for ${describeAccess(access)}`,
      );
    case 'CALLER_OF_ANOTHER_ORGANISATION':
      throw new ProblemException(
        'CALLER_OF_ANOTHER_ORGANISATION',
        `${identity} has the right to ${id} at the nodes of ${caller.organisation}; this one is of ${organisation}`,
      );
  }
}

/** Transactions are bounded by the mempool, which knows their organisations; health must always answer. */
function isUnlimited({ id, path }: OperationDeclaration): boolean {
  return accessOf(id).kind === 'signedTransactions' || path.startsWith('/health/');
}

async function identify(request: FastifyRequest, checkers: AccessCheckers): Promise<Caller> {
  try {
    return await authenticate(request, checkers);
  } catch (error) {
    throw error instanceof ProblemException && error.status === 401
      ? new ProblemException(
          error.code,
          error.detail,
          error.errors,
          { ...challenge(checkers), ...error.headers },
          { cause: error },
        )
      : error;
  }
}

async function guard(
  request: FastifyRequest,
  reply: FastifyReply,
  operation: OperationDeclaration | undefined,
  checkers: AccessCheckers,
): Promise<void> {
  if (operation === undefined && !DOCUMENTATION.test(request.url))
    throw new ProblemException('ROLE_MISSING', 'this address is not in the table of access');
  const access = operation === undefined ? undefined : accessOf(operation.id);
  if (operation === undefined || access?.kind !== 'roles') {
    await checkers.limit(request, reply);
    return;
  }
  const caller = await identify(request, checkers);
  setCaller(request, caller);
  await checkers.limit(request, reply);
  authorise(caller, access, operation.id, checkers.organisation);
}

/** Must be called before the routes and the other checks are registered. */
export function registerAccessGuard(instance: FastifyInstance, checkers: AccessCheckers): void {
  instance.addHook('onRequest', (request, reply, done) => {
    const operation = operationOf(request);
    // Nothing to wait for where most requests are submissions.
    if (request.is404 || (operation !== undefined && isUnlimited(operation))) {
      done();
      return;
    }
    guard(request, reply, operation, checkers).then(() => {
      done();
    }, done);
  });
}
