/**
 * The pure parse of a transaction's content: which records it makes and which state it writes. Admission refuses a
 * flawed content as a courtesy; on the ledger it becomes a failed outcome, so a plan is made for every transaction.
 */
import { STATE_WRITES_BESIDE_SUBJECTS } from '../ledger/genesis-parameters.js';
import { commandDigest, type Command, type Transaction } from '../ledger/transaction.js';
import type { Digest } from '../primitives/identifiers.js';
import { unreachable } from '../primitives/invariant.js';
import type { Rejection } from '../primitives/rejection.js';
import type { StateKey } from '../state/state-key.js';
import { planCaptureEpcisDocument } from './commands/capture-epcis-document.js';
import { planRecordDocuments } from './commands/record-documents.js';
import { RecordPlan, type PlannedRecord, type RecordLimits } from './record-plan.js';

export type { PlannedRecord } from './record-plan.js';

export interface PlannedTransaction {
  readonly transaction: Transaction;
  readonly commandDigest: Digest;
  /** Why the content cannot be executed; then there are no records and no subjects. */
  readonly rejection: Rejection | undefined;
  readonly records: readonly PlannedRecord[];
  /** State keys of the different subjects of all records. */
  readonly subjects: readonly StateKey[];
  /** Rows that the transaction may write: one for each subject of each record, one for its key. Counted against stateWritesPerBlockMax. */
  readonly stateWrites: number;
}

function fillPlan(command: Command, plan: RecordPlan): Rejection | undefined {
  switch (command.type) {
    case 'recordDocuments':
      return planRecordDocuments(command, plan);
    case 'captureEpcisDocument':
      return planCaptureEpcisDocument(command, plan);
    default:
      return unreachable(command);
  }
}

/** Total: a flaw in the content is `rejection` (FailureCode of ledger/outcome.ts with its message and field). */
export function planTransaction(transaction: Transaction, limits: RecordLimits): PlannedTransaction {
  const plan = new RecordPlan(transaction.body, limits);
  const rejection = fillPlan(transaction.command, plan);
  const planned = { transaction, commandDigest: commandDigest(transaction), rejection };
  if (rejection !== undefined) {
    return { ...planned, records: [], subjects: [], stateWrites: STATE_WRITES_BESIDE_SUBJECTS };
  }
  return { ...planned, records: plan.records, subjects: plan.subjects, stateWrites: plan.stateWrites };
}
