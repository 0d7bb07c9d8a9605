/** The genesis document as it is written in the file. Its RFC 8785 bytes name the chain. */
import type { OrganisationName, PublicKey } from '../../primitives/identifiers.js';
import type { GenesisParameters } from '../genesis-parameters.js';
import type { Role } from '../identity.js';

export const GENESIS_FORMAT = 'countersign-genesis/v1';

export interface GenesisIdentity {
  readonly name: string;
  /** Ed25519, 64 lower-case hex digits. */
  readonly publicKey: PublicKey;
  readonly roles: readonly Role[];
}

export interface GenesisOrganisation {
  readonly name: OrganisationName;
  /** Ed25519, 64 lower-case hex digits: votes, checkpoint lines, certificate authority. */
  readonly ledgerKey: PublicKey;
  /** Sorted by name. */
  readonly identities: readonly GenesisIdentity[];
}

export interface GenesisDocument {
  readonly format: typeof GENESIS_FORMAT;
  /** Name of the consortium, part of the checkpoint origin. */
  readonly name: string;
  readonly parameters: GenesisParameters;
  /** Sorted by name; each is a validator. */
  readonly organisations: readonly GenesisOrganisation[];
}

export const ORGANISATIONS_MAX = 100;
export const IDENTITIES_PER_ORGANISATION_MAX = 10_000;
export const GENESIS_BYTES_MAX = 16_777_216;
