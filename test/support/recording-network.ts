/** The network's twin for specs: keeps what is sent and who is cut off; the test says who is connected. */
import type { PeerEvents, PeerMessage, PeerNetwork } from '../../src/node/ports.js';
import type { ValidatorIndex } from '../../src/protocol/primitives/identifiers.js';

export class RecordingNetwork implements PeerNetwork {
  readonly sent: { readonly to: ValidatorIndex | 'all'; readonly message: PeerMessage }[] = [];
  readonly cutOff: { readonly index: ValidatorIndex; readonly reason: string }[] = [];
  peers: readonly ValidatorIndex[] = [];
  events: PeerEvents | undefined;

  start(events: PeerEvents): Promise<void> {
    this.events = events;
    return Promise.resolve();
  }

  send(to: ValidatorIndex | 'all', message: PeerMessage): void {
    this.sent.push({ to, message });
  }

  disconnect(index: ValidatorIndex, reason: string): void {
    this.cutOff.push({ index, reason });
  }

  connected(): readonly ValidatorIndex[] {
    return this.peers;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
