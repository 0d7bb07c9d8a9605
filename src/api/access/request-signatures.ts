/**
 * Requests that are signed with an identity's key (HTTP Message Signatures, RFC 9421): which key signs is named by the
 * request, whose it is and what algorithm it has is said by the ledger. A request counts once, at the address it was signed
 * for, within the window after its creation. The body is bound by its digest, which the guard compares when it has arrived.
 */
import { isSignatureError, SignatureErrorCode, verifySignature } from 'http-message-sig';
import type { SignatureParameters, UntrustedSignatureCandidate, Verifier } from 'http-message-sig';
import type { FastifyRequest } from 'fastify';
import type { Callers } from '../../node/use-cases.js';
import type { SignatureVerifier } from '../../protocol/crypto/signature-verifier.js';
import {
  REQUEST_NONCE_LENGTH,
  REQUEST_SIGNATURE_PARAMETERS,
  REQUEST_SIGNATURE_TAG,
  REQUEST_SIGNATURE_WINDOW_SECONDS,
  requestComponents,
} from '../../protocol/governance/request-signature.js';
import { isHex64, type PublicKey } from '../../protocol/primitives/identifiers.js';
import { ProblemException } from '../problems/problem-exception.js';
import type { ProblemCode } from '../problems/problem-registry.js';
import type { Caller } from './caller.js';
import type { AccessClock } from '../access-clock.js';
import { NonceMemory } from './nonce-memory.js';
import type { RequestTarget } from './request-target.js';

export interface RequestSignaturePorts {
  readonly callers: Callers;
  readonly verifier: SignatureVerifier;
  readonly clock: AccessClock;
  readonly target: RequestTarget;
}

interface Freshness {
  readonly createdMs: number;
  readonly nonce: string;
}

interface ResolvedVerifier extends Verifier {
  readonly caller: Caller;
  readonly freshness: Freshness;
}

/** A request from a clock that runs ahead is held until its time has come, so that a nonce outlives its request exactly. */
const AHEAD_MS_MAX = 5_000;
const HELD_MAX = 1_000;
const NONCES_MAX = 500_000;
/** Of one identity in a window: 333 requests a second. */
const OWN_NONCES_MAX = 100_000;
const PRINTABLE = /^[\x21-\x7e]+$/;

function refuse(code: ProblemCode, detail: string): ProblemException {
  return new ProblemException(code, detail, [{ detail, header: 'Signature-Input' }]);
}

function readFreshness({ created, nonce }: SignatureParameters): Freshness {
  const { min, max } = REQUEST_NONCE_LENGTH;
  if (typeof nonce !== 'string' || nonce.length < min || nonce.length > max || !PRINTABLE.test(nonce))
    throw refuse(
      'REQUEST_SIGNATURE_INVALID',
      `"nonce" must be a text of ${min} to ${max} printable characters`,
    );
  if (!Number.isSafeInteger(created))
    throw refuse('REQUEST_SIGNATURE_INVALID', '"created" must be a time in whole seconds since 1970');
  return { createdMs: Number(created) * 1_000, nonce };
}

function readKeyId({ keyid, tag }: SignatureParameters): PublicKey {
  if (tag !== REQUEST_SIGNATURE_TAG)
    throw refuse('REQUEST_SIGNATURE_INVALID', `"tag" must be "${REQUEST_SIGNATURE_TAG}"`);
  if (typeof keyid !== 'string' || !isHex64(keyid))
    throw refuse('REQUEST_SIGNATURE_INVALID', '"keyid" must be the public key, 64 lower-case hex digits');
  return keyid as PublicKey;
}

export class RequestSignatures {
  private readonly startedAtMs: number;
  private readonly nonces: NonceMemory;
  private held = 0;

  constructor(private readonly ports: RequestSignaturePorts) {
    const { clock } = ports;
    this.startedAtMs = clock.startedAtMs;
    // A little longer than a request counts, since the two clocks are not one.
    const windowMs = REQUEST_SIGNATURE_WINDOW_SECONDS * 1_000 + AHEAD_MS_MAX;
    this.nonces = new NonceMemory(
      { windowMs, entriesMax: NONCES_MAX, ownerEntriesMax: OWN_NONCES_MAX },
      clock.monotonicMs(),
    );
  }

  /**
   * Throws ProblemException REQUEST_SIGNATURE_INVALID, REQUEST_SIGNATURE_STALE, REQUEST_REPLAYED, CALLER_UNKNOWN,
   * ACCESS_OVERLOADED.
   */
  async verify(request: FastifyRequest, hasBody: boolean): Promise<Caller> {
    const { method, headers, raw } = request;
    const targetUri = this.ports.target.uriOf(request);
    const fields: { readonly name: string; readonly value: string }[] = [];
    for (let at = 0; at + 1 < raw.rawHeaders.length; at += 2)
      fields.push({ name: raw.rawHeaders[at] ?? '', value: raw.rawHeaders[at + 1] ?? '' });
    const hasIdempotencyKey = headers['idempotency-key'] !== undefined;
    const requiredComponents = requestComponents({ hasBody, hasIdempotencyKey });
    try {
      const { verifier } = await verifySignature(
        { kind: 'request', method, targetUri, fields },
        {
          // Times are checked here, where each flaw gets its own words.
          policy: {
            algorithms: ['ed25519'],
            requiredComponents,
            requiredParameters: REQUEST_SIGNATURE_PARAMETERS,
            clockSkew: Number.MAX_SAFE_INTEGER,
          },
          resolveVerifier: (candidate) => this.resolve(candidate),
        },
      );
      await this.admitOnce(verifier);
      return verifier.caller;
    } catch (error) {
      throw toProblem(error, targetUri);
    }
  }

  private async resolve({ parameters }: UntrustedSignatureCandidate): Promise<ResolvedVerifier> {
    const publicKey = readKeyId(parameters);
    const freshness = readFreshness(parameters);
    this.checkTime(freshness, parameters.expires);
    const signer = await this.ports.callers.find(publicKey);
    if (signer === undefined) {
      const detail = `the key ${publicKey} belongs to no identity of this ledger`;
      throw refuse('CALLER_UNKNOWN', detail);
    }
    return {
      algorithm: 'ed25519',
      caller: { ...signer, publicKey, proof: 'signature' },
      freshness,
      verify: (message, signature) => this.ports.verifier.verify(publicKey, message, signature),
    };
  }

  private checkTime({ createdMs }: Freshness, expires: unknown): void {
    const nowMs = this.ports.clock.wallMs();
    const { startedAtMs } = this;
    const fail = (detail: string): ProblemException =>
      new ProblemException(
        'REQUEST_SIGNATURE_STALE',
        detail,
        [{ detail, header: 'Signature-Input' }],
        // So that a client whose clock is another one can sign by this one.
        { date: new Date(nowMs).toUTCString() },
      );
    if (createdMs > nowMs + AHEAD_MS_MAX)
      throw fail(
        `"created" is ${Math.ceil((createdMs - nowMs) / 1_000)} s in the future of this node's clock; correct the clock`,
      );
    if (nowMs - createdMs > REQUEST_SIGNATURE_WINDOW_SECONDS * 1_000)
      throw fail(
        `"created" is more than ${REQUEST_SIGNATURE_WINDOW_SECONDS} s ago by this node's clock; sign again, or correct the clock`,
      );
    if (createdMs < startedAtMs)
      throw fail('the request was signed before this node started, which may have seen it then; sign again');
    if (typeof expires === 'number' && expires * 1_000 < nowMs) throw fail('"expires" is over; sign again');
  }

  private async admitOnce({ caller, freshness }: ResolvedVerifier): Promise<void> {
    await this.awaitTime(freshness.createdMs);
    const added = this.nonces.add(caller.publicKey, freshness.nonce, this.ports.clock.monotonicMs());
    if (added === 'known')
      throw refuse(
        'REQUEST_REPLAYED',
        'a request with this nonce was accepted already; sign again with a new one',
      );
    if (added === 'full')
      throw new ProblemException(
        'ACCESS_OVERLOADED',
        `as many signed requests as may be are remembered already: ${OWN_NONCES_MAX} of an identity, ${NONCES_MAX} of all`,
      );
  }

  private async awaitTime(createdMs: number): Promise<void> {
    const delayMs = createdMs - this.ports.clock.wallMs();
    if (delayMs <= 0) return;
    if (this.held >= HELD_MAX)
      throw new ProblemException('ACCESS_OVERLOADED', `${HELD_MAX} requests wait for their time already`);
    this.held += 1;
    try {
      await this.ports.clock.sleep(delayMs);
    } finally {
      this.held -= 1;
    }
  }
}

function toProblem(error: unknown, targetUri: string): unknown {
  if (!isSignatureError(error)) return error;
  if (error.code === SignatureErrorCode.ResolverFailed) return error.cause;
  const detail =
    error.code === SignatureErrorCode.VerificationFailed
      ? `the signature is not that of the key over this request to ${targetUri}`
      : error.message;
  return new ProblemException('REQUEST_SIGNATURE_INVALID', detail, [
    {
      detail,
      header: error.code === SignatureErrorCode.VerificationFailed ? 'Signature' : 'Signature-Input',
    },
  ]);
}
