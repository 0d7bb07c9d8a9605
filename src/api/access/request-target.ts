/**
 * The address that a signed request must name. A node that was given its public address takes that one alone; without it, it
 * takes loopback addresses alone: else a node that got a request could have it answered by another.
 */
import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../../config/configuration.js';
import { ProblemException } from '../problems/problem-exception.js';

function hostnameOf(host: string): string {
  return host.replace(/:[0-9]*$/, '').replace(/^\[(.*)\]$/, '$1');
}

export class RequestTarget {
  private readonly base: string | undefined;

  constructor(publicUrl: string | undefined) {
    this.base = publicUrl?.replace(/\/$/, '');
  }

  /** Throws ProblemException REQUEST_SIGNATURE_INVALID. */
  uriOf(request: FastifyRequest): string {
    const path = request.raw.url ?? '/';
    if (this.base !== undefined) return this.base + path;
    const { host = '' } = request.headers;
    const { localPort } = request.socket;
    if (isLoopback(hostnameOf(host)) && host.endsWith(`:${localPort ?? 0}`)) return `http://${host}${path}`;
    const detail = `this node takes signed requests at loopback addresses with port ${localPort ?? 0} only, not at "${host}"; set rest.publicUrl to the address that clients use`;
    throw new ProblemException('REQUEST_SIGNATURE_INVALID', detail, [{ detail, header: 'Host' }]);
  }
}
