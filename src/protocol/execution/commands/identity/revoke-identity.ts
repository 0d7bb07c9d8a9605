/** An admin revokes an identity of its organisation: it never signs again, and its name is not given again. */
import type { RevokeIdentityCommand } from '../../../ledger/transaction.js';
import type { PlannedChange } from '../../planned-change.js';
import { planEntryChange } from './identity-entries.js';

/** Failures: IDENTITY_UNKNOWN, IDENTITY_REVOKED, LAST_ADMIN. */
export function planRevokeIdentity({ name }: RevokeIdentityCommand): PlannedChange {
  return planEntryChange(name, () => ({ revoked: true }));
}
