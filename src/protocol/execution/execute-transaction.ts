/**
 * One transaction: authorisation, idempotency, content, effect, in this order, so that a command that was executed
 * once is REPLAYED whatever has changed since (EXE-2). All of its writes or none. Who signed is what the state before the
 * block says of the key (EXE-5): a change of an identity takes force from the next block.
 */
import { isPermitted } from '../governance/permissions.js';
import { resolveSigner, type ResolvedSigner } from '../governance/signer.js';
import { sha256 } from '../crypto/sha256.js';
import type { EpochTerms } from '../ledger/epoch-terms.js';
import { isFailureCode, type FailureCode, type Outcome } from '../ledger/outcome.js';
import type { Transaction } from '../ledger/transaction.js';
import type { Height } from '../primitives/identifiers.js';
import { invariant } from '../primitives/invariant.js';
import type { Rejection } from '../primitives/rejection.js';
import type { StateKey } from '../state/state-key.js';
import type { StateView } from '../state/state-view.js';
import type { WriteSet } from '../state/write-set.js';
import { applyRecords, type AppendedEntry } from './apply-records.js';
import { decodeReservation, encodeReservation, idempotencyStateKey } from './idempotency.js';
import type { PlannedRecord, PlannedTransaction } from './plan-transaction.js';

export interface TransactionPlace {
  readonly height: Height;
  readonly transactionIndex: number;
}

export interface BlockContext {
  /** The state before the block. */
  readonly before: StateView;
  /** In force at the block's height. */
  readonly terms: EpochTerms;
}

export interface ExecutedTransaction {
  readonly outcome: Outcome;
  /** Empty unless the outcome is OK. */
  readonly entries: readonly AppendedEntry[];
}

/** Code of a flawed content on the ledger. */
function toFailure(rejection: Rejection | undefined): FailureCode | undefined {
  if (rejection === undefined) return undefined;
  const { code } = rejection;
  invariant(isFailureCode(code), `a plan was refused with ${code}, which is no failure code`);
  return code;
}

/** The command itself, as the record that histories of changes list. */
function commandRecord({ body, commandStart }: Transaction, histories: readonly StateKey[]): PlannedRecord {
  const digest = sha256(body.subarray(commandStart));
  return { digest, start: commandStart, end: body.length, subjects: histories };
}

/** Effect of a command whose signer may sign it and whose content is sound: what it appends, or why it fails after all. */
function applyCommand(
  { transaction, records, change }: PlannedTransaction,
  signer: ResolvedSigner,
  place: TransactionPlace,
  block: BlockContext,
  state: WriteSet,
): readonly AppendedEntry[] | FailureCode {
  if (change === undefined) return applyRecords(records, place, state);
  const { organisation } = signer;
  const applied =
    toFailure(change.flawFor(organisation)) ??
    change.apply({ signer, height: place.height, ...block }, state);
  if (typeof applied === 'string') return applied;
  const histories = [change.historyKey(organisation)];
  if (applied !== undefined) histories.push(applied.alsoListedIn);
  return applyRecords([commandRecord(transaction, histories)], place, state);
}

function run(
  planned: PlannedTransaction,
  place: TransactionPlace,
  block: BlockContext,
  state: WriteSet,
): ExecutedTransaction {
  const { transaction, commandDigest } = planned;
  const signer = transaction.publicKey;
  const resolved = resolveSigner(block.before, signer, place.height);
  const who = { signer, identity: resolved?.identity ?? '', custody: resolved?.custody ?? 'self' };
  const failed = (failure: FailureCode): ExecutedTransaction => ({
    outcome: { code: 'FAILED', failure, ...who },
    entries: [],
  });
  if (resolved === undefined) return failed('SIGNER_UNKNOWN');
  if (resolved.refusal !== undefined) return failed(resolved.refusal);
  if (!isPermitted(resolved, transaction.command)) return failed('SIGNER_NOT_PERMITTED');

  const reservationKey = idempotencyStateKey(resolved.identity, transaction.idempotencyKey);
  const reserved = state.get(reservationKey);
  if (reserved !== undefined) {
    const reservation = decodeReservation(reserved);
    if (reservation.commandDigest !== commandDigest) return failed('IDEMPOTENCY_CONFLICT');
    return { outcome: { code: 'REPLAYED', firstId: reservation.firstId, ...who }, entries: [] };
  }
  const flaw = toFailure(planned.rejection);
  if (flaw !== undefined) return failed(flaw);

  const applied = applyCommand(planned, resolved, place, block, state);
  if (typeof applied === 'string') return failed(applied);
  state.put(reservationKey, encodeReservation({ commandDigest, firstId: transaction.id }));
  return { outcome: { code: 'OK', ...who }, entries: applied };
}

/** Total: whatever the content, there is an outcome. `state` carries the block's writes so far. */
export function executeTransaction(
  planned: PlannedTransaction,
  place: TransactionPlace,
  block: BlockContext,
  state: WriteSet,
): ExecutedTransaction {
  const checkpoint = state.checkpoint();
  const executed = run(planned, place, block, state);
  if (executed.outcome.code !== 'OK') state.rollback(checkpoint);
  return executed;
}
