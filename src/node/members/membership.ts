/**
 * Who is a member, with which keys and where: the organisation entries of the state as of the last durable block, as the
 * network has to know them. Bounded by ORGANISATIONS_EVER_MAX.
 */
import {
  decodeOrganisationEntry,
  type OrganisationEntry,
} from '../../protocol/governance/organisation-entry.js';
import type { Height, OrganisationName, PublicKey } from '../../protocol/primitives/identifiers.js';
import { isStateKind, type StateKey } from '../../protocol/state/state-key.js';
import type { EpochHistory } from '../epochs/epoch-history.js';
import type { PeerMember } from '../ports.js';
import { organisationIn, type Roster } from './roster.js';

export class Membership {
  private readonly entries = new Map<OrganisationName, OrganisationEntry>();
  private memberCount = 0;

  constructor(
    private readonly epochs: EpochHistory,
    private readonly roster: Roster,
    /** Entries of the state, of which organisation/* are taken. */
    entries: readonly { readonly key: StateKey; readonly value: Uint8Array }[],
  ) {
    this.onWrites(entries);
  }

  /** What a block has written; true when it says something of an organisation. */
  onWrites(writes: readonly { readonly key: StateKey; readonly value?: Uint8Array | undefined }[]): boolean {
    let isChanged = false;
    for (const { key, value } of writes) {
      if (!isStateKind(key, 'organisation') || value === undefined) continue;
      this.entries.set(organisationIn(key), decodeOrganisationEntry(value));
      isChanged = true;
    }
    if (isChanged)
      this.memberCount = [...this.entries.values()].filter(({ removedHeight }) => removedHeight === 0).length;
    return isChanged;
  }

  /** Whose ledger key it is, or was in some epoch. */
  holderOf(key: PublicKey): OrganisationName | undefined {
    for (const [organisation, { ledgerKey }] of this.entries) if (ledgerKey === key) return organisation;
    return this.epochs.holderOf(key);
  }

  /** First height at which it is no member any more, once its epoch has come. */
  removedHeightOf(organisation: OrganisationName): Height | undefined {
    const height = this.entries.get(organisation)?.removedHeight ?? 0;
    return height === 0 ? undefined : height;
  }

  /** How many are members from now on. */
  get count(): number {
    return this.memberCount;
  }

  /** Members at a height: those that were not removed, by peer. */
  membersAt(height: Height): readonly Pick<PeerMember, 'peer' | 'organisation'>[] {
    return this.peersAt(height)
      .filter(({ refused }) => refused === undefined)
      .map(({ peer, organisation }) => ({ peer, organisation }));
  }

  /**
   * Everybody that the ledger knows or knew, by peer, as the network is to treat them when `height` is durable. Removals that
   * took force above `farewellHeight` are not told of yet.
   */
  peersAt(height: Height, farewellHeight: Height = height): readonly PeerMember[] {
    const peers: PeerMember[] = [];
    for (let peer = 0; peer < this.roster.size; peer++) {
      const organisation = this.roster.organisationOf(peer);
      const entry = organisation === undefined ? undefined : this.entries.get(organisation);
      if (organisation === undefined || entry === undefined) continue;
      const { address, removedHeight } = entry;
      // Until then it is needed: its validators may lack what this node alone has countersigned (PBFT-EPOCH-5).
      const isRemoved = removedHeight > 0 && removedHeight <= Math.min(height, farewellHeight);
      const refused = isRemoved
        ? `${organisation} was removed from the consortium and is no member from height ${removedHeight} on`
        : undefined;
      peers.push({
        peer,
        organisation,
        ledgerKeys: this.keysAt(height, organisation, entry),
        address,
        refused,
      });
    }
    return peers;
  }

  /** The key in force, the one that follows, and the one that it has in the epoch before: what its leaves may be of. */
  private keysAt(
    height: Height,
    organisation: OrganisationName,
    { ledgerKey }: OrganisationEntry,
  ): readonly PublicKey[] {
    const keys = new Set([ledgerKey]);
    const { epoch } = this.epochs.termsAt(height + 1);
    for (const near of [epoch, epoch + 1, epoch - 1]) {
      const validators = this.epochs.termsOf(near)?.validators ?? [];
      const own = validators.find((validator) => validator.organisation === organisation);
      if (own !== undefined) keys.add(own.ledgerKey);
    }
    return [...keys];
  }
}
