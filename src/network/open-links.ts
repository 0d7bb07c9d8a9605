/** The streams that carry messages: one for each peer. */
import type { PeerIndex } from '../protocol/primitives/identifiers.js';
import type { PeerName } from './known-members.js';
import type { PeerLink } from './peer-link.js';

export interface OpenLink {
  readonly name: PeerName;
  readonly link: PeerLink;
}

export class OpenLinks {
  private readonly links = new Map<PeerIndex, OpenLink>();

  /** Bytes that wait for the peers. */
  get queuedBytes(): number {
    return [...this.links.values()].reduce((sum, { link }) => sum + link.queuedBytes, 0);
  }

  /** A second stream of the same peer means that it gave the first one up before we noticed. */
  open(peer: PeerIndex, name: PeerName, link: PeerLink): void {
    this.find(peer)?.link.close('replaced by a new stream');
    this.links.set(peer, { name, link });
  }

  find(peer: PeerIndex): OpenLink | undefined {
    return this.links.get(peer);
  }

  /** False when the peer has another stream, or none. */
  remove(peer: PeerIndex, link: PeerLink): boolean {
    return this.find(peer)?.link === link && this.links.delete(peer);
  }

  /** A copy: closing one changes the list. */
  all(): readonly OpenLink[] {
    return [...this.links.values()];
  }

  /** Ascending. */
  peers(): readonly PeerIndex[] {
    return [...this.links.entries()]
      .filter(([, { link }]) => link.isOpen)
      .map(([peer]) => peer)
      .sort((left, right) => left - right);
  }
}
