/** GET /v1/caller: who calls, and what the table lets them do at this node. */
import { Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { permittedOperations } from '../access/access-guard.js';
import { requireCaller } from '../access/caller.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { GET_CALLER_OPERATION, type CallerBody } from './caller-operations.js';

@Controller()
export class CallersController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(GET_CALLER_OPERATION)
  get(@Req() request: FastifyRequest): CallerBody {
    const caller = requireCaller(request);
    const { identity, proof, publicKey, roles, custody, validUntilHeight } = caller;
    return {
      ...{ identity, proof, publicKey, custody },
      roles: [...roles],
      ...(validUntilHeight === 0 ? {} : { validUntilHeight }),
      operations: [...permittedOperations(caller, this.ports.organisation)],
    };
  }
}
