/**
 * Streams to the other organisations over gRPC with mutual TLS (port `PeerNetwork`). Of each pair of members the one whose
 * organisation sorts first dials; an observer dials them all. Who a peer is says its certificate, and whether it is let in the
 * ledger. Nothing here is reliable, on purpose: what is dropped is sent again by the replica, whose Status tells what a peer lacks.
 */
import type { PeerEvents, PeerLimits, PeerMember, PeerMessage, PeerNetwork } from '../node/ports.js';
import { OBSERVER_PEERS_FROM, type PeerIndex, type TimestampMs } from '../protocol/primitives/identifiers.js';
import { compareStrings } from '../protocol/primitives/bytes.js';
import { invariant } from '../protocol/primitives/invariant.js';
import type { RejectionCode } from '../protocol/primitives/rejection.js';
import { Exclusions } from './flow/exclusions.js';
import { FailedAttempts } from './flow/failed-attempts.js';
import { MessageBounds } from './flow/message-bounds.js';
import { ObserverSeats } from './flow/observer-seats.js';
import { attachAccepted, type ConnectCall } from './grpc-service.js';
import { KnownMembers, type PeerName } from './known-members.js';
import { encodeMessage } from './message-mapping/encode-message.js';
import {
  NETWORK_DEFAULTS,
  type NetworkSettings,
  type NetworkSurroundings,
  type NetworkTuning,
} from './network-settings.js';
import { observerCertificateFile } from './observer-certificate.js';
import { OpenLinks } from './open-links.js';
import { PeerAcceptor } from './peer-acceptor.js';
import { PeerDialer } from './peer-dialer.js';
import { PeerDialers } from './peer-dialers.js';
import { createHello } from './peer-hello.js';
import { PeerLink, type PeerLinkEvents } from './peer-link.js';
import { ownLeaves } from './tls/own-leaves.js';
import { describePeer, type PeerIdentity } from './tls/peer-identity.js';
import { TlsIdentity } from './tls/tls-identity.js';

const BULK: ReadonlySet<PeerMessage['type']> = new Set(['transactionBatch', 'syncResponse', 'blockReply']);

/** Of no use to an observer, which never proposes and signs nothing. */
const FOR_MEMBERS_ALONE: ReadonlySet<PeerMessage['type']> = new Set([
  'transactionBatch',
  'receiptSignatureRequest',
  'receiptSignatureResponse',
]);
/** All that an observer has to say (PBFT-FILTER-3): where it stands, and what it lacks. */
const FROM_OBSERVERS: ReadonlySet<PeerMessage['type']> = new Set(['status', 'fetchBlock', 'syncRequest']);

/** An organisation answers for all of its observers: it can issue itself as many as it likes. */
function exclusionName({ organisation, observer }: PeerName): string {
  return observer === undefined ? organisation : `observers of ${organisation}`;
}

const isMember = (peer: PeerIndex): boolean => peer < OBSERVER_PEERS_FROM;

export class GrpcPeerNetwork implements PeerNetwork {
  private readonly tuning: NetworkTuning;
  private readonly bounds: MessageBounds;
  private members: KnownMembers;
  private readonly tls: TlsIdentity;
  /** An observer has none. */
  private readonly acceptor: PeerAcceptor | undefined;
  private readonly dialers: PeerDialers;
  private readonly links = new OpenLinks();
  private readonly seats: ObserverSeats;
  private readonly exclusions: Exclusions;
  private readonly failedAttempts: FailedAttempts;
  private events: PeerEvents | undefined;
  private started = false;
  private closed = false;

  constructor(
    private readonly settings: NetworkSettings,
    private readonly surroundings: NetworkSurroundings,
  ) {
    const { organisation, role, addresses } = settings;
    const { clock, observer } = surroundings;
    this.tuning = { ...NETWORK_DEFAULTS, ...settings.tuning };
    this.bounds = new MessageBounds(settings.limits, this.tuning);
    this.failedAttempts = new FailedAttempts(observer);
    this.exclusions = new Exclusions(this.tuning.exclusionMinMs, this.tuning.exclusionMaxMs);
    this.seats = new ObserverSeats(this.tuning.observersPerOrganisationMax);
    this.members = new KnownMembers(settings.members);
    const leaves =
      role.kind === 'member'
        ? ownLeaves(organisation, role.signer, clock, this.tuning.leafLifetimeMs)
        : observerCertificateFile(role.certificateFile, organisation, () => this.tls.memberKeys, clock);
    this.tls = new TlsIdentity(settings.members, leaves, clock, observer);
    this.acceptor = role.kind === 'member' ? this.createAcceptor() : undefined;
    this.dialers = new PeerDialers({
      observer,
      addresses,
      isDialled: (other) => role.kind === 'observer' || compareStrings(organisation, other) < 0,
      create: (member, address) => this.createDialer(member, address),
    });
    this.dialers.update(settings.members);
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
    return this.links.queuedBytes;
  }

  /** Asks for a new leaf now, of the ledger key in force; connections that stand are left alone. */
  renewCertificate(): Promise<void> {
    return this.tls.renew();
  }

  /** Rejects with PEER_ADDRESS_UNAVAILABLE, OBSERVER_CERTIFICATE_INVALID, or as the signer does. */
  async start(events: PeerEvents): Promise<void> {
    invariant(this.events === undefined, 'a network is started once');
    this.events = events;
    await this.tls.start();
    const { role } = this.settings;
    if (role.kind === 'member') await this.acceptor?.listen(role.listen.host, role.listen.port);
    this.started = true;
    if (!this.closed) this.dialers.begin();
  }

  setMembers(members: readonly PeerMember[], limits: PeerLimits): void {
    if (this.closed) return;
    this.bounds.widen(limits);
    this.members = this.members.replacedBy(members);
    this.failedAttempts.keep((peer) => this.members.at(peer) !== undefined);
    const trusted = this.tls.setMembers(members);
    for (const { name, link } of this.links.all()) {
      const refusal = this.refusalOf(name, link);
      if (refusal !== undefined) link.close(refusal);
    }
    this.dialers.update(members);
    trusted.then(
      () => {
        if (this.started && !this.closed) this.dialers.begin();
      },
      (error: unknown) => {
        this.surroundings.observer.log('error', 'the ledger keys of the members are not trusted yet', {
          error: String(error),
          fix: 'restart this node',
        });
      },
    );
  }

  send(to: PeerIndex | 'all', message: PeerMessage): void {
    const { type } = message;
    if (this.settings.role.kind === 'observer' && !FROM_OBSERVERS.has(type)) return;
    const targets = this.links
      .peers()
      .filter((peer) => (to === 'all' || to === peer) && (isMember(peer) || !FOR_MEMBERS_ALONE.has(type)));
    if (targets.length === 0) return;
    const bytes = encodeMessage(message);
    const lane = BULK.has(type) ? 'bulk' : 'urgent';
    for (const peer of targets) this.links.find(peer)?.link.send(bytes, lane);
    this.surroundings.observer.onPeerMessage('out', type, targets.length);
  }

  disconnect(peer: PeerIndex, reason: string): void {
    const member = this.members.at(peer);
    const open = this.links.find(peer);
    const name = member === undefined ? open?.name : { ...member, observer: undefined };
    if (name !== undefined) this.exclude(name);
    open?.link.close(reason);
  }

  connected(): readonly PeerIndex[] {
    return this.links.peers().filter(isMember);
  }

  close(): Promise<void> {
    this.closed = true;
    this.tls.stop();
    this.dialers.stop('this node stops');
    for (const { link } of this.links.all()) link.close('this node stops');
    this.acceptor?.close();
    return Promise.resolve();
  }

  private createAcceptor(): PeerAcceptor {
    const { clock, observer } = this.surroundings;
    const accept = (identity: PeerIdentity, call: ConnectCall): string | undefined =>
      this.accept(identity, call);
    return new PeerAcceptor({ clock, observer, tls: this.tls, options: this.bounds.serverOptions, accept });
  }

  private createDialer({ peer, organisation }: PeerMember, address: string): PeerDialer {
    const dialer: PeerDialer = new PeerDialer(organisation, address, {
      clock: this.surroundings.clock,
      tls: this.tls,
      tuning: this.tuning,
      options: () => this.bounds.channelOptions(),
      createLink: () =>
        this.createLink(peer, { organisation, observer: undefined }, this.tuning, {
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
    const { organisation: own } = this.settings;
    const { organisation, observer, ledgerKey } = identity;
    if (this.closed) return 'this node stops';
    const refusal = this.members.refusal(identity, ledgerKey);
    const member = this.members.find(organisation);
    if (refusal !== undefined || member === undefined) return refusal;
    if (observer === undefined && compareStrings(organisation, own) >= 0)
      return `${own} dials ${organisation}, not the other way round`;
    const remainingMs = this.exclusions.remainingMs(
      exclusionName(identity),
      this.surroundings.clock.monotonicMs(),
    );
    if (remainingMs > 0) return `excluded for another ${Math.ceil(remainingMs)} ms`;
    const peer = observer === undefined ? member.peer : this.seats.take(organisation, observer);
    if (typeof peer === 'string') return peer;
    const tuning = observer === undefined ? this.tuning : this.bounds.observerTuning();
    const link = this.createLink(peer, { organisation, observer }, tuning, {
      onClosed: () => {
        this.seats.leave(peer);
      },
    });
    link.identify(identity);
    attachAccepted(call, link);
    return undefined;
  }

  private createLink(
    peer: PeerIndex,
    name: PeerName,
    tuning: NetworkTuning,
    more: Partial<Pick<PeerLinkEvents, 'onOpen' | 'onClosed'>>,
  ): PeerLink {
    const { chainId, softwareVersion, organisation: own } = this.settings;
    const { observer } = this.surroundings;
    const link: PeerLink = new PeerLink(
      {
        tuning,
        limits: () => this.bounds.messages,
        ownHello: createHello({ chainId, organisation: own }, softwareVersion),
        expectedHello: { chainId, organisation: name.organisation },
      },
      this.surroundings,
      {
        onOpen: () => {
          if (this.onOpen(peer, name, link)) more.onOpen?.();
        },
        onMessage: (message) => {
          observer.onPeerMessage('in', message.type, 1);
          if (name.observer !== undefined && !FROM_OBSERVERS.has(message.type)) {
            link.close(`an observer sent ${message.type}`, 'MESSAGE_UNEXPECTED');
            return;
          }
          this.events?.onMessage(peer, message);
        },
        onDropped: (messages) => {
          observer.onPeerMessage('out', 'dropped', messages);
        },
        onClosed: (reason, offence) => {
          this.onClosed(peer, name, link, reason, offence);
          more.onClosed?.(reason, offence);
        },
      },
    );
    return link;
  }

  /** What the ledger has against the stream by now. */
  private refusalOf(name: PeerName, link: PeerLink): string | undefined {
    invariant(link.peerKey !== undefined, 'a stream opens after its peer has shown a certificate');
    return this.members.refusal(name, link.peerKey);
  }

  /** False when the members have changed since the peer was let in. */
  private onOpen(peer: PeerIndex, name: PeerName, link: PeerLink): boolean {
    const refusal = this.refusalOf(name, link);
    if (refusal !== undefined) {
      link.close(refusal);
      return false;
    }
    this.links.open(peer, name, link);
    this.failedAttempts.forget(peer);
    this.surroundings.observer.log('info', 'a peer connected', { peer: describePeer(name) });
    this.events?.onConnected(peer);
    return true;
  }

  private onClosed(
    peer: PeerIndex,
    name: PeerName,
    link: PeerLink,
    reason: string,
    offence: RejectionCode | undefined,
  ): void {
    const { observer } = this.surroundings;
    const described = describePeer(name);
    if (offence !== undefined) {
      observer.onPeerMessageRefused(peer, offence);
      observer.log('warn', 'a peer sent what no correct peer sends', {
        peer: described,
        code: offence,
        reason,
      });
      this.exclude(name);
    }
    if (!this.links.remove(peer, link)) {
      if (offence === undefined && !this.closed && this.isExpected(peer)) {
        this.failedAttempts.onFailed(peer, described, reason, link.peerKey !== undefined);
      }
      return;
    }
    if (offence === undefined) observer.log('info', 'a peer disconnected', { peer: described, reason });
    this.events?.onDisconnected(peer);
  }

  /** False for a member that is gone, or is let in no more: nobody waits for its stream. */
  private isExpected(peer: PeerIndex): boolean {
    const member = this.members.at(peer);
    return !isMember(peer) || (member !== undefined && member.refused === undefined);
  }

  private exclude(name: PeerName): void {
    this.exclusions.exclude(exclusionName(name), this.surroundings.clock.monotonicMs());
  }
}
