/** One dialer for each member that this node has to dial, as the members change. */
import type { NodeObserver, PeerMember } from '../node/ports.js';
import type { OrganisationName } from '../protocol/primitives/identifiers.js';
import type { PeerDialer } from './peer-dialer.js';

export interface DialersPorts {
  readonly observer: Pick<NodeObserver, 'log'>;
  /** Organisation → "host:port", in place of what the ledger names. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly isDialled: (organisation: OrganisationName) => boolean;
  readonly create: (member: PeerMember, address: string) => PeerDialer;
}

export class PeerDialers {
  private readonly dialers = new Map<OrganisationName, PeerDialer>();
  /** Members that are not dialled for want of an address, so that each is logged once. */
  private readonly withoutAddress = new Set<OrganisationName>();

  constructor(private readonly ports: DialersPorts) {}

  /** Stops those whose members are gone or refused; new ones wait for `begin`. */
  update(members: readonly PeerMember[]): void {
    const dialled = members.filter(
      ({ organisation, refused }) => refused === undefined && this.ports.isDialled(organisation),
    );
    const names = new Set(dialled.map(({ organisation }) => organisation));
    for (const [organisation, dialer] of this.dialers) {
      if (names.has(organisation)) continue;
      dialer.stop(`${organisation} is dialled no more`);
      this.dialers.delete(organisation);
    }
    for (const organisation of this.withoutAddress) {
      if (!names.has(organisation)) this.withoutAddress.delete(organisation);
    }
    for (const member of dialled) this.direct(member);
  }

  /** Dials whoever is not dialled yet. */
  begin(): void {
    for (const dialer of this.dialers.values()) dialer.begin();
  }

  stop(reason: string): void {
    for (const dialer of this.dialers.values()) dialer.stop(reason);
    this.dialers.clear();
  }

  private direct(member: PeerMember): void {
    const { organisation } = member;
    const address = this.ports.addresses[organisation] ?? member.address;
    const dialer = this.dialers.get(organisation);
    if (address === undefined) {
      // A ledger that takes an address back does not take the connection: the last one is kept.
      if (dialer === undefined) this.logWithoutAddress(organisation);
      return;
    }
    this.withoutAddress.delete(organisation);
    if (dialer === undefined) this.dialers.set(organisation, this.ports.create(member, address));
    else dialer.redirect(address);
  }

  private logWithoutAddress(organisation: OrganisationName): void {
    if (this.withoutAddress.has(organisation)) return;
    this.withoutAddress.add(organisation);
    this.ports.observer.log('error', 'a member has no address and is not dialled', {
      peer: organisation,
      fix: `add "${organisation}: host:port" to peer.addresses and restart, or have the organisation set its address on the ledger`,
    });
  }
}
