/**
 * The state that genesis founds: parameters, the validators in force, organisations, identities and their keys.
 * Values open with a version byte; integers and texts are written as in every canonical layout.
 */
import { validatorSetDigest } from '../ledger/validator-set.js';
import type { Genesis, GenesisIdentity } from '../ledger/genesis.js';
import type { StateKey } from '../state/state-key.js';
import { encodeInForce, encodeParameters, IN_FORCE_KEY, PARAMETERS_KEY } from './epoch-state.js';
import { encodeIdentityCounts, identityCountsStateKey } from './identity-counts.js';
import {
  encodeIdentityEntry,
  identityStateKey,
  isLastingAdmin,
  type IdentityEntry,
} from './identity-entry.js';
import { encodeOrganisationEntry, organisationStateKey } from './organisation-entry.js';
import { encodeSigner, signerKey } from './signer.js';

export interface FoundingEntry {
  readonly key: StateKey;
  readonly value: Uint8Array;
}

/** Genesis gives rights without end, to whoever holds the key. */
function foundingIdentity({ publicKey, roles }: GenesisIdentity): IdentityEntry {
  return {
    algorithm: 'ed25519',
    publicKey,
    rights: { roles, custody: 'self', validFromHeight: 0, validUntilHeight: 0 },
    revoked: false,
    registeredHeight: 0,
    changedHeight: 0,
  };
}

/** Entries in no particular order, each key once. */
export function genesisState(genesis: Genesis): readonly FoundingEntry[] {
  const entries: FoundingEntry[] = [
    { key: PARAMETERS_KEY, value: encodeParameters(genesis.parameters) },
    {
      key: IN_FORCE_KEY,
      value: encodeInForce(0, validatorSetDigest(genesis.validators)),
    },
  ];
  for (const organisation of genesis.organisations) {
    entries.push({
      key: organisationStateKey(organisation.name),
      value: encodeOrganisationEntry({
        ledgerKey: organisation.ledgerKey,
        address: undefined,
        admittedHeight: 0,
        removedHeight: 0,
      }),
    });
    const founded = organisation.identities.map((identity) => ({
      name: identity.name,
      entry: foundingIdentity(identity),
    }));
    entries.push({
      key: identityCountsStateKey(organisation.name),
      value: encodeIdentityCounts({
        identities: founded.length,
        lastingAdmins: founded.filter(({ entry }) => isLastingAdmin(entry)).length,
      }),
    });
    for (const { name, entry } of founded) {
      entries.push({
        key: identityStateKey(organisation.name, name),
        value: encodeIdentityEntry(entry),
      });
      entries.push({
        key: signerKey(entry.publicKey),
        value: encodeSigner({ organisation: organisation.name, name }),
      });
    }
  }
  return entries;
}
