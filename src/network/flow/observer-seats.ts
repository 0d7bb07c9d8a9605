/**
 * Places for observers beside the members. Each takes an index above theirs while its stream lasts; an organisation has
 * few, so that no member can fill the room of the others by issuing certificates.
 */
import {
  OBSERVER_PEERS_FROM,
  type OrganisationName,
  type PeerIndex,
} from '../../protocol/primitives/identifiers.js';

interface Seated {
  readonly organisation: OrganisationName;
  readonly observer: string;
}

export class ObserverSeats {
  private readonly seats = new Map<PeerIndex, Seated>();

  constructor(private readonly perOrganisationMax: number) {}

  /** The index of a free place, or why there is none. */
  take(organisation: OrganisationName, observer: string): PeerIndex | string {
    const others = [...this.seats.values()].filter((seated) => seated.organisation === organisation);
    if (others.some((seated) => seated.observer === observer))
      return `observer ${observer} of ${organisation} has a stream already`;
    if (others.length >= this.perOrganisationMax)
      return `${organisation} has ${others.length} observers here already, and no more are let in`;
    let index = OBSERVER_PEERS_FROM;
    while (this.seats.has(index)) index++;
    this.seats.set(index, { organisation, observer });
    return index;
  }

  leave(index: PeerIndex): void {
    this.seats.delete(index);
  }
}
