/**
 * Streams to the other organisations over gRPC with mutual TLS (port `PeerNetwork`). Of each pair the organisation whose
 * name sorts first dials; who a peer is says its certificate. Nothing here is reliable, on purpose: what is dropped is
 * sent again by the replica, whose Status tells what a peer lacks.
 */
import type { PeerEvents, PeerMessage, PeerNetwork } from '../node/ports.js';
import type { OrganisationName, TimestampMs, ValidatorIndex } from '../protocol/primitives/identifiers.js';
import { compareStrings } from '../protocol/primitives/bytes.js';
import { invariant } from '../protocol/primitives/invariant.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { RejectionCode } from '../protocol/primitives/rejection.js';
import { Exclusions } from './flow/exclusions.js';
import { attachAccepted, transportOptions, type ConnectCall } from './grpc-service.js';
import { encodeMessage } from './message-mapping/encode-message.js';
import { messageLimits, type MessageLimits } from './message-mapping/message-limits.js';
import {
  NETWORK_DEFAULTS,
  type NetworkSettings,
  type NetworkSurroundings,
  type NetworkTuning,
} from './network-settings.js';
import { PeerAcceptor } from './peer-acceptor.js';
import { PeerDialer } from './peer-dialer.js';
import { createHello } from './peer-hello.js';
import type { PeerIdentity } from './tls/peer-identity.js';
import { PeerLink, type PeerLinkEvents } from './peer-link.js';
import { TlsIdentity } from './tls/tls-identity.js';

/** Room for the framing of a frame that carries one message of the largest size. */
const FRAME_SLACK_BYTES = 1024;

const BULK: ReadonlySet<PeerMessage['type']> = new Set(['transactionBatch', 'syncResponse', 'blockReply']);

export class GrpcPeerNetwork implements PeerNetwork {
  private readonly tuning: NetworkTuning;
  private readonly limits: MessageLimits;
  private readonly tls: TlsIdentity;
  private readonly acceptor: PeerAcceptor;
  private readonly dialers = new Map<ValidatorIndex, PeerDialer>();
  private readonly links = new Map<ValidatorIndex, PeerLink>();
  private readonly exclusions: Exclusions;
  /** Why the last attempt to reach a peer failed, so that each reason is logged once. */
  private readonly unreachable = new Map<ValidatorIndex, string>();
  private readonly self: ValidatorIndex;
  private events: PeerEvents | undefined;
  private closed = false;

  /** Throws LedgerError CONFIGURATION_INVALID when the own organisation is no member or a peer to dial has no address. */
  constructor(
    private readonly settings: NetworkSettings,
    private readonly surroundings: NetworkSurroundings,
  ) {
    const { organisation, validators, parameters } = settings;
    this.tuning = { ...NETWORK_DEFAULTS, ...settings.tuning };
    this.limits = messageLimits(validators.length, parameters);
    this.exclusions = new Exclusions(this.tuning.exclusionMinMs, this.tuning.exclusionMaxMs);
    this.self = validators.findIndex((validator) => validator.organisation === organisation);
    if (this.self < 0) {
      throw new LedgerError(
        'CONFIGURATION_INVALID',
        `${organisation} is not a member of this consortium: check organisation and genesisFile`,
      );
    }
    const { signer, clock, observer } = surroundings;
    const { leafLifetimeMs } = this.tuning;
    this.tls = new TlsIdentity(
      { organisation, members: validators, leafLifetimeMs },
      signer,
      clock,
      observer,
    );
    const accept = (identity: PeerIdentity, call: ConnectCall): string | undefined =>
      this.accept(identity, call);
    this.acceptor = new PeerAcceptor({ clock, observer, tls: this.tls, options: this.transport(), accept });
    for (const [index, validator] of validators.entries()) {
      if (compareStrings(organisation, validator.organisation) < 0) {
        this.dialers.set(index, this.createDialer(index, validator.organisation));
      }
    }
  }

  /** Port that the node listens on, known after `start`. */
  get listeningPort(): number | undefined {
    return this.acceptor.port;
  }

  /** When the own TLS leaf expires; for the metric. */
  get certificateExpiresMs(): TimestampMs {
    return this.tls.leafNotAfterMs();
  }

  /** Bytes that wait for a peer. */
  queuedBytes(index: ValidatorIndex): number {
    return this.links.get(index)?.queuedBytes ?? 0;
  }

  /** Issues a new leaf now; connections that stand are left alone. */
  renewCertificate(): Promise<void> {
    return this.tls.renew();
  }

  /** Rejects with PEER_ADDRESS_UNAVAILABLE, or as the signer does. */
  async start(events: PeerEvents): Promise<void> {
    invariant(this.events === undefined, 'a network is started once');
    this.events = events;
    await this.tls.start();
    await this.acceptor.listen(this.settings.listen.host, this.settings.listen.port);
    for (const dialer of this.dialers.values()) dialer.dial();
  }

  send(to: ValidatorIndex | 'all', message: PeerMessage): void {
    const targets = to === 'all' ? this.connected() : [to].filter((index) => this.isConnected(index));
    if (targets.length === 0) return;
    const bytes = encodeMessage(message);
    const lane = BULK.has(message.type) ? 'bulk' : 'urgent';
    for (const index of targets) this.links.get(index)?.send(bytes, lane);
    this.surroundings.observer.onPeerMessage('out', message.type, targets.length);
  }

  disconnect(index: ValidatorIndex, reason: string): void {
    this.exclude(index);
    this.links.get(index)?.close(reason);
  }

  connected(): readonly ValidatorIndex[] {
    return [...this.links.keys()]
      .filter((index) => this.isConnected(index))
      .sort((left, right) => left - right);
  }

  close(): Promise<void> {
    this.closed = true;
    this.tls.stop();
    for (const dialer of this.dialers.values()) dialer.stop();
    for (const link of [...this.links.values()]) link.close('this node stops');
    this.acceptor.close();
    return Promise.resolve();
  }

  private isConnected(index: ValidatorIndex): boolean {
    return this.links.get(index)?.isOpen === true;
  }

  private transport(): ReturnType<typeof transportOptions> {
    const { keepaliveMs, keepaliveTimeoutMs, frameBytesTarget } = this.tuning;
    const frameBytesMax = Math.max(this.limits.messageBytesMax, frameBytesTarget) + FRAME_SLACK_BYTES;
    return transportOptions(frameBytesMax, keepaliveMs, keepaliveTimeoutMs);
  }

  private createDialer(index: ValidatorIndex, organisation: OrganisationName): PeerDialer {
    const address = this.settings.addresses[organisation];
    if (address === undefined) {
      throw new LedgerError(
        'CONFIGURATION_INVALID',
        `peer.addresses names no address for ${organisation}: add "${organisation}: host:port"`,
      );
    }
    const dialer: PeerDialer = new PeerDialer(organisation, address, {
      clock: this.surroundings.clock,
      tls: this.tls,
      tuning: this.tuning,
      options: this.transport(),
      createLink: () =>
        this.createLink(index, organisation, {
          onOpen: () => {
            dialer.onOpen();
          },
          onClosed: () => {
            dialer.onClosed();
          },
        }),
      exclusionMs: () => this.exclusions.remainingMs(index, this.surroundings.clock.monotonicMs()),
    });
    return dialer;
  }

  private accept(identity: PeerIdentity, call: ConnectCall): string | undefined {
    const { validators, organisation: own } = this.settings;
    const { organisation, notAfterMs } = identity;
    const index = validators.findIndex((validator) => validator.organisation === organisation);
    if (this.closed) return 'this node stops';
    if (compareStrings(organisation, own) >= 0)
      return `${own} dials ${organisation}, not the other way round`;
    const remainingMs = this.exclusions.remainingMs(index, this.surroundings.clock.monotonicMs());
    if (remainingMs > 0) return `excluded for another ${Math.ceil(remainingMs)} ms`;
    const link = this.createLink(index, organisation, {});
    link.expireAt(notAfterMs);
    attachAccepted(call, link);
    return undefined;
  }

  private createLink(
    index: ValidatorIndex,
    organisation: OrganisationName,
    more: Partial<Pick<PeerLinkEvents, 'onOpen' | 'onClosed'>>,
  ): PeerLink {
    const { chainId, softwareVersion, organisation: own } = this.settings;
    const { observer } = this.surroundings;
    const link: PeerLink = new PeerLink(
      {
        tuning: this.tuning,
        limits: this.limits,
        ownHello: createHello({ chainId, organisation: own }, softwareVersion),
        expectedHello: { chainId, organisation },
      },
      this.surroundings,
      {
        onOpen: () => {
          this.onOpen(index, link);
          more.onOpen?.();
        },
        onMessage: (message) => {
          observer.onPeerMessage('in', message.type, 1);
          this.events?.onMessage(index, message);
        },
        onDropped: (messages) => {
          observer.onPeerMessage('out', 'dropped', messages);
        },
        onClosed: (reason, offence) => {
          this.onClosed(index, link, reason, offence);
          more.onClosed?.(reason, offence);
        },
      },
    );
    return link;
  }

  /** A second stream of the same peer means that it gave the first one up before we noticed. */
  private onOpen(index: ValidatorIndex, link: PeerLink): void {
    this.links.get(index)?.close('replaced by a new stream');
    this.links.set(index, link);
    this.unreachable.delete(index);
    this.surroundings.observer.onPeer(index, true);
    this.events?.onConnected(index);
  }

  private onClosed(
    index: ValidatorIndex,
    link: PeerLink,
    reason: string,
    offence: RejectionCode | undefined,
  ): void {
    const { observer } = this.surroundings;
    const peer = this.settings.validators[index]?.organisation;
    if (offence !== undefined) {
      observer.onPeerMessageRefused(index, offence);
      observer.log('warn', 'a peer sent what no correct peer sends', { peer, code: offence, reason });
      this.exclude(index);
    }
    if (this.links.get(index) !== link) {
      if (offence === undefined && !this.closed) this.logUnreachable(index, reason);
      return;
    }
    this.links.delete(index);
    if (offence === undefined) observer.log('info', 'a peer disconnected', { peer, reason });
    observer.onPeer(index, false);
    this.events?.onDisconnected(index);
  }

  private logUnreachable(index: ValidatorIndex, reason: string): void {
    if (this.unreachable.get(index) === reason) return;
    this.unreachable.set(index, reason);
    const peer = this.settings.validators[index]?.organisation;
    this.surroundings.observer.log('warn', 'no stream to a peer yet; trying again', { peer, reason });
  }

  private exclude(index: ValidatorIndex): void {
    this.exclusions.exclude(index, this.surroundings.clock.monotonicMs());
  }
}
