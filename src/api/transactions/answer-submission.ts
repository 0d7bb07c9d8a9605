/** The answer to whoever has submitted one transaction: 202, or after waiting 201 with its status or receipt. */
import type { FastifyReply } from 'fastify';
import type { SubmitResult, TransactionStatus } from '../../node/use-cases.js';
import type { ApiDrain } from '../api-drain.js';
import type { ApiPorts } from '../api-ports.js';
import { JSON_MEDIA_TYPE } from '../http/content-types.js';
import { ProblemException, rejectionToProblem } from '../problems/problem-exception.js';
import type { SubmitQuery } from './submit-operations.js';
import type { TransactionStatusBody } from './transaction-schemas.js';
import { statusToBody } from './transaction-views.js';

export interface Submitted {
  readonly ports: Pick<ApiPorts, 'submission' | 'receipts'>;
  readonly drain: ApiDrain;
  readonly result: SubmitResult;
  readonly query: SubmitQuery;
  readonly reply: FastifyReply;
}

/** Throws the refusal, TRANSACTION_EXPIRED. */
export async function answerSubmission(submitted: Submitted): Promise<TransactionStatusBody | Uint8Array> {
  const { result, query, reply } = submitted;
  if (result.kind === 'rejected') throw rejectionToProblem(result.rejection);
  const known = result.kind === 'committed';
  const first: TransactionStatus = known ? result.status : { id: result.id, status: 'PENDING' };
  void reply.header('location', `/v1/transactions/${first.id}`);
  if (query.wait === undefined || (known && query.wait === 'commit')) {
    void reply.status(known ? 200 : 202);
    return statusToBody(first);
  }
  return awaitOutcome(submitted, first, known);
}

async function awaitOutcome(
  { ports, drain, query, reply }: Submitted,
  { id }: TransactionStatus,
  known: boolean,
): Promise<TransactionStatusBody | Uint8Array> {
  const until = query.wait ?? 'commit';
  const waited = ports.submission.awaitOutcome(id, until, query.timeout);
  const status = await drain.orDrained(waited);
  if (status?.status === 'EXPIRED') {
    throw new ProblemException('TRANSACTION_EXPIRED', `transaction ${id} was not included in time`);
  }
  const pending = status === undefined || status.status === 'PENDING';
  if (!pending && until === 'receipt') {
    const receipt = await ports.receipts.build(id);
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
