/**
 * The state keys of a block, declared before it is executed. Two steps, because an idempotency key belongs to the
 * identity behind the signer. Changes of identities take force from the next block, so the second step misses none.
 */
import { resolveSigner, signerKey } from '../governance/signer.js';
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
  const identities = new Map<PublicKey, string | undefined>();
  for (const { transaction, subjects } of planned) {
    const { publicKey, idempotencyKey } = transaction;
    if (!identities.has(publicKey)) identities.set(publicKey, resolveSigner(signers, publicKey)?.identity);
    const identity = identities.get(publicKey);
    if (identity === undefined) continue;
    keys.add(idempotencyStateKey(identity, idempotencyKey));
    for (const key of subjects) keys.add(key);
  }
  return [...keys];
}
