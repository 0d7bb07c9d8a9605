/** Where this node sits in an epoch, and who else: what the replica is told of it (PBFT-EPOCH-1). */
import type { EpochTerms } from '../../protocol/ledger/epoch-terms.js';
import type { EpochSeats } from '../../protocol/pbft/epoch-seats.js';
import type { OrganisationName, PublicKey, ValidatorIndex } from '../../protocol/primitives/identifiers.js';
import type { Roster } from '../members/roster.js';

export interface OwnVoice {
  readonly organisation: OrganisationName;
  /** The key that may speak; `undefined` for an observer, and for a node whose key must not vote any more. */
  readonly ledgerKey: PublicKey | undefined;
}

export class Seating {
  constructor(
    private readonly own: OwnVoice,
    private readonly roster: Pick<Roster, 'peersOf'>,
  ) {}

  /** Own place; a place of the own organisation that is another key's is none of this node. */
  placeIn({ validators }: Pick<EpochTerms, 'validators'>): ValidatorIndex | undefined {
    const { organisation, ledgerKey } = this.own;
    const place = validators.findIndex(
      (validator) => validator.organisation === organisation && validator.ledgerKey === ledgerKey,
    );
    return place < 0 ? undefined : place;
  }

  seatsIn(terms: EpochTerms): Required<EpochSeats> {
    const { epoch, firstHeight, validators, parameters } = terms;
    return {
      epoch,
      firstHeight,
      validators,
      self: this.placeIn(terms),
      peers: this.roster.peersOf(validators),
      clockDriftMs: parameters.clockDriftMs,
      proposalAgeMsMax: parameters.proposalAgeMsMax,
    };
  }
}
