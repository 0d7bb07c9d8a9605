/**
 * Streams to the other organisations over gRPC with mutual TLS (port `PeerNetwork`). Of each pair of validators the one
 * whose organisation sorts first dials; an observer dials them all. Who a peer is says its certificate. Nothing here is reliable, on purpose: what is dropped is
 * sent again by the replica, whose Status tells what a peer lacks.
 */
import type { PeerEvents, PeerMessage, PeerNetwork } from '../node/ports.js';
import type { OrganisationName, TimestampMs, ValidatorIndex } from '../protocol/primitives/identifiers.js';
import { compareStrings } from '../protocol/primitives/bytes.js';
import { invariant } from '../protocol/primitives/invariant.js';
import { LedgerError } from '../protocol/primitives/ledger-error.js';
import type { RejectionCode } from '../protocol/primitives/rejection.js';
import { Exclusions } from './flow/exclusions.js';
import { ObserverSeats } from './flow/observer-seats.js';
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
import { observerCertificateFile } from './observer-certificate.js';
import { ownLeaves } from './tls/own-leaves.js';
import { describePeer, type PeerIdentity } from './tls/peer-identity.js';
import { PeerLink, type PeerLinkEvents } from './peer-link.js';
import { TlsIdentity } from './tls/tls-identity.js';

/** Room for the framing of a frame that carries one message of the largest size. */
const FRAME_SLACK_BYTES = 1024;

const BULK: ReadonlySet<PeerMessage['type']> = new Set(['transactionBatch', 'syncResponse', 'blockReply']);

/** Of no use to an observer, which never proposes. */
const FOR_VALIDATORS_ALONE: ReadonlySet<PeerMessage['type']> = new Set(['transactionBatch']);
/** All that an observer has to say (PBFT-FILTER-3): where it stands, and what it lacks. */
const FROM_OBSERVERS: ReadonlySet<PeerMessage['type']> = new Set(['status', 'fetchBlock', 'syncRequest']);

type PeerName = Pick<PeerIdentity, 'organisation' | 'observer'>;

/** An organisation answers for all of its observers: it can issue itself as many as it likes. */
function exclusionName({ organisation, observer }: PeerName): string {
  return observer === undefined ? organisation : `observers of ${organisation}`;
}

export class GrpcPeerNetwork implements PeerNetwork {
  private readonly tuning: NetworkTuning;
  private readonly limits: MessageLimits;
  private readonly tls: TlsIdentity;
  /** An observer has none. */
  private readonly acceptor: PeerAcceptor | undefined;
  private readonly dialers = new Map<ValidatorIndex, PeerDialer>();
  private readonly links = new Map<ValidatorIndex, PeerLink>();
  /** Of `links`. */
  private readonly peerNames = new Map<ValidatorIndex, PeerName>();
  private readonly seats: ObserverSeats;
  private readonly exclusions: Exclusions;
  /** Why the last attempt to reach a peer failed, so that each reason is logged once. */
  private readonly unreachable = new Map<ValidatorIndex, string>();
  private events: PeerEvents | undefined;
  private closed = false;

  /** Throws LedgerError CONFIGURATION_INVALID when the own organisation is no member or a peer to dial has no address. */
  constructor(
    private readonly settings: NetworkSettings,
    private readonly surroundings: NetworkSurroundings,
  ) {
    const { organisation, role, validators, parameters } = settings;
    const { clock, observer } = surroundings;
    this.tuning = { ...NETWORK_DEFAULTS, ...settings.tuning };
    this.limits = messageLimits(validators.length, parameters);
    this.exclusions = new Exclusions(this.tuning.exclusionMinMs, this.tuning.exclusionMaxMs);
    this.seats = new ObserverSeats(validators.length, this.tuning.observersPerOrganisationMax);
    if (!validators.some((validator) => validator.organisation === organisation)) {
      throw new LedgerError(
        'CONFIGURATION_INVALID',
        `${organisation} is not a member of this consortium: check organisation and genesisFile`,
      );
    }
    const leaves =
      role.kind === 'validator'
        ? ownLeaves(organisation, role.signer, clock, this.tuning.leafLifetimeMs)
        : observerCertificateFile(role.certificateFile, organisation, validators, clock);
    this.tls = new TlsIdentity(validators, leaves, clock, observer);
    this.acceptor = role.kind === 'validator' ? this.createAcceptor() : undefined;
    for (const [index, validator] of validators.entries()) {
      if (role.kind === 'observer' || compareStrings(organisation, validator.organisation) < 0) {
        this.dialers.set(index, this.createDialer(index, validator.organisation));
      }
    }
  }

  /** Port that the node listens on, known after `start`; an observer listens on none. */
  get listeningPort(): number | undefined {
    return this.acceptor?.port;
  }

  /** When the own TLS leaf expires; for the metric. */
  get certificateExpiresMs(): TimestampMs {
    return this.tls.leafNotAfterMs();
  }

  /** Bytes that wait for the peers. */
  get queuedBytes(): number {
    return [...this.links.values()].reduce((sum, link) => sum + link.queuedBytes, 0);
  }

  /** Asks for a new leaf now; connections that stand are left alone. */
  renewCertificate(): Promise<void> {
    return this.tls.renew();
  }

  /** Rejects with PEER_ADDRESS_UNAVAILABLE, OBSERVER_CERTIFICATE_INVALID, or as the signer does. */
  async start(events: PeerEvents): Promise<void> {
    invariant(this.events === undefined, 'a network is started once');
    this.events = events;
    await this.tls.start();
    const { role } = this.settings;
    if (role.kind === 'validator') await this.acceptor?.listen(role.listen.host, role.listen.port);
    for (const dialer of this.dialers.values()) dialer.dial();
  }

  send(to: ValidatorIndex | 'all', message: PeerMessage): void {
    const { type } = message;
    if (this.settings.role.kind === 'observer' && !FROM_OBSERVERS.has(type)) return;
    const targets = (to === 'all' ? [...this.links.keys()] : [to]).filter(
      (index) => this.isConnected(index) && (this.isValidator(index) || !FOR_VALIDATORS_ALONE.has(type)),
    );
    if (targets.length === 0) return;
    const bytes = encodeMessage(message);
    const lane = BULK.has(type) ? 'bulk' : 'urgent';
    for (const index of targets) this.links.get(index)?.send(bytes, lane);
    this.surroundings.observer.onPeerMessage('out', type, targets.length);
  }

  disconnect(index: ValidatorIndex, reason: string): void {
    const organisation = this.settings.validators[index]?.organisation;
    const peer =
      organisation === undefined ? this.peerNames.get(index) : { organisation, observer: undefined };
    if (peer !== undefined) this.exclude(peer);
    this.links.get(index)?.close(reason);
  }

  connected(): readonly ValidatorIndex[] {
    return [...this.links.keys()]
      .filter((index) => this.isValidator(index) && this.isConnected(index))
      .sort((left, right) => left - right);
  }

  close(): Promise<void> {
    this.closed = true;
    this.tls.stop();
    for (const dialer of this.dialers.values()) dialer.stop();
    for (const link of [...this.links.values()]) link.close('this node stops');
    this.acceptor?.close();
    return Promise.resolve();
  }

  private isValidator(index: ValidatorIndex): boolean {
    return index < this.settings.validators.length;
  }

  private isConnected(index: ValidatorIndex): boolean {
    return this.links.get(index)?.isOpen === true;
  }

  private transport(): ReturnType<typeof transportOptions> {
    const { keepaliveMs, keepaliveTimeoutMs, frameBytesTarget } = this.tuning;
    const frameBytesMax = Math.max(this.limits.messageBytesMax, frameBytesTarget) + FRAME_SLACK_BYTES;
    return transportOptions(frameBytesMax, keepaliveMs, keepaliveTimeoutMs);
  }

  private createAcceptor(): PeerAcceptor {
    const { clock, observer } = this.surroundings;
    const accept = (identity: PeerIdentity, call: ConnectCall): string | undefined =>
      this.accept(identity, call);
    return new PeerAcceptor({ clock, observer, tls: this.tls, options: this.transport(), accept });
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
        this.createLink(index, { organisation, observer: undefined }, this.tuning, {
          onOpen: () => {
            dialer.onOpen();
          },
          onClosed: () => {
            dialer.onClosed();
          },
        }),
      exclusionMs: () => this.exclusions.remainingMs(organisation, this.surroundings.clock.monotonicMs()),
    });
    return dialer;
  }

  /** Takes the call over, or says why not. */
  private accept(identity: PeerIdentity, call: ConnectCall): string | undefined {
    const { organisation: own, validators } = this.settings;
    const { organisation, observer, notAfterMs } = identity;
    if (this.closed) return 'this node stops';
    if (observer === undefined && compareStrings(organisation, own) >= 0)
      return `${own} dials ${organisation}, not the other way round`;
    const remainingMs = this.exclusions.remainingMs(
      exclusionName(identity),
      this.surroundings.clock.monotonicMs(),
    );
    if (remainingMs > 0) return `excluded for another ${Math.ceil(remainingMs)} ms`;
    const index =
      observer === undefined
        ? validators.findIndex((validator) => validator.organisation === organisation)
        : this.seats.take(organisation, observer);
    if (typeof index === 'string') return index;
    const tuning = observer === undefined ? this.tuning : this.observerTuning();
    const link = this.createLink(index, identity, tuning, {
      onClosed: () => {
        this.seats.leave(index);
      },
    });
    link.expireAt(notAfterMs);
    attachAccepted(call, link);
    return undefined;
  }

  /** Less room than for a validator, whose messages decide; still enough for the largest message twice. */
  private observerTuning(): NetworkTuning {
    const { observerQueueBytesMax, observerInboundBytesPerSecond, observerInboundMessagesPerSecond } =
      this.tuning;
    return {
      ...this.tuning,
      queueBytesMax: Math.max(observerQueueBytesMax, 2 * this.limits.messageBytesMax),
      inboundBytesPerSecond: observerInboundBytesPerSecond,
      inboundMessagesPerSecond: observerInboundMessagesPerSecond,
    };
  }

  private createLink(
    index: ValidatorIndex,
    peer: PeerName,
    tuning: NetworkTuning,
    more: Partial<Pick<PeerLinkEvents, 'onOpen' | 'onClosed'>>,
  ): PeerLink {
    const { chainId, softwareVersion, organisation: own } = this.settings;
    const { observer } = this.surroundings;
    const link: PeerLink = new PeerLink(
      {
        tuning,
        limits: this.limits,
        ownHello: createHello({ chainId, organisation: own }, softwareVersion),
        expectedHello: { chainId, organisation: peer.organisation },
      },
      this.surroundings,
      {
        onOpen: () => {
          this.onOpen(index, peer, link);
          more.onOpen?.();
        },
        onMessage: (message) => {
          observer.onPeerMessage('in', message.type, 1);
          if (peer.observer !== undefined && !FROM_OBSERVERS.has(message.type)) {
            link.close(`an observer sent ${message.type}`, 'MESSAGE_UNEXPECTED');
            return;
          }
          this.events?.onMessage(index, message);
        },
        onDropped: (messages) => {
          observer.onPeerMessage('out', 'dropped', messages);
        },
        onClosed: (reason, offence) => {
          this.onClosed(index, peer, link, reason, offence);
          more.onClosed?.(reason, offence);
        },
      },
    );
    return link;
  }

  /** A second stream of the same peer means that it gave the first one up before we noticed. */
  private onOpen(index: ValidatorIndex, peer: PeerName, link: PeerLink): void {
    this.links.get(index)?.close('replaced by a new stream');
    this.links.set(index, link);
    this.peerNames.set(index, peer);
    this.unreachable.delete(index);
    this.surroundings.observer.log('info', 'a peer connected', { peer: describePeer(peer) });
    this.events?.onConnected(index);
  }

  private onClosed(
    index: ValidatorIndex,
    peer: PeerName,
    link: PeerLink,
    reason: string,
    offence: RejectionCode | undefined,
  ): void {
    const { observer } = this.surroundings;
    const name = describePeer(peer);
    if (offence !== undefined) {
      observer.onPeerMessageRefused(index, offence);
      observer.log('warn', 'a peer sent what no correct peer sends', { peer: name, code: offence, reason });
      this.exclude(peer);
    }
    if (this.links.get(index) !== link) {
      if (offence === undefined && !this.closed) this.logUnreachable(index, name, reason);
      return;
    }
    this.links.delete(index);
    this.peerNames.delete(index);
    if (offence === undefined) observer.log('info', 'a peer disconnected', { peer: name, reason });
    this.events?.onDisconnected(index);
  }

  private logUnreachable(index: ValidatorIndex, peer: string, reason: string): void {
    if (this.unreachable.get(index) === reason) return;
    this.unreachable.set(index, reason);
    this.surroundings.observer.log('warn', 'no stream to a peer yet; trying again', { peer, reason });
  }

  private exclude(peer: PeerName): void {
    this.exclusions.exclude(exclusionName(peer), this.surroundings.clock.monotonicMs());
  }
}
