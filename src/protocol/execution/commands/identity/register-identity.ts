/** An admin registers an identity of its organisation; it may sign from the next block on. */
import { identityCountsStateKey } from '../../../governance/identity-counts.js';
import { identityHistoryStateKey, identityStateKey } from '../../../governance/identity-entry.js';
import { signerKey } from '../../../governance/signer.js';
import type { RegisterIdentityCommand } from '../../../ledger/transaction.js';
import type { ChainId } from '../../../primitives/identifiers.js';
import { accept, type Result } from '../../../primitives/rejection.js';
import { OWN_CHANGE_STATE_WRITES, type PlannedChange } from '../../planned-change.js';
import { readIdentity, rightsRejection, writeIdentity } from './identity-entries.js';
import { keyRejection, possessionRejection, takeKey } from './new-key.js';

/**
 * Refusals of the content: KEY_INVALID, IDENTITY_INVALID, POSSESSION_INVALID. Failures: IDENTITY_EXISTS, KEY_IN_USE,
 * IDENTITIES_TOO_MANY.
 */
export function planRegisterIdentity(
  { name, key, rights }: RegisterIdentityCommand,
  chainId: ChainId,
): Result<PlannedChange> {
  const rejection = keyRejection(key) ?? rightsRejection(rights);
  if (rejection !== undefined) return { ok: false, rejection };
  return accept({
    stateKeys: (organisation) => [
      identityStateKey(organisation, name),
      identityCountsStateKey(organisation),
      signerKey(key.publicKey),
    ],
    historyKey: (organisation) => identityHistoryStateKey(organisation, name),
    stateWrites: OWN_CHANGE_STATE_WRITES,
    flawFor: (organisation) => possessionRejection(key, { chainId, organisation, name }),
    apply: ({ signer: { organisation }, height }, state) => {
      if (readIdentity(state, organisation, name) !== undefined) return 'IDENTITY_EXISTS';
      const { algorithm, publicKey } = key;
      const entry = {
        algorithm,
        publicKey,
        rights,
        revoked: false,
        registeredHeight: height,
        changedHeight: height,
      };
      return (
        takeKey(state, key, { organisation, name }) ??
        writeIdentity(state, organisation, name, undefined, entry)
      );
    },
  });
}
