/**
 * Keeps one stream open to a peer whose name sorts after ours. Each attempt is a fresh channel with the current leaf, so
 * grpc-js's own back-off (which grows to two minutes) never stands between a healed network and a new stream.
 */
import grpc from '@grpc/grpc-js';
import type { Clock } from '../node/ports.js';
import type { OrganisationName } from '../protocol/primitives/identifiers.js';
import type { NetworkTuning } from './network-settings.js';
import { attachDialled, PEER_SERVICE, type DialledCall } from './grpc-service.js';
import type { PeerLink } from './peer-link.js';
import type { TlsIdentity } from './tls/tls-identity.js';

export interface DialerPorts {
  readonly clock: Clock;
  readonly tls: TlsIdentity;
  readonly tuning: NetworkTuning;
  /** For a new attempt. */
  readonly options: () => grpc.ChannelOptions;
  /** A link for a new attempt. */
  readonly createLink: () => PeerLink;
  /** Time until this peer may be spoken to again; 0 when it may. */
  readonly exclusionMs: () => number;
}

export class PeerDialer {
  private client: grpc.Client | undefined;
  private link: PeerLink | undefined;
  private begun = false;
  private cancelTimer: (() => void) | undefined;
  private pauseMs: number;
  private stopped = false;

  constructor(
    private readonly organisation: OrganisationName,
    private address: string,
    private readonly ports: DialerPorts,
  ) {
    this.pauseMs = ports.tuning.reconnectMinMs;
  }

  /** The first attempt; without effect when there was one. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.dial();
  }

  /** Where the next attempt goes; a stream that stands is left alone. */
  redirect(address: string): void {
    this.address = address;
  }

  private dial(): void {
    const { tls, options } = this.ports;
    if (this.stopped) return;
    const link = this.ports.createLink();
    this.link = link;
    const credentials = tls.channelCredentials(this.organisation, (identity) => {
      link.identify(identity);
    });
    const client = new grpc.Client(this.address, credentials, {
      ...options(),
      // Not an address: IP literals are no server names (RFC 6066, 3), and the name is not what is checked.
      'grpc.ssl_target_name_override': this.organisation,
      'grpc.default_authority': this.organisation,
    });
    this.client = client;
    const { path, requestSerialize, responseDeserialize } = PEER_SERVICE.connect;
    const call: DialledCall = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    attachDialled(call, link);
  }

  /** The stream stands: the next attempt starts with the shortest pause again. */
  onOpen(): void {
    this.pauseMs = this.ports.tuning.reconnectMinMs;
  }

  /** The stream or the attempt ended: try again after a pause of random length. */
  onClosed(): void {
    this.client?.close();
    this.client = undefined;
    this.link = undefined;
    if (this.stopped) return;
    const jitteredMs = this.pauseMs * (0.5 + Math.random() / 2);
    this.pauseMs = Math.min(2 * this.pauseMs, this.ports.tuning.reconnectMaxMs);
    const delayMs = Math.max(jitteredMs, this.ports.exclusionMs());
    this.cancelTimer = this.ports.clock.schedule(delayMs, () => {
      this.dial();
    });
  }

  /** Ends the stream or the attempt that there is, for good. */
  stop(reason: string): void {
    this.stopped = true;
    this.cancelTimer?.();
    this.link?.close(reason);
    this.client?.close();
    this.client = undefined;
  }
}
