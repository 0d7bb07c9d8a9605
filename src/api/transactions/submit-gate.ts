/** Whether the node takes a transaction now, and what a header may say about it. Throws the problem that answers. */
import type { FastifyRequest } from 'fastify';
import type { NodeReadiness, NodeStatus } from '../../node/use-cases.js';
import type { RawTransaction } from '../../node/ports.js';
import { decodeSignedTransaction } from '../../protocol/ledger/transaction.js';
import type { ApiDrain } from '../api-drain.js';
import type { ApiPorts } from '../api-ports.js';
import { ProblemException, rejectionToProblem } from '../problems/problem-exception.js';
import type { ProblemCode } from '../problems/problem-registry.js';

type Cause = Extract<NodeReadiness, { ready: false }>['cause'];

const CAUSE_PROBLEM: { readonly [Name in Cause]: ProblemCode } = {
  starting: 'NODE_STARTING',
  quorumUnreachable: 'QUORUM_UNREACHABLE',
  quarantined: 'NODE_QUARANTINED',
  halted: 'NODE_HALTED',
  databaseUnavailable: 'DATABASE_UNAVAILABLE',
  journalStalled: 'JOURNAL_FULL',
  signerUnavailable: 'SIGNER_UNAVAILABLE',
};

/** Throws NODE_DRAINING, NODE_STARTING, QUORUM_UNREACHABLE, NODE_QUARANTINED, NODE_HALTED, DATABASE_UNAVAILABLE, JOURNAL_FULL, SIGNER_UNAVAILABLE. */
export function requireReady(status: Pick<NodeStatus, 'readiness'>, drain: ApiDrain): void {
  if (drain.isDraining) throw new ProblemException('NODE_DRAINING', 'the node takes no new transactions');
  const readiness = status.readiness();
  if (!readiness.ready) throw new ProblemException(CAUSE_PROBLEM[readiness.cause], readiness.detail);
}

/** Throws NODE_IS_OBSERVER, and what `requireReady` throws. */
export function requireSubmission(
  { role, status }: Pick<ApiPorts, 'role' | 'status'>,
  drain: ApiDrain,
): void {
  if (role === 'observer')
    throw new ProblemException('NODE_IS_OBSERVER', 'this node follows the ledger and has no vote');
  requireReady(status, drain);
}

/** The header is a convenience of clients; what counts is signed. Throws IDEMPOTENCY_KEY_MISMATCH. */
export function checkIdempotencyHeader(
  request: FastifyRequest,
  raw: RawTransaction,
  transactionBytesMax: number,
): void {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return;
  const decoded = decodeSignedTransaction(raw.body, raw.signature, { transactionBytesMax });
  if (!decoded.ok) throw rejectionToProblem(decoded.rejection);
  if (header === decoded.value.idempotencyKey) return;
  const detail = 'differs from the idempotency key in the signed body';
  throw new ProblemException('IDEMPOTENCY_KEY_MISMATCH', detail, [{ detail, header: 'Idempotency-Key' }]);
}
