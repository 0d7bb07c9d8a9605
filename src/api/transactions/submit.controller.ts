/** POST /v1/transactions: parse, hand to the use case, answer 202, or wait for the commit or the receipt and answer 201. */
import { Body, Controller, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SubmitResult, TransactionStatus } from '../../node/use-cases.js';
import type { TransactionId } from '../../protocol/primitives/identifiers.js';
import { API_PORTS, type ApiPorts } from '../api-ports.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { ApiDrain } from '../api-drain.js';
import { Operation } from '../openapi/operation.js';
import { ProblemException, rejectionToProblem } from '../problems/problem-exception.js';
import { problemOf } from '../problems/problem-registry.js';
import { traceIdOf } from '../problems/trace-id.js';
import { readRawBatch, readRawTransaction } from './read-raw-transactions.js';
import { checkIdempotencyHeader, requireSubmission } from './submit-gate.js';
import { SUBMIT_BATCH_OPERATION, SUBMIT_OPERATION, type SubmitQuery } from './submit-operations.js';
import type { BatchResultBody, TransactionStatusBody } from './transaction-schemas.js';
import { resultToItem, statusToBody } from './transaction-views.js';

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
    checkIdempotencyHeader(request, raw, this.ports.transactionBytesMax);
    const result = await this.ports.submission.submit(raw);
    if (result.kind === 'rejected') throw rejectionToProblem(result.rejection);
    const known = result.kind === 'committed';
    const id = known ? result.status.id : result.id;
    void reply.header('location', `/v1/transactions/${id}`);
    const first: TransactionStatus = known ? result.status : { id, status: 'PENDING' };
    if (query.wait === undefined || (known && query.wait === 'commit')) {
      void reply.status(known ? 200 : 202);
      return statusToBody(first);
    }
    return this.awaitOutcome(id, query, known, reply);
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

  private async awaitOutcome(
    id: TransactionId,
    query: SubmitQuery,
    known: boolean,
    reply: FastifyReply,
  ): Promise<TransactionStatusBody | Uint8Array> {
    const until = query.wait ?? 'commit';
    const waited = this.ports.submission.awaitOutcome(id, until, query.timeout);
    const status = await this.drain.orDrained(waited);
    if (status?.status === 'EXPIRED') {
      throw new ProblemException('TRANSACTION_EXPIRED', `transaction ${id} was not included in time`);
    }
    const pending = status === undefined || status.status === 'PENDING';
    if (!pending && until === 'receipt') {
      const receipt = await this.ports.receipts.build(id);
      if (receipt instanceof Uint8Array) {
        void reply.status(known ? 200 : 201).type(JSON_MEDIA_TYPE);
        void reply.header('content-location', `/v1/transactions/${id}/receipt`);
        return Buffer.from(receipt.buffer, receipt.byteOffset, receipt.byteLength);
      }
    }
    const complete = !pending && until === 'commit';
    void reply.status(complete ? (known ? 200 : 201) : 202);
    return statusToBody(status ?? { id, status: 'PENDING' });
  }
}
