/**
 * The state keys of a block, declared before it is executed. Two steps, because rights and idempotency keys belong to the
 * identity behind the signer, and what a ballot may bring about stands in the motion. Changes of identities take force from the next block, so the second step misses none.
 */
import { identityStateKey } from '../governance/identity-entry.js';
import { organisationStateKey } from '../governance/organisation-entry.js';
import { findSigner, signerKey, type SignerName } from '../governance/signer.js';
import type { BlockHeader } from '../ledger/block-header.js';
import { identityText } from '../ledger/identity.js';
import type { PublicKey } from '../primitives/identifiers.js';
import type { StateKey } from '../state/state-key.js';
import type { StateView } from '../state/state-view.js';
import { EPOCH_END_KEYS_READ_FIRST, epochEndKeys } from './epoch/change-epoch.js';
import { idempotencyStateKey } from './idempotency.js';
import type { PlannedTransaction } from './plan-transaction.js';

/** Whether the block is the last of its epoch: then it writes what was scheduled (EPOCH-3). */
type EpochFinal = Pick<BlockHeader, 'epochFinal'>;

/**
 * First step: who signed, and what says which other entries are needed. Each key once. What is declared with them holds while
 * no block before this one writes them.
 */
export function signerKeys(
  planned: readonly PlannedTransaction[],
  { epochFinal }: EpochFinal,
): readonly StateKey[] {
  const keys = new Set<StateKey>(epochFinal ? EPOCH_END_KEYS_READ_FIRST : []);
  for (const { transaction, change } of planned) {
    keys.add(signerKey(transaction.publicKey));
    for (const key of change?.keysReadFirst ?? []) keys.add(key);
  }
  return [...keys];
}

/** Second step: every key that execution may read or write, those of the first step included; each once. */
export function commandKeys(
  planned: readonly PlannedTransaction[],
  first: StateView,
  header: EpochFinal,
): readonly StateKey[] {
  const keys = new Set<StateKey>(signerKeys(planned, header));
  if (header.epochFinal) for (const key of epochEndKeys(first)) keys.add(key);
  const known = new Map<PublicKey, SignerName | undefined>();
  for (const { transaction, subjects, change } of planned) {
    const { publicKey, idempotencyKey } = transaction;
    if (!known.has(publicKey)) known.set(publicKey, findSigner(first, publicKey));
    const signer = known.get(publicKey);
    if (signer === undefined) continue;
    const { organisation, name } = signer;
    keys.add(organisationStateKey(organisation));
    keys.add(identityStateKey(organisation, name));
    keys.add(idempotencyStateKey(identityText(organisation, name), idempotencyKey));
    for (const key of subjects) keys.add(key);
    if (change === undefined) continue;
    keys.add(change.historyKey(organisation));
    for (const key of change.stateKeys(organisation, first)) keys.add(key);
  }
  return [...keys];
}
