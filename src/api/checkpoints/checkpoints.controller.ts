/** Countersigned checkpoints as text, and genesis: what an auditor needs besides a receipt. */
import { Controller, Inject, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { CheckpointNote } from '../../node/use-cases.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { IMMUTABLE, REVALIDATE } from '../http/response-headers.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException } from '../problems/problem-exception.js';
import {
  CHECKPOINT_AT_OPERATION,
  GENESIS_OPERATION,
  LATEST_CHECKPOINT_OPERATION,
} from './checkpoint-operations.js';

const NEWLINE = 0x0a;
const NOTE_MEDIA_TYPE = 'text/plain; charset=utf-8';

@Controller()
export class CheckpointsController {
  constructor(@Inject(API_PORTS) private readonly ports: ApiPorts) {}

  @Operation(LATEST_CHECKPOINT_OPERATION)
  async latest(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const found = await this.ports.checkpoints.latest();
    return this.send(found, 'no height is countersigned yet', REVALIDATE, reply);
  }

  @Operation(CHECKPOINT_AT_OPERATION)
  async at(
    @Param() { height }: { readonly height: Height },
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const found = await this.ports.checkpoints.at(height);
    return this.send(found, `height ${height} is not countersigned at this node`, IMMUTABLE, reply);
  }

  @Operation(GENESIS_OPERATION)
  genesis(@Res({ passthrough: true }) reply: FastifyReply): Buffer {
    void reply.header('cache-control', IMMUTABLE).type(JSON_MEDIA_TYPE);
    const { genesis } = this.ports;
    // The file may end with a newline; what the chain id is the digest of does not.
    const length = genesis.at(-1) === NEWLINE ? genesis.length - 1 : genesis.length;
    return Buffer.from(genesis.buffer, genesis.byteOffset, length);
  }

  private send(
    found: CheckpointNote | undefined,
    absent: string,
    policy: string,
    reply: FastifyReply,
  ): string {
    if (found === undefined) throw new ProblemException('CHECKPOINT_NOT_FOUND', absent);
    void reply.header('cache-control', policy).type(NOTE_MEDIA_TYPE);
    return found.note;
  }
}
