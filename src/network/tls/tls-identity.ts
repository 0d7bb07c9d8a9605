/**
 * The node's own leaf, obtained at start and renewed without a restart, and the TLS rules of both ends: version 1.3, both
 * sides show a leaf, trust in nothing but the members' ledger keys as
 * the ledger names them, no session resumption (a resumed session would skip
 * the certificate). Expiry can never keep two members apart: whoever starts issues itself a new leaf.
 */
import { constants } from 'node:crypto';
import tls, { type SecureContextOptions } from 'node:tls';
import grpc from '@grpc/grpc-js';
import type { Clock, NodeObserver, PeerMember } from '../../node/ports.js';
import type { OrganisationName, PublicKey, TimestampMs } from '../../protocol/primitives/identifiers.js';
import { invariant } from '../../protocol/primitives/invariant.js';
import { trustAnchorPem, type LeafCertificate } from './certificate-authority.js';
import { describePeer, MemberKeys, type PeerIdentity } from './peer-identity.js';

const RENEWAL_RETRY_MS = 60_000;
/** Whoever connects and does not prove who it is holds a socket for no longer than this. */
const HANDSHAKE_TIMEOUT_MS = 5_000;
/** Timers of the platform end at 2^31 − 1 ms. */
const TIMER_MS_MAX = 86_400_000;

/** Server side of mutual TLS whose leaf can be swapped while it listens. */
class RenewableServerCredentials extends grpc.ServerCredentials {
  constructor(context: SecureContextOptions) {
    super({ requestCert: true, rejectUnauthorized: true, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, context);
  }

  renew(context: SecureContextOptions): void {
    this.updateSecureContextOptions(context);
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

/** Where the node's leaves come from: the organisation's own key, or a file that it has issued. */
export interface LeafSource {
  /** The leaf to use from now on, and when to ask for the next. Rejects with LedgerError. */
  obtain(): Promise<{ readonly leaf: LeafCertificate; readonly nextAtMs: TimestampMs }>;
}

/** What the trust is in. */
type TrustedMember = Pick<PeerMember, 'organisation' | 'ledgerKeys'>;

export class TlsIdentity {
  private keys: MemberKeys;
  /** PEM by organisation and key, so that none is made twice. */
  private anchors: ReadonlyMap<string, string> = new Map();
  private leaf: LeafCertificate | undefined;
  private context: SecureContextOptions | undefined;
  private clientContext: tls.SecureContext | undefined;
  private credentials: RenewableServerCredentials | undefined;
  private nextAtMs: TimestampMs = 0;
  private cancelTimer: (() => void) | undefined;
  private stopped = false;

  constructor(
    private members: readonly TrustedMember[],
    private readonly source: LeafSource,
    private readonly clock: Clock,
    private readonly observer: Pick<NodeObserver, 'log'>,
  ) {
    this.keys = new MemberKeys(members);
  }

  get memberKeys(): MemberKeys {
    return this.keys;
  }

  /** Obtains the first leaf. Rejects when its source does. */
  async start(): Promise<void> {
    await this.trustMembers();
    await this.renew();
    this.scheduleRenewal();
  }

  /** Resolves when new connections of these members are taken; connections that stand are left alone. */
  setMembers(members: readonly TrustedMember[]): Promise<void> {
    this.members = members;
    this.keys = new MemberKeys(members);
    return this.trustMembers();
  }

  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
  }

  leafNotAfterMs(): TimestampMs {
    return this.leaf?.notAfterMs ?? 0;
  }

  /** Replaces the leaf; connections that stand keep the old one until it expires. */
  async renew(): Promise<void> {
    const { leaf, nextAtMs } = await this.source.obtain();
    this.nextAtMs = nextAtMs;
    if (leaf.certificatePem === this.leaf?.certificatePem) return;
    this.leaf = leaf;
    this.useForNewConnections(leaf);
    this.observer.log('info', 'a new TLS certificate is in use', {
      expires: new Date(leaf.notAfterMs).toISOString(),
    });
  }

  serverCredentials(): grpc.ServerCredentials {
    invariant(this.context !== undefined, 'a leaf is issued before the server listens');
    this.credentials ??= new RenewableServerCredentials(this.context);
    return this.credentials;
  }

  /** Accepts the peer's leaf only if it is `organisation`'s; tells `onIdentified` when it expires. */
  channelCredentials(
    organisation: OrganisationName,
    onIdentified: (identity: PeerIdentity) => void,
  ): grpc.ChannelCredentials {
    invariant(this.clientContext !== undefined, 'a leaf is issued before the node dials');
    return grpc.ChannelCredentials.createFromSecureContext(this.clientContext, {
      checkServerIdentity: (_name, certificate) => {
        const identity = this.keys.identify(certificate.raw, this.clock.wallMs());
        if (!identity.ok) return new Error(identity.rejection.message);
        if (identity.value.organisation !== organisation || identity.value.observer !== undefined) {
          return new Error(`dialled ${organisation}, reached ${describePeer(identity.value)}`);
        }
        onIdentified(identity.value);
        return undefined;
      },
    });
  }

  private async trustMembers(): Promise<void> {
    const { members } = this;
    const anchors = await Promise.all(
      members.flatMap(({ organisation, ledgerKeys }) =>
        ledgerKeys.map((ledgerKey) => this.anchorOf(organisation, ledgerKey)),
      ),
    );
    // The members may have changed again in the meantime.
    if (members !== this.members) return;
    this.anchors = new Map(anchors);
    if (this.leaf !== undefined) this.useForNewConnections(this.leaf);
  }

  private async anchorOf(organisation: OrganisationName, ledgerKey: PublicKey): Promise<[string, string]> {
    const name = `${organisation} ${ledgerKey}`;
    return [name, this.anchors.get(name) ?? (await trustAnchorPem(organisation, ledgerKey))];
  }

  private useForNewConnections(leaf: LeafCertificate): void {
    this.context = {
      ca: [...this.anchors.values()],
      cert: leaf.certificatePem,
      key: leaf.privateKeyPem,
      minVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
    this.clientContext = tls.createSecureContext(this.context);
    this.credentials?.renew(this.context);
  }

  private scheduleRenewal(): void {
    if (this.stopped) return;
    const delayMs = this.nextAtMs - this.clock.wallMs();
    this.cancelTimer = this.clock.schedule(Math.min(Math.max(delayMs, 0), TIMER_MS_MAX), () => {
      if (this.clock.wallMs() < this.nextAtMs) this.scheduleRenewal();
      else void this.renewWhenDue();
    });
  }

  private async renewWhenDue(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      this.observer.log('error', 'the TLS certificate could not be renewed; trying again', {
        error: String(error),
        expires: new Date(this.leafNotAfterMs()).toISOString(),
      });
      this.nextAtMs = this.clock.wallMs() + RENEWAL_RETRY_MS;
    }
    this.scheduleRenewal();
  }
}
