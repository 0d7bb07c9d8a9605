/** An admin says where the node of its organisation is reached. */
import { encodeOrganisationEntry, organisationStateKey } from '../../../governance/organisation-entry.js';
import { organisationHistoryStateKey } from '../../../governance/reading.js';
import type { SetAddressCommand } from '../../../ledger/transaction.js';
import type { PlannedChange } from '../../planned-change.js';
import { readMember } from './governing-entries.js';

/** Organisation, history. */
const STATE_WRITES = 2;

/** Failure: ORGANISATION_REMOVED, when an earlier transaction of the block has removed it. */
export function planSetAddress({ address }: SetAddressCommand): PlannedChange {
  return {
    stateKeys: (organisation) => [organisationStateKey(organisation)],
    historyKey: organisationHistoryStateKey,
    stateWrites: STATE_WRITES,
    flawFor: () => undefined,
    apply: ({ signer: { organisation } }, state) => {
      const member = readMember(state, organisation);
      if (typeof member === 'string') return member;
      state.put(organisationStateKey(organisation), encodeOrganisationEntry({ ...member, address }));
      return undefined;
    },
  };
}
