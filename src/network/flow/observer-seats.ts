/**
 * Places for observers beside the validators. Each takes an index above theirs while its stream lasts; an organisation has
 * few, so that no member can fill the room of the others by issuing certificates.
 */
import type { OrganisationName, ValidatorIndex } from '../../protocol/primitives/identifiers.js';

interface Seated {
  readonly organisation: OrganisationName;
  readonly observer: string;
}

export class ObserverSeats {
  private readonly seats = new Map<ValidatorIndex, Seated>();

  constructor(
    private readonly validatorCount: number,
    private readonly perOrganisationMax: number,
  ) {}

  /** The index of a free place, or why there is none. */
  take(organisation: OrganisationName, observer: string): ValidatorIndex | string {
    const others = [...this.seats.values()].filter((seated) => seated.organisation === organisation);
    if (others.some((seated) => seated.observer === observer))
      return `observer ${observer} of ${organisation} has a stream already`;
    if (others.length >= this.perOrganisationMax)
      return `${organisation} has ${others.length} observers here already, and no more are let in`;
    let index = this.validatorCount;
    while (this.seats.has(index)) index++;
    this.seats.set(index, { organisation, observer });
    return index;
  }

  leave(index: ValidatorIndex): void {
    this.seats.delete(index);
  }
}
