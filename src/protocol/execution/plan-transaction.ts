/**
 * The pure parse of a transaction's content: which records it makes or what it changes, and which state it writes. Admission
 * refuses a flawed content as a courtesy; on the ledger it becomes a failed outcome, so a plan is made for every transaction.
 */
import { STATE_WRITES_BESIDE_SUBJECTS } from '../ledger/genesis-parameters.js';
import { commandDigest, type Transaction } from '../ledger/transaction.js';
import type { Digest } from '../primitives/identifiers.js';
import { unreachable } from '../primitives/invariant.js';
import { accept, type Rejection, type Result } from '../primitives/rejection.js';
import type { StateKey } from '../state/state-key.js';
import { planCaptureEpcisDocument } from './commands/capture-epcis-document.js';
import { planRegisterCredential } from './commands/credential/register-credential.js';
import { planRevokeCredential } from './commands/credential/revoke-credential.js';
import { planCastBallot } from './commands/governance/cast-ballot.js';
import { planProposeMotion } from './commands/governance/propose-motion.js';
import { planSetAddress } from './commands/governance/set-address.js';
import { planWithdrawMotion } from './commands/governance/withdraw-motion.js';
import { planChangeIdentity } from './commands/identity/change-identity.js';
import { planRegisterIdentity } from './commands/identity/register-identity.js';
import { planRevokeIdentity } from './commands/identity/revoke-identity.js';
import { planRotateIdentityKey } from './commands/identity/rotate-identity-key.js';
import { planRecordDocuments } from './commands/record-documents.js';
import { planSetReaders } from './commands/set-readers.js';
import type { PlannedChange } from './planned-change.js';
import { RecordPlan, type PlannedRecord, type RecordLimits } from './record-plan.js';

export type { PlannedRecord } from './record-plan.js';

export interface PlannedTransaction {
  readonly transaction: Transaction;
  readonly commandDigest: Digest;
  /** Why the content cannot be executed; then there are no records, no subjects and no change. */
  readonly rejection: Rejection | undefined;
  readonly records: readonly PlannedRecord[];
  /** State keys of the different subjects of all records. */
  readonly subjects: readonly StateKey[];
  /** What a command of governance does; `undefined` for one that records. */
  readonly change: PlannedChange | undefined;
  /**
   * Rows that the transaction may write: one for each subject of each record or for each entry of a change, one for its key.
   * Counted against stateWritesPerBlockMax.
   */
  readonly stateWrites: number;
}

/** Fills the plan, or answers with the change. */
function planCommand(
  transaction: Transaction,
  plan: RecordPlan,
): { readonly rejection?: Rejection | undefined; readonly change?: Result<PlannedChange> } {
  const { command, chainId } = transaction;
  switch (command.type) {
    case 'recordDocuments':
      return { rejection: planRecordDocuments(command, plan) };
    case 'captureEpcisDocument':
      return { rejection: planCaptureEpcisDocument(command, plan) };
    case 'registerIdentity':
      return { change: planRegisterIdentity(command, chainId) };
    case 'changeIdentity':
      return { change: planChangeIdentity(command) };
    case 'rotateIdentityKey':
      return { change: planRotateIdentityKey(command, chainId) };
    case 'revokeIdentity':
      return { change: accept(planRevokeIdentity(command)) };
    case 'setReaders':
      return { change: accept(planSetReaders(command)) };
    case 'proposeMotion':
      return { change: planProposeMotion(command, transaction) };
    case 'castBallot':
      return { change: accept(planCastBallot(command)) };
    case 'withdrawMotion':
      return { change: accept(planWithdrawMotion(command)) };
    case 'setAddress':
      return { change: accept(planSetAddress(command)) };
    case 'registerCredential':
      return { change: planRegisterCredential(command, chainId) };
    case 'revokeCredential':
      return { change: accept(planRevokeCredential(command)) };
    default:
      return unreachable(command);
  }
}

/** Total: a flaw in the content is `rejection` (FailureCode of ledger/outcome.ts with its message and field). */
export function planTransaction(transaction: Transaction, limits: RecordLimits): PlannedTransaction {
  const plan = new RecordPlan(transaction.body, limits);
  const { rejection: flaw, change } = planCommand(transaction, plan);
  const rejection = change?.ok === false ? change.rejection : flaw;
  const planned = { transaction, commandDigest: commandDigest(transaction), rejection };
  if (rejection !== undefined)
    return {
      ...planned,
      records: [],
      subjects: [],
      change: undefined,
      stateWrites: STATE_WRITES_BESIDE_SUBJECTS,
    };
  if (change?.ok === true) {
    const stateWrites = change.value.stateWrites + STATE_WRITES_BESIDE_SUBJECTS;
    return { ...planned, records: [], subjects: [], change: change.value, stateWrites };
  }
  const { records, subjects, stateWrites } = plan;
  return { ...planned, records, subjects, change: undefined, stateWrites };
}
