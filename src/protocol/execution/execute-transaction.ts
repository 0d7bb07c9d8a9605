/**
 * One transaction: authorisation, idempotency, content, effect, in this order, so that a command that was executed
 * once is REPLAYED whatever has changed since (EXE-2). All of its writes or none.
 */
import { isPermitted } from '../governance/permissions.js';
import { resolveSigner } from '../governance/signer.js';
import { isFailureCode, type FailureCode, type Outcome } from '../ledger/outcome.js';
import type { Height } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { WriteSet } from '../state/write-set.js';
import { applyRecords, type AppendedEntry } from './apply-records.js';
import { decodeReservation, encodeReservation, idempotencyStateKey } from './idempotency.js';
import type { PlannedTransaction } from './plan-transaction.js';

export interface TransactionPlace {
  readonly height: Height;
  readonly transactionIndex: number;
}

export interface ExecutedTransaction {
  readonly outcome: Outcome;
  /** Empty unless the outcome is OK. */
  readonly entries: readonly AppendedEntry[];
}

/** Code of a flawed content on the ledger. */
function contentFailure(planned: PlannedTransaction): FailureCode | undefined {
  if (planned.rejection === undefined) return undefined;
  const { code } = planned.rejection;
  invariant(isFailureCode(code), `a plan was refused with ${code}, which is no failure code`);
  return code;
}

function run(planned: PlannedTransaction, place: TransactionPlace, state: WriteSet): ExecutedTransaction {
  const { transaction, commandDigest } = planned;
  const signer = transaction.publicKey;
  const resolved = resolveSigner(state, signer);
  const identity = resolved?.identity ?? '';
  const failed = (failure: FailureCode): ExecutedTransaction => ({
    outcome: { code: 'FAILED', failure, signer, identity },
    entries: [],
  });
  if (resolved === undefined) return failed('SIGNER_UNKNOWN');
  if (!isPermitted(resolved, transaction.command)) return failed('SIGNER_NOT_PERMITTED');

  const reservationKey = idempotencyStateKey(identity, transaction.idempotencyKey);
  const reserved = state.get(reservationKey);
  if (reserved !== undefined) {
    const reservation = decodeReservation(reserved);
    if (reservation.commandDigest !== commandDigest) return failed('IDEMPOTENCY_CONFLICT');
    return { outcome: { code: 'REPLAYED', firstId: reservation.firstId, signer, identity }, entries: [] };
  }
  const failure = contentFailure(planned);
  if (failure !== undefined) return failed(failure);

  const entries = applyRecords(planned.records, place, state);
  state.put(reservationKey, encodeReservation({ commandDigest, firstId: transaction.id }));
  return { outcome: { code: 'OK', signer, identity }, entries };
}

/** Total: whatever the content, there is an outcome. `state` carries the writes of the block so far. */
export function executeTransaction(
  planned: PlannedTransaction,
  place: TransactionPlace,
  state: WriteSet,
): ExecutedTransaction {
  const checkpoint = state.checkpoint();
  const executed = run(planned, place, state);
  if (executed.outcome.code !== 'OK') state.rollback(checkpoint);
  return executed;
}
