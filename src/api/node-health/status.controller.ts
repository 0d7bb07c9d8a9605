/** GET /v1/status (why is there, or is there not, progress) and the health checks for supervisors. */
import { Controller, Inject } from '@nestjs/common';
import { ApiDrain } from '../api-drain.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import { requireReady } from '../transactions/submit-gate.js';
import { LIVE_OPERATION, READY_OPERATION, STATUS_OPERATION } from './status-operations.js';
import type { HealthCheckBody, NodeStatusBody } from './status-schemas.js';
import { reportToBody } from './status-view.js';

@Controller()
export class StatusController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    private readonly drain: ApiDrain,
  ) {}

  @Operation(STATUS_OPERATION)
  status(): NodeStatusBody {
    return reportToBody(this.ports.status.read(), this.ports.records.standing());
  }

  @Operation(LIVE_OPERATION)
  live(): HealthCheckBody {
    const health = this.ports.status.health();
    if (health.state === 'halted') throw new ProblemException('NODE_HALTED', health.reason);
    return { status: 'ok', health: { ...health } };
  }

  @Operation(READY_OPERATION)
  async ready(): Promise<HealthCheckBody> {
    requireReady(this.ports.status, this.drain);
    await this.ports.reader.ping();
    return { status: 'ok', health: { ...this.ports.status.health() } };
  }
}
