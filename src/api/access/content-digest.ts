/** The body of a signed request: the signature covers its digest (RFC 9530), and here the digest is compared with the body. */
import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { contentDigest } from '../../protocol/governance/request-signature.js';
import { ProblemException } from '../problems/problem-exception.js';
import { callerOf } from './caller.js';

/** Throws ProblemException CONTENT_DIGEST_MISMATCH unless the body is the one that the signature covers. */
export function requireDigest(request: FastifyRequest, body: Uint8Array): void {
  if (callerOf(request)?.proof !== 'signature') return;
  const claimed = Buffer.from(String(request.headers['content-digest'] ?? ''));
  const actual = Buffer.from(contentDigest(body));
  if (claimed.length === actual.length && timingSafeEqual(claimed, actual)) return;
  const detail = `the body's digest is ${actual.toString()}`;
  throw new ProblemException('CONTENT_DIGEST_MISMATCH', detail, [{ detail, header: 'Content-Digest' }]);
}
