/**
 * The state that genesis founds: parameters, the validators in force, organisations, identities and their keys.
 * Values open with a version byte; integers and texts are written as in every canonical layout.
 */
import { ByteWriter } from '../encoding/byte-writer.js';
import { validatorSetDigest } from '../ledger/validator-set.js';
import type { Genesis, GenesisIdentity, GenesisOrganisation } from '../ledger/genesis.js';
import { PARAMETER_NAMES, type GenesisParameters } from '../ledger/genesis-parameters.js';
import { compareStrings } from '../primitives/bytes.js';
import { stateKey, type StateKey } from '../state/state-key.js';
import { encodeSigner, rolesToBits, signerKey } from './signer.js';

export interface FoundingEntry {
  readonly key: StateKey;
  readonly value: Uint8Array;
}

const VERSION = 1;

/** Named pairs in the order of their names, so that a later parameter does not move an earlier one. */
function encodeParameters(parameters: GenesisParameters): Uint8Array {
  const writer = new ByteWriter().u8(VERSION).u16(PARAMETER_NAMES.length);
  for (const name of PARAMETER_NAMES.toSorted(compareStrings)) writer.text(name).u64(parameters[name]);
  return writer.finish();
}

function encodeOrganisation(organisation: GenesisOrganisation): Uint8Array {
  return new ByteWriter().u8(VERSION).digest(organisation.ledgerKey).finish();
}

function encodeIdentity(identity: GenesisIdentity): Uint8Array {
  return new ByteWriter().u8(VERSION).digest(identity.publicKey).u8(rolesToBits(identity.roles)).finish();
}

/** Entries in no particular order, each key once. */
export function genesisState(genesis: Genesis): readonly FoundingEntry[] {
  const entries: FoundingEntry[] = [
    { key: stateKey('parameters'), value: encodeParameters(genesis.parameters) },
    {
      key: stateKey('validators', 'in-force'),
      value: new ByteWriter().u8(VERSION).u64(0).digest(validatorSetDigest(genesis.validators)).finish(),
    },
  ];
  for (const organisation of genesis.organisations) {
    entries.push({
      key: stateKey('organisation', organisation.name),
      value: encodeOrganisation(organisation),
    });
    for (const identity of organisation.identities) {
      entries.push({
        key: stateKey('identity', organisation.name, identity.name),
        value: encodeIdentity(identity),
      });
      entries.push({
        key: signerKey(identity.publicKey),
        value: encodeSigner(organisation.name, identity.name, identity.roles),
      });
    }
  }
  return entries;
}
