/** From the node's values to the bodies of /v1/transactions. */
import type { StoredTransaction } from '../../node/ports.js';
import type { SubmitResult, TransactionStatus } from '../../node/use-cases.js';
import type { Outcome } from '../../protocol/ledger/outcome.js';
import { timestampToText } from '../pages/value-schemas.js';
import { createProblemBody } from '../problems/problem-body.js';
import { rejectionToProblem } from '../problems/problem-exception.js';
import type { BatchResultBody, TransactionPageBody, TransactionStatusBody } from './transaction-schemas.js';

export function statusToBody(status: TransactionStatus): TransactionStatusBody {
  if (status.status !== 'COMMITTED') return { id: status.id, status: status.status };
  const { id, height, index, outcome, timestampMs } = status;
  return {
    id,
    status: 'COMMITTED',
    height,
    index,
    outcome: { ...outcome },
    timestamp: timestampToText(timestampMs),
  };
}

type Placed = Pick<StoredTransaction, 'id' | 'height' | 'index'>;

export function storedToItem({
  id,
  height,
  index,
  outcome,
}: Placed & { readonly outcome: Outcome }): TransactionPageBody['items'][number] {
  return { id, height, index, outcome: { ...outcome } };
}

/** That it is there, and nothing of it. */
export function withheldItem({ height, index }: Placed): TransactionPageBody['items'][number] {
  return { height, index, withheld: true };
}

export function resultToItem(result: SubmitResult, traceId: string): BatchResultBody['results'][number] {
  switch (result.kind) {
    case 'pending':
      return { status: 'PENDING', id: result.id };
    case 'committed':
      return { status: 'COMMITTED', id: result.status.id, transaction: statusToBody(result.status) };
    case 'rejected':
      return { status: 'REFUSED', problem: createProblemBody(rejectionToProblem(result.rejection), traceId) };
  }
}
