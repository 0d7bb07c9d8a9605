import { describe, expect, it } from '@jest/globals';
import { PENDING_CHANGE_KEY, PENDING_TERMS_KEY } from '../../governance/epoch-state.js';
import type { EpochTerms } from '../../ledger/epoch-terms.js';
import { DEFAULT_PARAMETERS } from '../../ledger/genesis-parameters.js';
import { ORGANISATIONS_MAX } from '../../ledger/genesis.js';
import type { PublicKey } from '../../primitives/identifiers.js';
import { PrefetchedState } from '../../state/state-view.js';
import { WriteSet } from '../../state/write-set.js';
import { scheduleEpoch } from './schedule-epoch.js';

function validators(count: number): EpochTerms['validators'] {
  return Array.from({ length: count }, (_, place) => ({
    organisation: `org-${String(place).padStart(3, '0')}`,
    ledgerKey: place.toString(16).padStart(64, '0') as PublicKey,
  }));
}

describe('validators of the next epoch', () => {
  const schedule = (from: number, to: number) => {
    const state = new WriteSet(
      new PrefetchedState([
        [PENDING_TERMS_KEY, undefined],
        [PENDING_CHANGE_KEY, undefined],
      ]),
    );
    const terms = { epoch: 0, firstHeight: 1, validators: validators(from), parameters: DEFAULT_PARAMETERS };
    const change = {
      kind: 'promote',
      organisation: 'org-000',
      formerKey: undefined,
      ledgerKey: undefined,
    } as const;
    const failure = scheduleEpoch(
      { terms, height: 7 } as never,
      state,
      { validators: validators(to) },
      change,
    );
    return { failure, isPending: state.get(PENDING_TERMS_KEY) !== undefined };
  };

  it('are as many as a ledger may have, and no more', () => {
    const most = ORGANISATIONS_MAX;
    expect(schedule(most - 1, most)).toEqual({ failure: undefined, isPending: true });
    expect(schedule(most, most + 1)).toEqual({ failure: 'VALIDATORS_TOO_MANY', isPending: false });
  });
});
