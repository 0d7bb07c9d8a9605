/**
 * The organisations of this ledger by the indices that this process gives them (PeerIndex): those of genesis in its order, then
 * every further one as it becomes known. An index is never given twice, so what is counted under one stays true; whoever is
 * removed keeps its own. Bounded by the organisations that the members have ever admitted.
 */
import type { ValidatorSet } from '../../protocol/ledger/validator-set.js';
import { parseUtf8 } from '../../protocol/primitives/bytes.js';
import type { OrganisationName, PeerIndex } from '../../protocol/primitives/identifiers.js';
import { OBSERVER_PEERS_FROM } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { isStateKind, stateKeyParts, type StateKey } from '../../protocol/state/state-key.js';

export class Roster {
  private readonly names: OrganisationName[] = [];
  private readonly peers = new Map<OrganisationName, PeerIndex>();

  /** `entries`: those of the state, of which organisation/* are taken in their order. */
  constructor(
    genesis: readonly { readonly name: OrganisationName }[],
    entries: readonly { readonly key: StateKey }[] = [],
  ) {
    for (const { name } of genesis) this.add(name);
    this.onWrites(entries);
  }

  get size(): number {
    return this.names.length;
  }

  /** `undefined` for an organisation that the ledger does not have (yet). */
  peerOf(organisation: OrganisationName): PeerIndex | undefined {
    return this.peers.get(organisation);
  }

  /** `undefined` for an observer, and for an index that nobody has (yet). */
  organisationOf(peer: PeerIndex): OrganisationName | undefined {
    return this.names[peer];
  }

  /** The peers at the places of a validator set. */
  peersOf(validators: ValidatorSet): readonly PeerIndex[] {
    return validators.map(({ organisation }) => {
      const peer = this.peerOf(organisation);
      invariant(peer !== undefined, `validator ${organisation} is no organisation of this ledger`);
      return peer;
    });
  }

  /** What a block has written; true when an organisation has become known by it. */
  onWrites(writes: readonly { readonly key: StateKey }[]): boolean {
    const before = this.size;
    for (const { key } of writes) if (isStateKind(key, 'organisation')) this.add(organisationIn(key));
    return this.size > before;
  }

  private add(organisation: OrganisationName): void {
    if (this.peers.has(organisation)) return;
    invariant(this.size < OBSERVER_PEERS_FROM, 'more organisations than peers have indices');
    this.peers.set(organisation, this.size);
    this.names.push(organisation);
  }
}

/** The name in a key organisation/<name>. */
export function organisationIn(key: StateKey): OrganisationName {
  const part = stateKeyParts(key).at(-1);
  const name = part === undefined ? undefined : parseUtf8(part);
  invariant(name !== undefined, `state key ${key} names no organisation`);
  return name;
}
