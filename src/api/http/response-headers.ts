/**
 * What every answer carries: headers that keep browsers from guessing, and for things that never change a strong
 * ETag over the bytes (RFC 9110, 8.8.3), answered with 304 when the caller has them.
 */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDrain } from '../api-drain.js';

/** Committed things; private, since reading them may need a right. */
export const IMMUTABLE = 'private, max-age=31536000, immutable';
/** Asked for again each time, and answered with 304 when nothing changed. */
export const REVALIDATE = 'private, no-cache';

const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** The documentation page: its own scripts and styles, nothing from elsewhere. */
const DOCS_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

function matches(header: string, etag: string): boolean {
  return header === '*' || header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}

/** The payload to send: empty when the caller's copy is current. */
function revalidate(request: FastifyRequest, reply: FastifyReply, payload: string | Buffer): string | Buffer {
  const etag = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 27)}"`;
  void reply.header('etag', etag);
  const known = request.headers['if-none-match'];
  if (known === undefined || !matches(known, etag)) return payload;
  void reply.code(304).removeHeader('content-type').removeHeader('content-length');
  return '';
}

export function registerResponseHeaders(instance: FastifyInstance, drain: ApiDrain): void {
  instance.addHook('onSend', (request, reply, payload: unknown, done) => {
    const isDocumentation = request.url.startsWith('/docs');
    void reply.header('x-content-type-options', 'nosniff');
    void reply.header('content-security-policy', isDocumentation ? DOCS_POLICY : API_POLICY);
    void reply.header('referrer-policy', 'no-referrer');
    if (drain.isDraining) void reply.header('connection', 'close');
    const policy = reply.getHeader('cache-control');
    if (policy === undefined) {
      void reply.header('cache-control', isDocumentation ? REVALIDATE : 'no-store');
    } else if (policy !== 'no-store' && reply.statusCode === 200) {
      if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
        done(null, revalidate(request, reply, payload));
        return;
      }
    }
    done(null, payload);
  });
}
