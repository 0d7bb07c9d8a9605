/** Which terms are in force, and which are pending, as the durable head of the ledger has them. */
import {
  decodeEpochTerms,
  decodeInForce,
  epochTermsKey,
  IN_FORCE_KEY,
  PENDING_TERMS_KEY,
} from '../../protocol/governance/epoch-state.js';
import { genesisTerms, type EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import type { Genesis } from '../../protocol/ledger/genesis.js';
import type { Height } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import type { StateKey } from '../../protocol/state/state-key.js';
import type { LedgerReader } from '../ports.js';

export interface StandingTerms {
  readonly asOfHeight: Height;
  /** Of the next height. */
  readonly inForce: EpochTerms;
  readonly pending: EpochTerms | undefined;
}

/** A block may become durable between the reads: terms of an epoch never change, so what is in force is always whole. */
export async function readStandingTerms(
  reader: Pick<LedgerReader, 'listState'>,
  genesis: Pick<Genesis, 'validators' | 'parameters'>,
): Promise<StandingTerms> {
  const one = async (key: StateKey) => {
    const { asOfHeight, entries } = await reader.listState(key, { after: undefined, limit: 1 });
    return { asOfHeight, value: entries[0]?.value };
  };
  const scheduled = (await one(PENDING_TERMS_KEY)).value;
  const { asOfHeight, value } = await one(IN_FORCE_KEY);
  invariant(value !== undefined, 'the state does not say which epoch is in force');
  const epoch = decodeInForce(value);
  const stored = epoch === 0 ? undefined : (await one(epochTermsKey(epoch))).value;
  invariant(epoch === 0 || stored !== undefined, `the state has no terms of epoch ${epoch}`);
  const inForce = stored === undefined ? genesisTerms(genesis) : decodeEpochTerms(stored);
  const pending = scheduled === undefined ? undefined : decodeEpochTerms(scheduled);
  return { asOfHeight, inForce, pending: pending?.epoch === epoch + 1 ? pending : undefined };
}
