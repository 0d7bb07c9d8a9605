/** Who of the auditors and admins has looked at what: one line in the log for each of their calls, refused ones included. */
import type { FastifyInstance } from 'fastify';
import type { Role } from '../../protocol/ledger/identity.js';
import type { ApiPorts } from '../api-ports.js';
import { operationOf } from './access-guard.js';
import { callerOf } from './caller.js';

const LOGGED_ROLES: readonly Role[] = ['auditor', 'admin'];

export function registerAccessLog(instance: FastifyInstance, log: ApiPorts['log']): void {
  instance.addHook('onResponse', (request, reply, done) => {
    const caller = callerOf(request);
    if (caller?.roles.some((role) => LOGGED_ROLES.includes(role)) === true) {
      log('info', 'access', {
        identity: caller.identity,
        proof: caller.proof,
        operation: operationOf(request)?.id,
        target: request.url,
        status: reply.statusCode,
        traceparent: request.headers.traceparent,
      });
    }
    done();
  });
}
