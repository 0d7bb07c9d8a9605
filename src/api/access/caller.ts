/** Who calls: an identity of the ledger that has proven itself, and how. */
import type { FastifyRequest } from 'fastify';
import type { ResolvedSigner } from '../../protocol/governance/signer.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { PublicKey } from '../../protocol/primitives/identifiers.js';

export interface Caller extends ResolvedSigner {
  readonly publicKey: PublicKey;
  /** `signature`: the request is signed with the identity's key; `token`: the organisation's provider vouches for it. */
  readonly proof: 'signature' | 'token';
}

const callers = new WeakMap<FastifyRequest, Caller>();

export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

/** Of an operation that the guard lets nobody into without credentials. */
export function requireCaller(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  invariant(caller !== undefined, 'the guard lets nobody in without credentials');
  return caller;
}

/** `undefined` where the operation is open to anyone. */
export function callerOf(request: FastifyRequest): Caller | undefined {
  return callers.get(request);
}
