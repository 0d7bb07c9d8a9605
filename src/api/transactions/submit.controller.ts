/** POST /v1/transactions: parse, hand to the use case, answer 202, or wait for the commit or the receipt and answer 201. */
import { Body, Controller, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SubmitResult } from '../../node/use-cases.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { ApiDrain } from '../api-drain.js';
import { Operation } from '../openapi/operation.js';
import { rejectionToProblem } from '../problems/problem-exception.js';
import { problemOf } from '../problems/problem-registry.js';
import { traceIdOf } from '../http/trace-id.js';
import { answerSubmission } from './answer-submission.js';
import { readRawBatch, readRawTransaction } from './read-raw-transactions.js';
import { checkIdempotencyHeader, requireSubmission } from './submit-gate.js';
import { SUBMIT_BATCH_OPERATION, SUBMIT_OPERATION, type SubmitQuery } from './submit-operations.js';
import type { BatchResultBody, TransactionStatusBody } from './transaction-schemas.js';
import { resultToItem } from './transaction-views.js';

function isRetryLater(result: SubmitResult): boolean {
  return result.kind === 'rejected' && problemOf(result.rejection.code).status === 429;
}

@Controller()
export class SubmitController {
  constructor(
    @Inject(API_PORTS) private readonly ports: ApiPorts,
    private readonly drain: ApiDrain,
  ) {}

  @Operation(SUBMIT_OPERATION)
  async submit(
    @Body() body: unknown,
    @Query() query: SubmitQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TransactionStatusBody | Uint8Array> {
    requireSubmission(this.ports, this.drain);
    const raw = readRawTransaction(body);
    checkIdempotencyHeader(request, raw, this.ports.transactionBytesMax());
    const result = await this.ports.submission.submit(raw);
    const { ports, drain } = this;
    return answerSubmission({ ports, drain, result, query, reply });
  }

  @Operation(SUBMIT_BATCH_OPERATION)
  async submitBatch(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchResultBody> {
    requireSubmission(this.ports, this.drain);
    const results = await this.ports.submission.submitBatch(readRawBatch(body));
    const [first] = results;
    if (first?.kind === 'rejected' && results.every(isRetryLater)) throw rejectionToProblem(first.rejection);
    const traceId = traceIdOf(request.headers.traceparent);
    void reply.status(200);
    return { results: results.map((result) => resultToItem(result, traceId)) };
  }
}
