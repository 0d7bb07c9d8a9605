/** An admin says who reads the records of its organisation; what it said before is replaced. */
import { identityStateKey } from '../../governance/identity-entry.js';
import { organisationStateKey } from '../../governance/organisation-entry.js';
import { encodeReaders, organisationHistoryStateKey, readersStateKey } from '../../governance/reading.js';
import { EVERYONE } from '../../ledger/identity.js';
import type { SetReadersCommand } from '../../ledger/transaction.js';
import type { StateKey } from '../../state/state-key.js';
import { OWN_CHANGE_STATE_WRITES, type PlannedChange } from '../planned-change.js';

/** Entry that shows that the reader exists. */
function entryOf(reader: string): StateKey {
  const [organisation = '', name] = reader.split('/');
  return name === undefined ? organisationStateKey(organisation) : identityStateKey(organisation, name);
}

/** Failure: READER_UNKNOWN. */
export function planSetReaders({ readers }: SetReadersCommand): PlannedChange {
  const entries = readers.filter((reader) => reader !== EVERYONE).map(entryOf);
  return {
    stateKeys: (organisation) => [readersStateKey(organisation), ...entries],
    historyKey: organisationHistoryStateKey,
    stateWrites: OWN_CHANGE_STATE_WRITES,
    flawFor: () => undefined,
    apply: ({ signer: { organisation } }, state) => {
      if (entries.some((key) => state.get(key) === undefined)) return 'READER_UNKNOWN';
      state.put(readersStateKey(organisation), encodeReaders(readers));
      return undefined;
    },
  };
}
