/** An admin gives an identity of its organisation another key; the one before is its own for ever, and signs nothing more. */
import { signerKey } from '../../../governance/signer.js';
import type { RotateIdentityKeyCommand } from '../../../ledger/transaction.js';
import type { ChainId } from '../../../primitives/identifiers.js';
import { accept, type Result } from '../../../primitives/rejection.js';
import type { PlannedChange } from '../../planned-change.js';
import { planEntryChange } from './identity-entries.js';
import { keyRejection, possessionRejection, takeKey } from './new-key.js';

/**
 * Refusals of the content: KEY_INVALID, POSSESSION_INVALID. Failures: IDENTITY_UNKNOWN, IDENTITY_REVOKED, KEY_IN_USE.
 */
export function planRotateIdentityKey(
  { name, key }: RotateIdentityKeyCommand,
  chainId: ChainId,
): Result<PlannedChange> {
  const rejection = keyRejection(key);
  if (rejection !== undefined) return { ok: false, rejection };
  const { algorithm, publicKey } = key;
  const change = planEntryChange(name, () => ({ algorithm, publicKey }));
  return accept({
    ...change,
    stateKeys: (organisation, first) => [...change.stateKeys(organisation, first), signerKey(publicKey)],
    flawFor: (organisation) => possessionRejection(key, { chainId, organisation, name }),
    apply: (context, state) => {
      const { organisation } = context.signer;
      return change.apply(context, state) ?? takeKey(state, key, { organisation, name });
    },
  });
}
