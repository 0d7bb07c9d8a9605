/**
 * The state keys of a block, declared before it is executed. Two steps, because rights and idempotency keys belong to the
 * identity behind the signer. Changes of identities take force from the next block, so the second step misses none.
 */
import { identityStateKey } from '../governance/identity-entry.js';
import { findSigner, signerKey, type SignerName } from '../governance/signer.js';
import { identityText } from '../ledger/identity.js';
import type { PublicKey } from '../primitives/identifiers.js';
import type { StateKey } from '../state/state-key.js';
import type { StateView } from '../state/state-view.js';
import { idempotencyStateKey } from './idempotency.js';
import type { PlannedTransaction } from './plan-transaction.js';

/** First step: who signed. Each key once. */
export function signerKeys(planned: readonly PlannedTransaction[]): readonly StateKey[] {
  const publicKeys = new Set<PublicKey>();
  for (const { transaction } of planned) publicKeys.add(transaction.publicKey);
  return [...publicKeys].map((publicKey) => signerKey(publicKey));
}

/** Second step: every key that execution may read or write, those of the first step included; each once. */
export function commandKeys(planned: readonly PlannedTransaction[], signers: StateView): readonly StateKey[] {
  const keys = new Set<StateKey>(signerKeys(planned));
  const known = new Map<PublicKey, SignerName | undefined>();
  for (const { transaction, subjects, change } of planned) {
    const { publicKey, idempotencyKey } = transaction;
    if (!known.has(publicKey)) known.set(publicKey, findSigner(signers, publicKey));
    const signer = known.get(publicKey);
    if (signer === undefined) continue;
    const { organisation, name } = signer;
    keys.add(identityStateKey(organisation, name));
    keys.add(idempotencyStateKey(identityText(organisation, name), idempotencyKey));
    for (const key of subjects) keys.add(key);
    if (change === undefined) continue;
    keys.add(change.historyKey(organisation));
    for (const key of change.stateKeys(organisation)) keys.add(key);
  }
  return [...keys];
}
