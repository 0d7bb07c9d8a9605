/** An admin replaces the rights of an identity of its organisation. */
import type { ChangeIdentityCommand } from '../../../ledger/transaction.js';
import { accept, type Result } from '../../../primitives/rejection.js';
import type { PlannedChange } from '../../planned-change.js';
import { planEntryChange, rightsRejection } from './identity-entries.js';

/** Refusal of the content: IDENTITY_INVALID. Failures: IDENTITY_UNKNOWN, IDENTITY_REVOKED, LAST_ADMIN. */
export function planChangeIdentity({ name, rights }: ChangeIdentityCommand): Result<PlannedChange> {
  const rejection = rightsRejection(rights);
  return rejection === undefined
    ? accept(planEntryChange(name, () => ({ rights })))
    : { ok: false, rejection };
}
