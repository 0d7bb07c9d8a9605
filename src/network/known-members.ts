/** The members as the ledger last named them: which peer an organisation is, and whether its streams may stand. */
import type { PeerMember } from '../node/ports.js';
import {
  OBSERVER_PEERS_FROM,
  type OrganisationName,
  type PeerIndex,
  type PublicKey,
} from '../protocol/primitives/identifiers.js';
import { invariant } from '../protocol/primitives/invariant.js';
import type { PeerIdentity } from './tls/peer-identity.js';

export type PeerName = Pick<PeerIdentity, 'organisation' | 'observer'>;

export class KnownMembers {
  private readonly byOrganisation: ReadonlyMap<OrganisationName, PeerMember>;
  private readonly byPeer: ReadonlyMap<PeerIndex, PeerMember>;

  constructor(readonly list: readonly PeerMember[]) {
    this.byOrganisation = new Map(list.map((member) => [member.organisation, member]));
    this.byPeer = new Map(list.map((member) => [member.peer, member]));
    invariant(
      this.byOrganisation.size === list.length && this.byPeer.size === list.length,
      'members have each a name and an index of their own',
    );
    invariant(
      list.every(({ peer }) => peer < OBSERVER_PEERS_FROM),
      'the indices of members are below those of observers',
    );
  }

  /** The same with other members. An index means one organisation for as long as the process lives. */
  replacedBy(list: readonly PeerMember[]): KnownMembers {
    for (const { organisation, peer } of list) {
      const known = this.find(organisation) ?? this.at(peer);
      invariant(
        known === undefined || (known.peer === peer && known.organisation === organisation),
        `${organisation} is not peer ${peer}: ${known?.organisation} is ${known?.peer}`,
      );
    }
    return new KnownMembers(list);
  }

  find(organisation: OrganisationName): PeerMember | undefined {
    return this.byOrganisation.get(organisation);
  }

  at(peer: PeerIndex): PeerMember | undefined {
    return this.byPeer.get(peer);
  }

  /** Why a peer whose leaf is of that key may not have a stream, in words for its operator; `undefined` when it may. */
  refusal({ organisation }: PeerName, ledgerKey: PublicKey): string | undefined {
    const member = this.find(organisation);
    if (member === undefined) return `${organisation} is no member of this ledger`;
    if (member.refused !== undefined) return member.refused;
    if (member.ledgerKeys.includes(ledgerKey)) return undefined;
    return `${organisation} has another ledger key on this ledger by now: the certificate is of the one that was replaced`;
  }
}
