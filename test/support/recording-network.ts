/** The network's twin for specs: keeps what is sent and who is cut off; the test says who is connected. */
import type { PeerEvents, PeerLimits, PeerMember, PeerMessage, PeerNetwork } from '../../src/node/ports.js';
import type { PeerIndex } from '../../src/protocol/primitives/identifiers.js';

export class RecordingNetwork implements PeerNetwork {
  readonly sent: { readonly to: PeerIndex | 'all'; readonly message: PeerMessage }[] = [];
  readonly cutOff: { readonly index: PeerIndex; readonly reason: string }[] = [];
  peers: readonly PeerIndex[] = [];
  /** As it was last told. */
  members: { readonly members: readonly PeerMember[]; readonly limits: PeerLimits } | undefined;
  events: PeerEvents | undefined;

  start(events: PeerEvents): Promise<void> {
    this.events = events;
    return Promise.resolve();
  }

  setMembers(members: readonly PeerMember[], limits: PeerLimits): void {
    this.members = { members, limits };
  }

  send(to: PeerIndex | 'all', message: PeerMessage): void {
    this.sent.push({ to, message });
  }

  disconnect(index: PeerIndex, reason: string): void {
    this.cutOff.push({ index, reason });
  }

  connected(): readonly PeerIndex[] {
    return this.peers;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
